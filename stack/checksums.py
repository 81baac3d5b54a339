"""Checksums of the jars: every jar that set-up fetches or unpacks is the one that was pinned.

Three kinds: what Maven copies to build/jars (`stack/jars/runtime.sha256`), what it needs to build our own jar and to
test it (`stack/jars/build.sha256`), and what lies in the Python packages of Flink and Spark. The first two are lists in
the format of sha256sum, by path in a Maven repository, written by `make lock-jars`; the third is covered by the hashes
of requirements.lock, and afterwards by the list that each installed package carries (RECORD).

Nothing but the standard library, since set-up itself uses it.
"""

import base64
import csv
import hashlib
import os
import pwd
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

LISTS = Path(__file__).resolve().parent / "jars"
RUNTIME = LISTS / "runtime.sha256"
BUILD = LISTS / "build.sha256"
# Python packages with jars inside.
PACKAGES = ("apache_flink", "apache_flink_libraries", "pyspark")
_NAMED = 3


@dataclass(frozen=True)
class Pin:
    """What a file must be.

    Attributes:
        file: The file.
        sha256: Its checksum, hexadecimal; empty if no jar of this name is pinned.
    """

    file: Path
    sha256: str


def maven_cache() -> Path:
    """Where Maven keeps what it fetched: the place that it takes unless told otherwise."""
    # As Java does, from the list of users; HOME may say something else.
    return Path(pwd.getpwuid(os.getuid()).pw_dir) / ".m2" / "repository"


def pinned(file: Path) -> dict[str, str]:
    """The checksums of a list, by path in a Maven repository.

    Raises:
        StackError: A line is no checksum and path.
    """
    pins: dict[str, str] = {}
    for line in file.read_text(encoding="ascii").splitlines():
        sha256, _, path = line.partition("  ")
        if len(sha256) != hashlib.sha256().digest_size * 2 or not path.endswith(".jar"):
            raise StackError(f"{file}: {line!r} is no checksum and jar", hint="make lock-jars", exit_code=2)
        pins[path] = sha256
    return pins


def pins_of_cache(repository: Path) -> Iterator[Pin]:
    """The pinned jars that are in a Maven repository."""
    for path, sha256 in (pinned(RUNTIME) | pinned(BUILD)).items():
        if (repository / path).exists():
            yield Pin(repository / path, sha256)


def pins_of_jars(jars: Path) -> Iterator[Pin]:
    """Every jar below build/jars, whether it is pinned or not."""
    by_name = {Path(path).name: sha256 for path, sha256 in pinned(RUNTIME).items()}
    for file in sorted(jars.glob("*/*.jar")):
        yield Pin(file, by_name.get(file.name, ""))


def pins_of_packages(site_packages: Path) -> Iterator[Pin]:
    """The jars inside Python packages, as the packages' own lists have them."""
    for package in PACKAGES:
        for record in site_packages.glob(f"{package}-*.dist-info/RECORD"):
            with record.open(encoding="utf-8", newline="") as lines:
                for name, checksum, _ in csv.reader(lines):
                    if name.endswith(".jar"):
                        digest = base64.urlsafe_b64decode(checksum.removeprefix("sha256=") + "=")
                        yield Pin(site_packages / name, digest.hex())


def sha256_of(file: Path) -> str:
    """The checksum of a file; empty if it is not there."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def differing(pins: Iterable[Pin]) -> list[str]:
    """The files that are not what they must be, each with the reason."""
    every = list(pins)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(sha256_of, (pin.file for pin in every)))
    return [_difference(pin, sha256) for pin, sha256 in zip(every, found, strict=True) if sha256 != pin.sha256]


def check(pins: Iterable[Pin], hint: str) -> None:
    """Checks files against their pins.

    Args:
        pins: The files and what they must be.
        hint: The command that mends it.

    Raises:
        StackError: Some differ; the message names them.
    """
    if wrong := differing(pins):
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise StackError("; ".join(wrong[:_NAMED]) + more, hint=hint, exit_code=1)


def _difference(pin: Pin, found: str) -> str:
    if not pin.sha256:
        return f"{pin.file} is pinned by no line of {RUNTIME}"
    if not found:
        return f"{pin.file} is missing"
    return f"{pin.file} has SHA-256 {found}, pinned is {pin.sha256}"
