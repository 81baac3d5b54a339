"""The files of a table: how many there are, how small, how much is kept for the past, and how far back that reads."""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import kept_commits, table_path
from pipelines.timeline import COMPLETED, list_timeline, read_commit, replace_commits
from pipelines.webhdfs import list_folder, open_client, reachable
from warehouse.contract import Table

_BASE_FILE = re.compile(r"(?P<group>.+?)_[\d-]+_(?P<instant>\d{17})\.parquet")
_LOG_FILE = re.compile(r"\.(?P<group>.+?)_(?P<instant>\d{17})\.log\.\d+(_[\d-]+)?")
_REQUESTS_AT_ONCE = 8

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class TableFiles:
    """The files of a table.

    Attributes:
        table: Its layer name.
        partitions: Folders that hold data.
        files: Base files that a query of now reads.
        small_files: How many of them are small.
        log_files: Log files that no compaction has merged into a base file yet.
        data_bytes: What a query of now reads.
        past_bytes: What is kept for queries about the past.
        commits: Commits on the timeline.
        readable_since: The oldest moment that a query about the past can ask for; None while nothing was cleaned, so
            that all of the past can be read.
    """

    table: str
    partitions: int = 0
    files: int = 0
    small_files: int = 0
    log_files: int = 0
    data_bytes: int = 0
    past_bytes: int = 0
    commits: int = 0
    readable_since: datetime | None = None


@dataclass(frozen=True)
class DataFile:
    """A file of rows: its file group, the instant of its base file, whether it is a log, its bytes."""

    name: str
    group: str
    instant: str
    is_log: bool
    size: int


def table_files(
    settings: PipelineSettings, tables: Sequence[Table], small_bytes: int, progress: Progress = lambda *_: None
) -> list[TableFiles]:
    """The files of tables.

    Args:
        settings: Where the lake is.
        tables: Which tables.
        small_bytes: A base file with fewer bytes is small.
        progress: Told of tables done, of all, and the name of the next.

    Raises:
        PipelineError: HDFS does not answer.
    """
    found = []
    with reachable(settings):
        for done, table in enumerate(tables):
            progress(done, len(tables), table.name)
            found.append(_files_of(settings, table, small_bytes))
    return found


def readable_since(settings: PipelineSettings, table: Table) -> datetime | None:
    """The oldest moment that a query about the past can ask a table for; None while nothing was cleaned.

    Raises:
        PipelineError: HDFS does not answer.
    """
    return _since(list_timeline(settings, table), kept_commits(settings))


def _files_of(settings: PipelineSettings, table: Table, small_bytes: int) -> TableFiles:
    client, root = open_client(settings), table_path(table, settings.lake_path)
    timeline = list_timeline(settings, table)
    commits = _commits(timeline)
    replaced = {group for name, _ in replace_commits(timeline) for group in _replaced(settings, table, name)}
    folders = [root] if not table.partition_by else partition_folders(client, root, len(table.partition_by))
    with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
        listed = list(pool.map(lambda folder: data_files(list_folder(open_client(settings), folder)), folders))
    current = [file for files in listed for file in _current(files, replaced)]
    base = [file.size for file in current if not file.is_log]
    data_bytes = sum(file.size for file in current)
    return TableFiles(
        table=table.name,
        partitions=sum(bool(files) for files in listed),
        files=len(base),
        small_files=sum(size < small_bytes for size in base),
        log_files=len(current) - len(base),
        data_bytes=data_bytes,
        past_bytes=sum(file.size for files in listed for file in files) - data_bytes,
        commits=len(commits),
        readable_since=_since(timeline, kept_commits(settings)),
    )


def _commits(entries: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    return sorted(name for name, _ in entries if name.endswith(COMPLETED))


def _since(timeline: Sequence[tuple[str, dict[str, Any]]], kept: int) -> datetime | None:
    """When the oldest commit began that the cleaner spares."""
    if not any(name.endswith(".clean") for name, _ in timeline):
        return None
    commits = _commits(timeline)
    oldest = commits[max(0, len(commits) - kept)]
    return datetime.strptime(oldest[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _replaced(settings: PipelineSettings, table: Table, commit: str) -> list[str]:
    groups = read_commit(settings, table, commit).get("partitionToReplaceFileIds", {})
    return [group for replaced in groups.values() for group in replaced]


def partition_folders(client: Any, folder: str, depth: int) -> list[str]:
    """Paths of the folders of partitions so many levels below one, such as that of a table."""
    if depth == 0:
        return [folder]
    entries = list_folder(client, folder)
    below = [f"{folder}/{name}" for name, status in entries if status["type"] == "DIRECTORY" and "=" in name]
    return [one for child in below for one in partition_folders(client, child, depth - 1)]


def data_files(entries: Iterable[tuple[str, dict[str, Any]]]) -> list[DataFile]:
    """The files of rows among the entries of a partition's folder."""
    files = []
    for name, status in entries:
        if match := _BASE_FILE.fullmatch(name) or _LOG_FILE.fullmatch(name):
            files.append(DataFile(name, match["group"], match["instant"], name.startswith("."), int(status["length"])))
    return files


def _current(files: Iterable[DataFile], replaced: set[str]) -> list[DataFile]:
    """Of each file group the newest base file and the log files that came after it."""
    groups: dict[str, list[DataFile]] = {}
    for file in files:
        groups.setdefault(file.group, []).append(file)
    found = []
    for group, members in groups.items():
        newest = max((file.instant for file in members if not file.is_log), default="")
        found += [file for file in members if file.instant >= newest and group not in replaced]
    return found
