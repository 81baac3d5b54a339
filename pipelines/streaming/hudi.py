"""Hudi tables as Flink writes them: one set of options, so that no table can be written in a way that loses rows."""

import math
from collections.abc import Mapping

from pipelines.settings import PipelineSettings
from warehouse.contract import Table

EXACT_OPTIONS: Mapping[str, str] = {
    # Without it MERGE_ON_READ does not de-duplicate in the writer: a delete and an insert of one key in one
    # flush lose the row.
    "write.precombine": "true",
    "precombine.field": "no_precombine",
    "payload.class": "org.apache.hudi.common.model.OverwriteWithLatestAvroPayload",
    "changelog.enabled": "false",
    # The key's bucket is computed, not remembered: nothing to lose at a restart.
    "index.type": "BUCKET",
    "hoodie.bucket.index.num.buckets": "1",
    # Two writers of one bucket would write two base files for it.
    "write.tasks": "1",
    # A compaction that has fewer rows than the file before it, and the deletes since, fails.
    "hoodie.merge.data.validation.enabled": "true",
}
"""Options that decide whether the table is right; docs/semantics.md tells what goes wrong without each."""

STREAM_CONNECTOR = "gridseal-hudi"
"""Hudi's tables as its connector ``hudi`` has them, but for the exchange of records and the turn of compactions
(docs/decisions/0023, 0024)."""

_DELTA_COMMITS = 5
_COST_OPTIONS: Mapping[str, str] = {
    "read.tasks": "1",
    "compaction.tasks": "1",
    "compaction.delta_commits": str(_DELTA_COMMITS),
    # By default every file that has logs is written anew, whole, however large it is beside them.
    "hoodie.compaction.strategy": "io.gridseal.flink.GrownLogs",
    # Of the stream's tables one is compacted after the other, so that one has the memory of all.
    "compaction.max_memory": "300",
    # What of the logs has no room on the heap waits in a file; deflating each row took longer than writing it.
    "hoodie.common.diskmap.compression.enabled": "false",
    "write.task.max.size": "256",
    "write.merge.max_memory": "64",
    "metadata.enabled": "false",
    "hoodie.datasource.write.hive_style_partitioning": "true",
    # One HTTP server a table, each with a thread pool, would only cache listings of small folders.
    "hoodie.embed.timeline.server": "false",
    "hoodie.write.markers.type": "DIRECT",
    "hoodie.filesystem.view.type": "MEMORY",
    # Nobody asks the bloom filter of a table with buckets, and by default it makes 430 kB of every file.
    "hoodie.bloom.index.filter.type": "SIMPLE",
    "hoodie.index.bloom.num_entries": "1",
    # One hash of each key, not thirty.
    "hoodie.index.bloom.fpp": "0.5",
}


def sink_options(table: Table, settings: PipelineSettings) -> dict[str, str]:
    """Options of the Hudi connector for one table.

    Args:
        table: The table.
        settings: Where the lake is, what it keeps.
    """
    least, most = archived_commits(settings)
    options = {
        "connector": "hudi",
        "path": table_path(table, settings.lake_uri),
        "table.type": table.table_type,
        "hoodie.datasource.write.recordkey.field": ",".join(table.key),
        # Not KEEP_LATEST_BY_HOURS: it removes the version that was in force when the retention began, so that a query
        # about the past would miss its rows.
        "clean.policy": "KEEP_LATEST_COMMITS",
        "clean.retain_commits": str(kept_commits(settings)),
        "archive.min_commits": str(least),
        "archive.max_commits": str(most),
        **EXACT_OPTIONS,
        **_COST_OPTIONS,
    }
    if table.partition_by:
        options["hoodie.datasource.write.partitionpath.field"] = ",".join(table.partition_by)
    return options


def archived_commits(settings: PipelineSettings) -> tuple[int, int]:
    """Commits that stay on the timeline, at least and at most; Hudi wants to archive less than it cleans."""
    kept = kept_commits(settings)
    return kept + 10, kept + 50


def kept_commits(settings: PipelineSettings) -> int:
    """Commits that a table keeps: as many as the retention can hold, one a checkpoint and its compactions."""
    checkpoints = settings.retention_hours * 3600 / settings.checkpoint_interval_seconds
    return math.ceil(checkpoints * (1 + 1 / _DELTA_COMMITS))


def table_path(table: Table, lake_uri: str) -> str:
    """Folder of a table, such as ``hdfs://host:port/lake/dws/region_hour``."""
    return f"{lake_uri}/{table.name.replace('.', '/')}"


def sink_ddl(table: Table, settings: PipelineSettings, name: str, **further: str) -> str:
    """CREATE TABLE of the Hudi table in Flink's SQL.

    Args:
        table: The table.
        settings: Where the lake is, what it keeps.
        name: Name in Flink's catalog, such as ``lake.dws.region_hour``.
        **further: More options, underscores for dots.
    """
    made = sink_options(table, settings) | {key.replace("_", "."): value for key, value in further.items()}
    columns = [f"  `{c.name}` {c.type.flink}" + (" NOT NULL" if c.name in table.key else "") for c in table.columns]
    key = ", ".join(f"`{c}`" for c in table.key)
    options = ",\n".join(f"  '{k}' = '{v}'" for k, v in made.items())
    partitions = f" PARTITIONED BY ({', '.join(f'`{c}`' for c in table.partition_by)})" if table.partition_by else ""
    body = ",\n".join([*columns, f"  PRIMARY KEY ({key}) NOT ENFORCED"])
    return f"CREATE TABLE {name} (\n{body}\n){partitions} WITH (\n{options}\n)"
