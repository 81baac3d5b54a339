"""Tables as files for others, with a manifest each: which rows, as of when, and whether they were sealed like that."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from blake3 import blake3

from notary.errors import NotaryError
from notary.lake.snapshot import Snapshot, project
from notary.office import Office
from notary.publishing import register_line
from notary.record.seals import Sealed
from notary.sealing.seal import same_rows
from notary.verify.proof import schema_to_json
from pipelines.observe.files import Progress
from pipelines.reading.commits import Commits
from warehouse.contract import Table

FORMAT = "gridseal export 1"
MANIFEST = ".manifest.json"

_Write = Callable[[pa.RecordBatch], None]


class Standing(StrEnum):
    """What the rows of a partition are to its newest seal."""

    AS_SEALED = "as sealed"
    CHANGED = "changed since the seal"
    NOT_SEALED = "not sealed"


@dataclass(frozen=True)
class Exported:
    """A partition in the file.

    Attributes:
        partition: Its path.
        rows: How many.
        standing: What they are to the newest seal.
    """

    partition: str
    rows: int
    standing: Standing


def export(office: Office, table: Table, file: Path, wanted: list[str], progress: Progress) -> list[Exported]:
    """Write the rows of a table to a file, partition by partition in the order of their keys, and its manifest.

    All is as of one instant of the table. The file appears once it is whole, and the manifest after it.

    Args:
        office: The notary's.
        table: Which.
        file: .parquet or .csv.
        wanted: Paths of partitions; none for all.
        progress: Told of partitions done, of all, and the next.

    Raises:
        NotaryError: There is no such partition, the file's kind is another, or the rows cannot be read.
        PipelineError: HDFS does not answer.
    """
    if file.suffix not in _WRITERS:
        raise NotaryError(
            f"{file.name} is no {' or '.join(_WRITERS)}", f"gridseal export {table.name} --to x.parquet", 2
        )
    newest = office.log.newest(table.name)
    exported: list[Exported] = []
    fresh = file.with_name(f".{file.name}.new")
    try:
        with Snapshot.open(office.settings, Commits.of(office.settings, table)) as snapshot:
            there = snapshot.partitions()
            if unknown := sorted(set(wanted) - set(there)):
                raise NotaryError(f"{table.name} has no partition {unknown[0]!r}", "gridseal notary status", 2)
            paths = [path for path in there if not wanted or path in wanted]
            with _WRITERS[file.suffix](fresh) as write:
                for done, path in enumerate(paths):
                    progress(done, len(paths), path)
                    exported.append(_write(office, snapshot, path, newest.get(path), write))
        if not any(one.rows for one in exported):
            raise NotaryError(f"{table.name} has no row to export", "gridseal status --tables")
        manifest = _manifest(office, snapshot, fresh, file.name, exported, newest)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    file.with_name(file.name + MANIFEST).write_text(json.dumps(manifest, indent=2, default=str) + "\n", "utf-8")
    return exported


def _write(office: Office, snapshot: Snapshot, path: str, sealed: Sealed | None, write: _Write) -> Exported:
    rows = 0

    def passing() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in snapshot.rows(path):
            write(project(batch, snapshot.schema.names))
            rows += len(batch)
            yield batch

    # What is compared is what is written, and is read once.
    batches = passing()
    standing = Standing.NOT_SEALED
    if sealed is not None:
        same = same_rows(office.settings, snapshot.schema, batches, sealed)
        standing = Standing.AS_SEALED if same else Standing.CHANGED
    for _ in batches:
        pass
    return Exported(path, rows, standing)


def _manifest(
    office: Office,
    snapshot: Snapshot,
    content: Path,
    name: str,
    exported: Iterable[Exported],
    newest: dict[str, Sealed],
) -> dict[str, Any]:
    hasher = blake3()
    with content.open("rb") as data:
        while block := data.read(1 << 20):
            hasher.update(block)
    partitions = []
    for one in exported:
        sealed = newest.get(one.partition)
        seal = register_line(sealed, office.checkpoints.first_after(sealed.position)) if sealed else None
        partitions.append({"partition": one.partition, "rows": one.rows, "rows_are": one.standing, "seal": seal})
    return {
        "format": FORMAT,
        "table": snapshot.table.name,
        "file": name,
        "file_blake3": hasher.hexdigest(),
        "instant": snapshot.instant,
        "exported_at": datetime.now(UTC).isoformat(),
        "origin": office.log.origin,
        "schema": schema_to_json(snapshot.schema),
        "rows": sum(one.rows for one in exported),
        "partitions": partitions,
    }


@contextmanager
def _parquet(file: Path) -> Iterator[_Write]:
    writers: list[Any] = []

    def write(batch: pa.RecordBatch) -> None:
        if not writers:
            writers.append(pq.ParquetWriter(file, batch.schema, compression="zstd"))
        writers[0].write_batch(batch)

    try:
        yield write
    finally:
        for writer in writers:
            writer.close()


@contextmanager
def _csv(file: Path) -> Iterator[_Write]:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)

        def write(batch: pa.RecordBatch) -> None:
            if not opened.tell():
                writer.writerow(batch.schema.names)
            columns = [map(_text, column.to_pylist()) for column in batch.columns]
            writer.writerows(zip(*columns, strict=True))

        yield write


def _text(value: Any) -> Any:
    """Decimals keep their digits, times are ISO 8601 in UTC, bytes hexadecimal digits; what is null is empty."""
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value:f}"
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat(sep=" ")
        case bytes():
            return value.hex()
    return value


_WRITERS = {".parquet": _parquet, ".csv": _csv}
