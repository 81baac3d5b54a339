"""Where photographs are read from: a folder or a ZIP, neither of which is trusted."""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from pipelines.errors import PipelineError
from pipelines.sources.images.manifest import HINT
from pipelines.sources.images.refusal import RefusedError

MOST_BYTES = 20 * 1024 * 1024
"""Of one file."""
_ENCRYPTED = 0x1


class Files(Protocol):
    """Files by their names."""

    def names(self) -> set[str]:
        """Names of all files, with / between their parts."""

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            RefusedError: It is not there, is too large or cannot be read.
        """


@contextmanager
def open_files(source: Path) -> Iterator[Files]:
    """Opens a folder or a ZIP.

    Raises:
        PipelineError: It is neither.
    """
    if source.is_dir():
        yield _Folder(source)
        return
    try:
        with zipfile.ZipFile(source) as archive:
            yield _Archive(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise PipelineError(f"{source}: {error}; allowed: a folder or a ZIP of photographs", HINT, 2) from error


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def names(self) -> set[str]:
        return {
            str((Path(folder) / name).relative_to(self._folder))
            for folder, _, names in os.walk(self._folder)
            for name in names
        }

    def read(self, name: str) -> bytes:
        file = (self._folder / name).resolve()
        # A link may lead anywhere.
        if not file.is_relative_to(self._folder):
            raise RefusedError(f"it leads out of the folder, to {file}")
        try:
            # A pipe would be waited for.
            if not stat.S_ISREG(file.stat().st_mode):
                raise RefusedError("not a regular file")
            with file.open("rb") as stream:
                return _at_most(stream.read(MOST_BYTES + 1))
        except OSError as error:
            raise RefusedError(error.strerror or str(error)) from error


class _Archive:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def names(self) -> set[str]:
        return {one.filename for one in self._archive.infolist() if not one.is_dir()}

    def read(self, name: str) -> bytes:
        try:
            entry = self._archive.getinfo(name)
        except KeyError:
            raise RefusedError("No such file or directory") from None
        if entry.flag_bits & _ENCRYPTED:
            raise RefusedError("encrypted; allowed: files that can be read without a password")
        try:
            with self._archive.open(entry) as stream:
                # What the archive says of the size may be a lie.
                return _at_most(stream.read(MOST_BYTES + 1))
        except (OSError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise RefusedError(f"cannot be unpacked: {error}") from error


def _at_most(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise RefusedError(f"more than {MOST_BYTES:,} bytes; allowed: as many")
    return content
