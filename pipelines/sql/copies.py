"""Copies of tables on this machine: a Parquet file a partition, which is made again when its files are others."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.observe.files import DataFile, Progress
from pipelines.reading.commits import Commits
from pipelines.reading.snapshot import Snapshot
from pipelines.settings import PipelineSettings
from pipelines.timeline import EVER
from warehouse.contract import Column
from warehouse.types import ColumnType

_FORM = 1
"""Of what is written; another one makes all copies anew."""
_ROWS = 122_880
"""Of a row group, as DuckDB writes them."""
_ARROW = {
    "STRING": pa.string(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "BYTES": pa.binary(),
    "DOUBLE": pa.float64(),
    "TIMESTAMP": pa.timestamp("us"),
}


class Copies:
    """The copies in the folder of state, which stay there while this is open."""

    def __init__(self, settings: PipelineSettings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._current: dict[Path, set[Path]] = {}

    def files(self, commits: Commits, until: str = EVER, progress: Progress = lambda *_: None) -> list[Path]:
        """Parquet files that have the rows of a table, with the columns and types of its contract.

        Args:
            commits: Of the table.
            until: The instant whose rows are meant; that of the newest complete commit unless said.
            progress: Told of partitions done, of all, and the next that is read from HDFS.

        Raises:
            PipelineError: HDFS does not answer, or the files cannot be read.
        """
        table = commits.table
        here = self._folder / table.name
        here.mkdir(mode=0o700, exist_ok=True)
        completed = sorted(name for name, _ in commits.completed() if name.split(".")[0] <= until)
        told = here / f"{_digest(table.columns, completed)}.json"
        files = [here / name for name in json.loads(told.read_text("utf-8"))] if told.exists() else []
        if not files or not all(file.exists() for file in files):
            files = self._read(commits, until, here, progress)
            with _whole(told) as new:
                new.write_text(json.dumps([file.name for file in files]), "utf-8")
        if until == EVER:
            self._current[here] = {told, *files}
        return files

    def remove_others(self) -> None:
        """Remove what is no longer current of the tables that were asked for as they are now."""
        for here, current in self._current.items():
            for file in set(here.iterdir()) - current:
                file.unlink()

    def _read(self, commits: Commits, until: str, here: Path, progress: Progress) -> list[Path]:
        newest, columns = commits.newest_until(until), commits.table.columns
        files: list[Path] = []
        if newest is not None:
            instant = newest.split(".")[0]
            with Snapshot.open(self._settings, commits, instant) as snapshot:
                paths = snapshot.partitions()
                for done, path in enumerate(paths):
                    if slices := snapshot.files(path):
                        file = here / f"{partition_key(columns, path, slices, _change(commits, path, slices, instant))}"
                        if not file.exists():
                            progress(done, len(paths), f"{commits.table.name} {path}".rstrip())
                            _write(file, columns, snapshot.batches(path))
                        files.append(file)
        if not files:
            files = [here / partition_key(columns, "", [], "")]
            _write(files[0], columns, [])
        return files


@contextmanager
def open_copies(settings: PipelineSettings) -> Iterator[Copies]:
    """Use the copies; afterwards those that are no longer current go, unless somebody else uses them still."""
    folder = settings.var_dir.resolve() / "duckdb"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_SH)
        copies = Copies(settings, folder)
        yield copies
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return
        copies.remove_others()


def partition_key(columns: Iterable[Column], partition: str, files: Iterable[DataFile], change: str) -> str:
    """Name of the copy of a partition: another one whenever its rows may be others.

    Args:
        columns: Of the contract.
        partition: Its path.
        files: Base and log files that its rows are read from.
        change: The instant of the newest commit that changed it, if there are log files: they may hold rows of a commit
            that was not complete when they were listed, and no byte of them need change when it is.
    """
    return f"{_digest(columns, [partition, sorted((file.name, file.size) for file in files), change])}.parquet"


def _change(commits: Commits, partition: str, files: Iterable[DataFile], until: str) -> str:
    since = min((file.instant for file in files if file.is_log), default="")
    return commits.last_change(partition, since, until) if since else ""


def _digest(columns: Iterable[Column], told: list[Any]) -> str:
    text = json.dumps([_FORM, [(column.name, str(column.type)) for column in columns], told])
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _write(file: Path, columns: Iterable[Column], batches: Iterable[pa.RecordBatch]) -> None:
    schema = arrow_schema(columns)
    with _whole(file) as new, pq.ParquetWriter(new, schema) as writer:
        for rows in _row_groups(_as(schema, batch) for batch in batches):
            writer.write_table(rows, _ROWS)


def _as(schema: pa.Schema, batch: pa.RecordBatch) -> pa.Table:
    """The rows with the types of the contract; a column that no commit has written yet is null."""
    there = set(batch.schema.names)
    columns = [
        batch.column(field.name).cast(field.type) if field.name in there else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(map(len, held)) >= _ROWS:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Columns of a contract in memory; times are without a zone, in UTC."""
    return pa.schema([(column.name, _arrow_type(column.type)) for column in columns])


def _arrow_type(kind: ColumnType) -> pa.DataType:
    return pa.decimal128(kind.precision, kind.scale) if kind.name == "DECIMAL" else _ARROW[kind.name]


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A file to write that takes its name once it is whole, so that two who write it at once do not mix."""
    handle, name = tempfile.mkstemp(dir=file.parent)
    os.close(handle)
    new = Path(name)
    try:
        yield new
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
