"""Imports photographs: each is checked, packed onto HDFS, and announced in Kafka, once."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from blake3 import blake3

from pipelines.settings import PipelineSettings
from pipelines.sources.images.announcing import Announcer
from pipelines.sources.images.files import Files, open_files
from pipelines.sources.images.manifest import Entry, Line, checked, read_manifest
from pipelines.sources.images.pack import pack
from pipelines.sources.images.photograph import Photograph, recognise
from pipelines.sources.images.refusal import RefusedError
from pipelines.sources.images.register import Known, Register
from pipelines.sources.topics import EQUIPMENT_IMAGES, Topic, ensure_topics

PACK_BYTES = 64 * 1024 * 1024
PACK_FILES = 5_000
# Files that are read and decoded side by side; as many may be in memory, of 20 MB at the most.
_AT_ONCE = 32
_THREADS = 2
# Of a value of a refused line, as its message repeats it.
_MOST_CHARACTERS = 1000


class Refused(NamedTuple):
    """A line of the manifest that was not imported.

    Attributes:
        line: The line.
        reason: What is wrong, the value, and what is allowed.
    """

    line: Line
    reason: str


class _Found(NamedTuple):
    line: Line
    entry: Entry
    photograph: Photograph


@dataclass
class ImportSummary:
    """What became of the lines of a manifest.

    Attributes:
        lines: How many there are.
        imported: Photographs that were packed and announced now.
        known: Photographs that had been imported before, of the same equipment and time.
        refused: The others.
        unlisted: Files that no line names.
        packs: Packs that were written now.
        bytes: Bytes of the photographs imported now.
    """

    lines: int
    imported: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    unlisted: int = 0
    packs: int = 0
    bytes: int = 0


def import_images(
    settings: PipelineSettings,
    source: Path,
    manifest: Path,
    progress: Callable[[int, int], None] | None = None,
    topic: Topic = EQUIPMENT_IMAGES,
) -> ImportSummary:
    """Imports the photographs that a manifest tells of.

    What is announced already is left out, so an import that was interrupted goes on when it is asked for again. A kill
    between Kafka's acknowledgement and the marker of a pack lets its messages come twice, byte for byte.

    Args:
        settings: Where HDFS and the brokers are.
        source: Folder or ZIP of the files.
        manifest: CSV that tells of each.
        progress: Called with the lines that are done and all lines.
        topic: Where to announce; created when missing.

    Raises:
        PipelineError: The source or the manifest cannot be read, or a service does not answer.
    """
    lines = read_manifest(manifest)
    with open_files(source) as files:
        summary = ImportSummary(
            len(lines), unlisted=len(files.names() - {line.file for line in lines} - {manifest.name})
        )
        ensure_topics(settings, [topic])
        register = Register(settings)
        with Announcer(settings, topic) as announcer:
            batch = _Batch(register, announcer, summary)
            for done, one in enumerate(_examined(files, lines), 1):
                batch.add(one)
                if progress:
                    progress(done, len(lines))
            batch.finish()
    return summary


def _examined(files: Files, lines: Sequence[Line]) -> Iterator[_Found | Refused]:
    now = datetime.now(UTC)
    seen: dict[str, int] = {}
    with ThreadPoolExecutor(_THREADS) as pool:
        for begin in range(0, len(lines), _AT_ONCE):
            some = lines[begin : begin + _AT_ONCE]
            for line, one in zip(some, pool.map(partial(_examine, files, now), some), strict=True):
                first = seen.setdefault(line.file, line.number)
                if first != line.number:
                    yield Refused(line, f"line {first} names this file too; allowed: once")
                else:
                    yield one


def _examine(files: Files, now: datetime, line: Line) -> _Found | Refused:
    try:
        entry = checked(line, now)
        return _Found(line, entry, recognise(files.read(entry.file)))
    except RefusedError as error:
        return Refused(line, str(error))


class _Batch:
    """What goes into one pack, and the refusals beside it."""

    def __init__(self, register: Register, announcer: Announcer, summary: ImportSummary) -> None:
        self._register = register
        self._announcer = announcer
        self._summary = summary
        self._found: dict[str, _Found] = {}
        self._refusals: dict[str, tuple[dict[str, str], str]] = {}
        self._bytes = 0

    def add(self, one: _Found | Refused) -> None:
        if isinstance(one, _Found):
            self._add_photograph(one)
        else:
            self._add_refusal(one)
        if self._bytes >= PACK_BYTES or len(self._found) + len(self._refusals) >= PACK_FILES:
            self.finish()

    def _add_photograph(self, found: _Found) -> None:
        image_id, own = found.photograph.image_id, _known(found.entry)
        waiting = self._found.get(image_id)
        before = _known(waiting.entry) if waiting else self._register.photograph(image_id)
        if before is None:
            self._found[image_id] = found
            self._bytes += len(found.photograph.content)
        elif (before.equipment_id, before.taken_at) == (own.equipment_id, own.taken_at):
            self._summary.known += 1
        else:
            reason = (
                f"the same bytes as {before.file} of equipment {before.equipment_id}, taken at {before.taken_at}; "
                "allowed: one equipment and time for a photograph"
            )
            self._add_refusal(Refused(found.line, reason))

    def _add_refusal(self, refused: Refused) -> None:
        self._summary.refused.append(refused)
        told = {name: value[:_MOST_CHARACTERS] for name, value in refused.line.values.items()}
        name = blake3(json.dumps([told, refused.reason]).encode()).hexdigest()
        if not self._register.refused(name):
            self._refusals[name] = (told, refused.reason)

    def finish(self) -> None:
        """Writes the pack, tells Kafka, and then notes that it has been told."""
        if not self._found and not self._refusals:
            return
        packed = pack(found.photograph for found in self._found.values())
        if self._found:
            self._register.store(packed.name, packed.content)
            self._summary.packs += 1
            self._summary.bytes += self._bytes
        path = self._register.path_of(packed.name)
        for image_id, found in self._found.items():
            self._announcer.send(image_id, _message(found, path, packed.offsets[image_id]))
        for told, reason in self._refusals.values():
            self._announcer.send(told["file"], told, reason)
        self._announcer.settle()
        marker = blake3("\n".join([packed.name, *sorted(self._refusals)]).encode()).hexdigest()
        known = {image_id: _known(found.entry) for image_id, found in self._found.items()}
        self._register.announced(marker, known, self._refusals)
        self._summary.imported += len(self._found)
        self._found, self._refusals, self._bytes = {}, {}, 0


def _message(found: _Found, path: str, offset: int) -> dict[str, Any]:
    entry, photograph = found.entry, found.photograph
    return {
        "image_id": photograph.image_id,
        "equipment_id": entry.equipment_id,
        "taken_at": _iso(entry.taken_at),
        "kind": entry.kind,
        "file": entry.file,
        "file_format": photograph.format,
        "width": photograph.width,
        "height": photograph.height,
        "size_bytes": len(photograph.content),
        "pack": path,
        "pack_offset": offset,
    }


def _known(entry: Entry) -> Known:
    return Known(entry.file, entry.equipment_id, _iso(entry.taken_at))


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
