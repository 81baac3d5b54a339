"""A table as it was at one instant, read by hudi-rs: no JVM, and another reader than Spark, which analysts ask."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from pipelines.errors import PipelineError
from pipelines.observe.files import DataFile, data_files, partition_folders
from pipelines.reading.commits import Commits
from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import table_path
from pipelines.webhdfs import list_folder, open_client, reachable
from warehouse.contract import Table

COMMIT_TIME = "_hoodie_commit_time"
"""Hudi's own column: the instant that wrote the row."""

_ATTEMPTS, _PAUSE_S = 4, 0.7
_ROWS = 16_384
_COPY_BYTES = 1 << 20


class UnreadableError(PipelineError):
    """The files of a partition cannot be read as a table of Hudi."""


class Snapshot:
    """A table as it was at one instant.

    Attributes:
        instant: The one.
        table: The table.
        columns: Of the contract, those that were written by then.
    """

    def __init__(self, settings: PipelineSettings, commits: Commits, instant: str, folder: Path) -> None:
        """Copy the part of the timeline that a reader needs; ``open`` removes it again.

        Args:
            settings: Where the lake is.
            commits: Of the table.
            instant: Time of a completed commit.
            folder: An empty one, for copies of files.
        """
        self.instant = instant
        self.table = commits.table
        self._read_at = commits.same_rows_until(instant)
        self._settings, self._folder = settings, folder
        self._root = table_path(commits.table, settings.lake_path)
        file = _newest_until(commits, self._read_at)
        written = commits.columns(file)
        self.columns = tuple(column for column in commits.table.columns if column.name in written)
        self._replaced = commits.replaced(self._read_at)
        self._completed = {name.split(".")[0] for name, _ in commits.completed()}
        self._copy_timeline(commits, file)

    @classmethod
    @contextmanager
    def open(cls, settings: PipelineSettings, commits: Commits, instant: str = "") -> Iterator[Self]:
        """A table as it was at an instant, or as it is now.

        Raises:
            PipelineError: The table has no commit until then, or HDFS does not answer.
        """
        with tempfile.TemporaryDirectory(prefix="gridseal-") as folder:
            newest = commits.newest
            if newest is None:
                raise PipelineError(f"{commits.table.name} has no commit yet", "gridseal status")
            yield cls(settings, commits, instant or newest.split(".")[0], Path(folder))

    def partitions(self) -> list[str]:
        """Paths of the partitions.

        Raises:
            PipelineError: HDFS does not answer.
        """
        return partition_paths(self._settings, self._root, self.table)

    def newest_file_ms(self, partition: str) -> int:
        """When the newest file of a partition was written, ms since 1970 by HDFS's clock.

        Raises:
            PipelineError: HDFS does not answer.
        """
        with reachable(self._settings):
            entries = list_folder(open_client(self._settings), f"{self._root}/{partition}")
        return max((int(status["modificationTime"]) for _, status in entries if status["type"] == "FILE"), default=0)

    def files(self, partition: str) -> list[DataFile]:
        """The files that its rows are read from: of each file group a base file, and the logs that came after it.

        Of logs also what is in them after the instant, which a reader passes over.

        Raises:
            PipelineError: HDFS does not answer.
        """
        with reachable(self._settings):
            entries = list_folder(open_client(self._settings), self._path(partition))
        return self._slices(partition, data_files(entries))

    def batches(self, partition: str) -> Iterator[pa.RecordBatch]:
        """Rows of a partition in no order: the columns and ``COMMIT_TIME``.

        Raises:
            UnreadableError: The files cannot be read as a table of Hudi.
            PipelineError: HDFS does not answer.
        """
        here = self._folder / partition
        what = f"{self.table.name} {partition} as of {self.instant}"
        try:
            opened = self._opened(partition, here, what)
            with _as_refusal(what):
                yield from opened
        finally:
            _empty(here)

    def _opened(self, partition: str, here: Path, what: str) -> Iterator[pa.RecordBatch]:
        """The rows, once the first of them could be read.

        A log that is being written at this moment may not be, its last block being half there or locked: a moment
        later it is, and what is in it after the instant does not count.
        """
        for left in reversed(range(_ATTEMPTS)):
            try:
                self._copy_files(partition, here)
                with _as_refusal(what):
                    stream = self._stream()
                    return chain(list(islice(stream, 1)), stream)
            except PipelineError:
                if not left:
                    raise
                _empty(here)
                time.sleep(_PAUSE_S)
        raise AssertionError

    def _stream(self) -> Iterator[pa.RecordBatch]:
        from hudi import HudiReadOptions, HudiTable

        columns = [*(column.name for column in self.columns), COMMIT_TIME]
        options = HudiReadOptions().with_as_of_timestamp(self._read_at).with_projection(columns).with_batch_size(_ROWS)
        return iter(HudiTable(str(self._folder)).read_stream(options))

    def _copy_timeline(self, commits: Commits, newest: str) -> None:
        """The names of all commits, and what those say that tell the schema or what they replaced."""
        timeline = self._folder / ".hoodie"
        timeline.mkdir(parents=True)
        # The reader looks into the very last one, too, even if that is a compaction after the instant.
        last = max(name for name, _ in commits.completed())
        with reachable(self._settings):
            _copy(open_client(self._settings), f"{self._root}/.hoodie/hoodie.properties", timeline)
        for name, _ in commits.files:
            if name[:1].isdigit():
                told = name in (newest, last) or name.endswith(".replacecommit")
                (timeline / name).write_bytes(json.dumps(commits.read(name)).encode() if told else b"")

    def _copy_files(self, partition: str, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        files = self.files(partition)
        with reachable(self._settings):
            client = open_client(self._settings)
            for file in files:
                _copy(client, f"{self._path(partition)}/{file.name}", target)

    def _path(self, partition: str) -> str:
        return f"{self._root}/{partition}".rstrip("/")

    def _slices(self, partition: str, there: list[DataFile]) -> list[DataFile]:
        """Those that a reader of the instant may need; a COPY_ON_WRITE table keeps hundreds of others."""
        files = [f for f in there if f.instant <= self._read_at and (partition, f.group) not in self._replaced]
        base: dict[str, str] = {}
        for file in files:
            if not file.is_log and self._committed(file.instant):
                base[file.group] = max(file.instant, base.get(file.group, ""))
        return [
            file
            for file in files
            if (file.instant >= base.get(file.group, "") if file.is_log else file.instant == base.get(file.group))
        ]

    def _committed(self, instant: str) -> bool:
        """What is older than the timeline was archived, and only what is complete is."""
        return instant in self._completed or instant < min(self._completed)


def partition_paths(settings: PipelineSettings, root: str, table: Table) -> list[str]:
    """Paths of a table's partitions below a folder, which need not be the table's own.

    Raises:
        PipelineError: HDFS does not answer.
    """
    with reachable(settings):
        folders = partition_folders(open_client(settings), root, len(table.partition_by))
    return sorted(folder.removeprefix(root).strip("/") for folder in folders)


def _newest_until(commits: Commits, instant: str) -> str:
    until = [name for name, _ in commits.completed() if name.split(".")[0] <= instant]
    told = [name for name in sorted(until, reverse=True) if commits.columns(name)]
    if not told:
        raise PipelineError(f"{commits.table.name} has no commit until {instant}", "gridseal status")
    return told[0]


def _copy(client: Any, source: str, folder: Path) -> None:
    with client.read(source) as reader, (folder / source.rsplit("/", 1)[1]).open("wb") as file:
        shutil.copyfileobj(reader, file, _COPY_BYTES)


def _empty(folder: Path) -> None:
    """Remove the copies of a partition; what lies in folders below is another's."""
    for file in folder.iterdir() if folder.exists() else ():
        if file.is_file():
            file.unlink()


@contextmanager
def _as_refusal(what: str) -> Iterator[None]:
    try:
        yield
    except (GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise UnreadableError(f"{what} cannot be read: {error}", "gridseal audit") from error
