"""The manifest: a CSV that tells of each file which equipment it shows, when it was taken, and what kind it is."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from pipelines.errors import PipelineError
from pipelines.sources.images.refusal import RefusedError

COLUMNS = ("file", "equipment_id", "taken_at", "kind")
HINT = "gridseal images import --help"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_CHARACTERS = 255
_MOST_EQUIPMENT = 2**31 - 1
# A camera's clock may be ahead of ours; the contract of ods.image allows as much.
_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """A line of the manifest, as it stands there.

    Attributes:
        number: Of the line in the file, the heading being 1.
        values: Of each of ``COLUMNS``.
    """

    number: int
    values: dict[str, str]

    @property
    def file(self) -> str:
        """The file that it tells of."""
        return self.values["file"]


@dataclass(frozen=True)
class Entry:
    """What a line says, once it has been checked.

    Attributes:
        file: Path within the folder or ZIP, with / between its parts.
        equipment_id: Equipment of the business database that the photograph shows.
        taken_at: When it was taken, in UTC, in whole milliseconds.
        kind: Kind of photograph, such as infrared.
    """

    file: str
    equipment_id: int
    taken_at: datetime
    kind: str


def read_manifest(file: Path) -> list[Line]:
    """Reads the lines of a manifest; columns other than ``COLUMNS`` are left out.

    Raises:
        PipelineError: It cannot be read, or has no such columns.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return list(_lines(csv.DictReader(stream, strict=True), file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PipelineError(
            f"manifest {file}: {error}; allowed: a CSV file in UTF-8 with the columns {', '.join(COLUMNS)}", HINT, 2
        ) from error


def _lines(rows: "csv.DictReader[str]", file: Path) -> Iterator[Line]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        found = ", ".join(rows.fieldnames or ()) or "none"
        raise PipelineError(
            f"manifest {file} has no column {missing[0]}; columns found: {found}; needed: {', '.join(COLUMNS)}", HINT, 2
        )
    for row in rows:
        yield Line(rows.line_num, {name: row[name] or "" for name in COLUMNS})


def checked(line: Line, now: datetime) -> Entry:
    """What a line says.

    Args:
        line: Line of a manifest.
        now: The time, which a photograph may not be taken long after.

    Raises:
        RefusedError: A value is none of those that are allowed.
    """
    return Entry(_file(line.file), _equipment(line), _taken_at(line, now), _kind(line))


def _file(name: str) -> str:
    path = PurePosixPath(name)
    # A backslash is a separator elsewhere; NUL ends a name for the system.
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise RefusedError(f"file {name!r}; allowed: a path within the folder, without ..")
    if len(name) > _MOST_CHARACTERS:
        raise RefusedError(f"file {name[:40]!r}... of {len(name)} characters; allowed: {_MOST_CHARACTERS}")
    return str(path)


def _equipment(line: Line) -> int:
    text = line.values["equipment_id"]
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_EQUIPMENT:
        raise RefusedError(f"equipment_id {text!r}; allowed: a whole number up to {_MOST_EQUIPMENT}")
    return int(text)


def _taken_at(line: Line, now: datetime) -> datetime:
    text = line.values["taken_at"]
    try:
        taken_at = datetime.fromisoformat(text)
    except ValueError:
        taken_at = None
    if taken_at is None or taken_at.tzinfo is None:
        raise RefusedError(f"taken_at {text!r}; allowed: a time with its zone, such as 2026-11-20T10:30:00Z")
    if not EARLIEST <= taken_at <= now + _AHEAD:
        raise RefusedError(f"taken_at {text}; allowed: from {EARLIEST:%Y-%m-%d} until a day after now")
    utc = taken_at.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _kind(line: Line) -> str:
    text = line.values["kind"]
    if not _KIND.fullmatch(text):
        raise RefusedError(f"kind {text!r}; allowed: up to 32 of a-z, 0-9 and _, such as infrared")
    return text
