"""Hudi tables as Flink writes them: one set of options, so that no table can be written in a way that loses rows."""

from collections.abc import Mapping

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
}
"""Options that decide whether the table is right; docs/semantics.md tells what goes wrong without each."""

_COST_OPTIONS: Mapping[str, str] = {
    "read.tasks": "1",
    "compaction.tasks": "1",
    "compaction.delta_commits": "5",
    "write.task.max.size": "256",
    "write.merge.max_memory": "64",
    "metadata.enabled": "false",
    "hoodie.datasource.write.hive_style_partitioning": "true",
    # One HTTP server a table, each with a thread pool, would only cache listings of small folders.
    "hoodie.embed.timeline.server": "false",
    "hoodie.write.markers.type": "DIRECT",
    "hoodie.filesystem.view.type": "MEMORY",
}


def sink_options(table: Table, lake_uri: str) -> dict[str, str]:
    """Options of the Hudi connector for one table.

    Args:
        table: The table.
        lake_uri: Folder of the lake, such as ``hdfs://host:port/lake``.
    """
    options = {
        "connector": "hudi",
        "path": table_path(table, lake_uri),
        "table.type": table.table_type,
        "hoodie.datasource.write.recordkey.field": ",".join(table.key),
        **EXACT_OPTIONS,
        **_COST_OPTIONS,
    }
    if table.partition_by:
        options["hoodie.datasource.write.partitionpath.field"] = ",".join(table.partition_by)
    return options


def table_path(table: Table, lake_uri: str) -> str:
    """Folder of a table, such as ``hdfs://host:port/lake/dws/region_hour``."""
    return f"{lake_uri}/{table.name.replace('.', '/')}"


def sink_ddl(table: Table, lake_uri: str, name: str, **further: str) -> str:
    """CREATE TABLE of the Hudi table in Flink's SQL.

    Args:
        table: The table.
        lake_uri: Folder of the lake.
        name: Name in Flink's catalog, such as ``lake.dws.region_hour``.
        **further: More options, underscores for dots.
    """
    made = sink_options(table, lake_uri) | {key.replace("_", "."): value for key, value in further.items()}
    columns = [f"  `{c.name}` {c.type.flink}" + (" NOT NULL" if c.name in table.key else "") for c in table.columns]
    key = ", ".join(f"`{c}`" for c in table.key)
    options = ",\n".join(f"  '{k}' = '{v}'" for k, v in made.items())
    partitions = f" PARTITIONED BY ({', '.join(f'`{c}`' for c in table.partition_by)})" if table.partition_by else ""
    body = ",\n".join([*columns, f"  PRIMARY KEY ({key}) NOT ENFORCED"])
    return f"CREATE TABLE {name} (\n{body}\n){partitions} WITH (\n{options}\n)"
