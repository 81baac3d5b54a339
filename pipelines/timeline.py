"""The timeline of a Hudi table: what was committed, as files on HDFS say."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import table_path
from pipelines.webhdfs import list_folder, open_client, reachable
from warehouse.contract import Table

COMPLETED = (".commit", ".deltacommit", ".replacecommit")
"""What a completed commit is called, whatever it did."""
WRITTEN = {"COPY_ON_WRITE": (".commit", ".replacecommit"), "MERGE_ON_READ": (".deltacommit", ".replacecommit")}
"""What a writer's commit is called; on a MERGE_ON_READ table a .commit is a compaction, which adds no row."""

EVER = "~"
"""After every instant."""

Timeline = list[tuple[str, dict[str, Any]]]
"""Name and status of each file of a timeline."""


def instant_of(moment: datetime) -> str:
    """A moment, with a zone, as Hudi names its instants."""
    return f"{moment.astimezone(UTC):%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def list_timeline(settings: PipelineSettings, table: Table) -> Timeline:
    """Name and status of the timeline's files; none if the table has never been declared.

    Raises:
        PipelineError: HDFS does not answer.
    """
    with reachable(settings):
        return list_folder(open_client(settings), _folder(settings, table))


def newest_commit(table: Table, entries: Iterable[tuple[str, dict[str, Any]]]) -> tuple[str, dict[str, Any]] | None:
    """File and status of the newest completed commit; what is requested or in flight does not count."""
    written = [(name, status) for name, status in entries if name.endswith(WRITTEN[table.table_type])]
    # A commit may complete after one that began later.
    return max(written, key=lambda entry: (entry[1]["modificationTime"], entry[0]), default=None)


def read_commit(settings: PipelineSettings, table: Table, file: str) -> dict[str, Any]:
    """What a commit says of itself.

    Raises:
        PipelineError: HDFS does not answer.
    """
    with reachable(settings), open_client(settings).read(f"{_folder(settings, table)}/{file}") as reader:
        commit: dict[str, Any] = json.loads(reader.read() or b"{}")
    return commit


def replace_commits(entries: Iterable[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """File and status of the commits that replaced files, oldest first."""
    return sorted((name, status) for name, status in entries if name.endswith(".replacecommit"))


def written_columns(settings: PipelineSettings, table: Table) -> list[str]:
    """Columns that a table had at its newest commit; none before the first.

    Raises:
        PipelineError: HDFS does not answer.
    """
    newest = newest_commit(table, list_timeline(settings, table))
    if newest is None:
        return []
    return columns_of(read_commit(settings, table, newest[0]))


def columns_of(commit: Mapping[str, Any]) -> list[str]:
    """Columns that a table had when a commit was made, by what the commit says of itself."""
    schema = commit.get("extraMetadata", {}).get("schema") or "{}"
    return [column["name"] for column in json.loads(schema).get("fields", [])]


def _folder(settings: PipelineSettings, table: Table) -> str:
    return f"{table_path(table, settings.lake_path)}/.hoodie"
