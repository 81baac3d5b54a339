"""Files that services read while we may be writing them."""

import os
import threading
from pathlib import Path


def write(path: Path, text: str) -> bool:
    """Writes a file in one step, for its owner only; a file that holds the text already stays as it is.

    Services start side by side and share configuration: none may find a file half written.

    Returns:
        Whether the file changed.
    """
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.rename(path)
    return True
