"""Which partitions of a table that Spark makes wait for a run, because what they are made from has changed.

A row of an incremental query tells what came, not what went. So it is the files of the tables above that are asked: a
partition changed if one of its files is newer than the commit that the last run has seen.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import table_path
from pipelines.streaming.restore import partitions
from pipelines.timeline import Timeline, list_timeline, newest_commit, read_commit, replace_commits
from pipelines.webhdfs import list_folder, open_client, reachable
from warehouse.catalog import Catalog
from warehouse.contract import Table

READ = "gridseal.read"
"""Key, in a commit of a table that Spark makes, of what the run has read."""

Read = Mapping[str, int]
"""By table, when its newest commit was completed, ms since 1970 by HDFS's clock."""


@dataclass(frozen=True)
class Waiting:
    """What waits for a run.

    Attributes:
        partitions: Such as 2026-11-20 or 2026-11; None for all of them.
        newest: What a run that begins now will have read.
    """

    partitions: frozenset[str] | None
    newest: Read


def waiting(settings: PipelineSettings, catalog: Catalog, table: Table) -> Waiting:
    """Look at what has changed since the last run of a table.

    Raises:
        PipelineError: HDFS does not answer.
    """
    above = [catalog.table(name) for name in catalog.upstream[table.name]]
    timelines = {one.name: list_timeline(settings, one) for one in above}
    newest = {one.name: _completed_ms(one, timelines[one.name]) for one in above}
    last = _last_read(settings, table)
    if last is None or last.keys() != newest.keys():
        return Waiting(None, newest)
    days: set[str] = set()
    for one in above:
        if newest[one.name] == last[one.name]:
            continue
        changed = _changed_days(settings, one, timelines[one.name], last[one.name])
        if changed is None:
            return Waiting(None, newest)
        days |= changed
    return Waiting(frozenset(_partitions(table, days)), newest)


def partition_of(table: Table, day: str) -> str:
    """The partition that a day falls into; ``month`` holds the first seven letters of a day."""
    return day[:7] if table.partition_by == ("month",) else day


def _partitions(table: Table, days: Iterable[str]) -> set[str]:
    """The partitions that are made from these days."""
    return {
        partition_of(table, (date.fromisoformat(day) + timedelta(days=later)).isoformat())
        for day in days
        for later in range(table.lookback_days + 1)
    }


def _changed_days(settings: PipelineSettings, table: Table, timeline: Timeline, since_ms: int) -> set[str] | None:
    """Days with a file that is newer; None if that cannot be told by files."""
    overwrites = replace_commits(timeline)
    # Whoever replaces partitions may also have removed some.
    if table.partition_by != ("dt",) or any(status["modificationTime"] > since_ms for _, status in overwrites):
        return None
    root = table_path(table, settings.lake_path)
    with reachable(settings):
        client = open_client(settings)
        return {
            day
            for day in partitions(settings, table)
            # A commit in flight at the last run had written its files by then: after the commit before it.
            if any(status["modificationTime"] > since_ms for _, status in list_folder(client, f"{root}/dt={day}"))
        }


def _completed_ms(table: Table, timeline: Timeline) -> int:
    commit = newest_commit(table, timeline)
    return int(commit[1]["modificationTime"]) if commit else 0


def _last_read(settings: PipelineSettings, table: Table) -> Read | None:
    """What the newest run of the table has read; None before the first."""
    for commit, _ in reversed(replace_commits(list_timeline(settings, table))):
        told = read_commit(settings, table, commit).get("extraMetadata", {}).get(READ)
        if told:  # A clustering tells nothing: it reads only the table itself.
            return {str(name): int(ms) for name, ms in json.loads(told).items()}
    return None
