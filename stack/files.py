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
    _fresh(path, text.encode(), durably=False).rename(path)
    return True


def write_durably(path: Path, content: bytes) -> None:
    """Replaces a file in one step, for its owner only, and returns once the disk has it, come a power cut."""
    _fresh(path, content, durably=True).rename(path)
    _sync(path.parent)


def create_durably(path: Path, content: bytes) -> bool:
    """Writes a file in one step, as `write_durably`, unless there is one of this name, which stays as it is.

    Returns:
        Whether there was none.
    """
    fresh = _fresh(path, content, durably=True)
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    _sync(path.parent)
    return True


def _fresh(path: Path, content: bytes, durably: bool) -> Path:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        if durably:
            file.flush()
            os.fsync(file.fileno())
    return fresh


def _sync(folder: Path) -> None:
    # A new name is on the disk once its folder is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
