"""The last commit of each table, from Hudi's timeline on HDFS."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.timeline import list_timeline, newest_commit, read_commit
from pipelines.webhdfs import list_folder, open_client, reachable
from warehouse.catalog import Catalog
from warehouse.contract import Table

_REQUESTS_AT_ONCE = 8


@dataclass(frozen=True)
class TableCommit:
    """The last commit of a table; a checkpoint without a change of the table makes none.

    Attributes:
        table: Its layer name.
        instant: Hudi's name of the commit; empty before the first. It tells when the commit began, in the time zone of
            the JVM that wrote it or in the one of `hoodie.table.timeline.timezone`.
        committed_ms: When its rows became visible, ms since 1970, by HDFS's clock, which knows no zone; None before
            the first.
        rows: Rows that it inserted, updated or deleted; None before the first.
    """

    table: str
    instant: str = ""
    committed_ms: int | None = None
    rows: int | None = None


def table_commits(settings: PipelineSettings, catalog: Catalog) -> tuple[TableCommit, ...]:
    """The last commit of every table, in the catalog's order.

    Raises:
        PipelineError: HDFS does not answer.
    """
    with reachable(settings):
        # The first asks alone: if nobody answers, one refusal is enough.
        list_folder(open_client(settings), settings.lake_path)
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
            return tuple(pool.map(lambda table: _last_commit(settings, table), catalog))


def _last_commit(settings: PipelineSettings, table: Table) -> TableCommit:
    newest = newest_commit(table, list_timeline(settings, table))
    if newest is None:
        return TableCommit(table.name)
    file, status = newest
    rows = rows_of(read_commit(settings, table, file))
    return TableCommit(table.name, file.split(".")[0], status["modificationTime"], rows)


def rows_of(commit: Mapping[str, Any]) -> int:
    """Rows that a commit inserted, updated or deleted, by what it says of itself."""
    partitions = commit.get("partitionToWriteStats", {})
    # Not numWrites: COPY_ON_WRITE writes every row of a file anew for one that changes.
    return sum(
        stat.get(count, 0)
        for stats in partitions.values()
        for stat in stats
        for count in ("numInserts", "numUpdateWrites", "numDeletes")
    )
