"""Set-up in an empty folder, with what the registries' clients have kept on this machine."""

import subprocess
import time
from collections.abc import Iterator

from bench.figure import Figure
from bench.options import Options
from gridseal.errors import CHECK_FAILED, GridsealError


def measure(options: Options) -> Iterator[Figure]:
    """``make setup`` in a fresh clone, once, and once more when there is nothing left to do.

    Raises:
        GridsealError: It failed.
    """
    clone = options.folder / "clone"
    _run("git", "clone", "--quiet", "--no-hardlinks", ".", str(clone))
    options.tell("setting up a fresh clone")
    found = []
    for _ in range(2):
        began = time.monotonic()
        _run("make", "-C", str(clone), "setup")
        found.append(time.monotonic() - began)
    yield Figure("make setup in a fresh clone, packages of this machine and caches as they are", found[0], "s")
    yield Figure("make setup when all is there", found[1], "s")


def _run(*words: str) -> None:
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    if told.returncode:
        said = (told.stderr.strip() or told.stdout.strip()).splitlines()[-1:]
        raise GridsealError(f"{' '.join(words[:2])} failed: {' '.join(said)}", "make setup", CHECK_FAILED)
