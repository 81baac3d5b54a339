"""Days for which a bounded run made no row, and that still hold rows of before.

An overwrite replaces the partitions for which it has rows. A day that has none any more keeps its old ones, unless they
are deleted.
"""

from collections.abc import Iterable, Mapping, Sequence

from pipelines.batch.days import Days
from pipelines.settings import PipelineSettings
from pipelines.streaming.restore import partitions
from pipelines.timeline import list_timeline, newest_commit, read_commit
from warehouse.contract import Table

Commits = Mapping[str, str]
"""File of the newest completed commit by table; empty before the first."""


def newest_commits(settings: PipelineSettings, tables: Iterable[Table]) -> dict[str, str]:
    """The newest commits as they are now.

    Raises:
        PipelineError: HDFS does not answer.
    """
    return {table.name: _newest(settings, table) for table in tables}


def stale_days(
    settings: PipelineSettings, tables: Sequence[Table], days: Days, before: Commits
) -> dict[str, list[str]]:
    """By table, the days that a run since then has not written.

    Args:
        settings: Where the lake is.
        tables: What the run wrote.
        days: The days that it replaced.
        before: The newest commits before the run.

    Raises:
        PipelineError: HDFS does not answer.
    """
    found = {}
    for table in tables:
        newest = _newest(settings, table)
        written = _written(settings, table, newest) if newest != before[table.name] else set()
        if stale := [day for day in partitions(settings, table) if day in days and day not in written]:
            found[table.name] = stale
    return found


def _newest(settings: PipelineSettings, table: Table) -> str:
    commit = newest_commit(table, list_timeline(settings, table))
    return commit[0] if commit else ""


def _written(settings: PipelineSettings, table: Table, commit: str) -> set[str]:
    written = read_commit(settings, table, commit).get("partitionToWriteStats", {})
    return {partition.partition("=")[2] for partition in written}
