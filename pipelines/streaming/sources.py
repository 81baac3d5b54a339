"""What the Java sources are told, and the ODS views over them; both follow from the contracts."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.settings import PipelineSettings
from stack import tls
from warehouse.as_of import LATE
from warehouse.catalog import Catalog
from warehouse.contract import Column, Table

LIVE = "_live"
"""What the view of what comes from a source is called after the ODS table that it is written to."""

CHANGES_VIEW = "source_changes"
"""View of all changes of the business database, in the order of the binlog."""

LATE_CHANGES_VIEW = "source_late_changes"
"""View of the business changes whose days were frozen when they came."""


def kafka_view(table: Table) -> str:
    """Name of the view of one topic: one row a message, parsed or refused."""
    return "source_" + table.name.replace(".", "_")


def kafka_spec(table: Table, settings: PipelineSettings, lost_before: Mapping[int, int] | None = None) -> str:
    """JSON that configures the Kafka source of one ODS table; may hold a password, never log it.

    Args:
        table: The table.
        settings: Where the brokers are.
        lost_before: Of a partition the offset before which whatever was not read is given up for lost.
    """
    return json.dumps(
        {
            "uid": table.name,
            "bootstrapServers": settings.kafka_bootstrap_servers,
            "groupId": consumer_group(table),
            "properties": kafka_properties(settings),
            "lostBefore": dict(lost_before or {}),
            **message_spec(table),
        }
    )


def kafka_properties(settings: PipelineSettings) -> dict[str, str]:
    """What the source proves to brokers that ask for it; whom it believes is what its JVM believes."""
    if not settings.tls_dir:
        return {}
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": f"{tls.kafka_login(settings.kafka_password.get_secret_value())};",
    }


def message_spec(table: Table) -> dict[str, Any]:
    """What decides how the messages of an ODS table are read: topic, columns, limits."""
    return {
        "topic": table.origin.name,
        "maxBytes": table.origin.max_bytes,
        "columns": [_column_spec(c, table) for c in table.fields],
    }


def consumer_group(table: Table) -> str:
    """Kafka group under which the job commits the offsets its checkpoints have covered."""
    return f"gridseal.{table.name}"


def changes_spec(tables: Iterable[Table], settings: PipelineSettings) -> str:
    """JSON that configures the one source of all business changes; holds the password, never log it."""
    return json.dumps(
        {
            "uid": CHANGES_VIEW,
            "hostname": settings.database_host,
            "port": settings.database_port,
            "username": "gridseal_cdc",
            "password": settings.database_cdc_password.get_secret_value(),
            "database": settings.database_name,
            "tables": [_business_table(t) for t in tables],
            "tls": settings.tls_dir is not None,
            "serverId": f"5400-{5400 + settings.parallelism - 1}",
            "startup": "initial",
        }
    )


def ods_select(table: Table, catalog: Catalog) -> str:
    """The SELECT that makes an ODS table of its source."""
    if table.origin.kind == "mysql":
        return _changes_select(table)
    if table.origin.kind == "late":
        return _late_select(catalog)
    if table.origin.kind == "kafka":
        return _messages_select(table, table, "reason IS NULL")
    topics = catalog.fed_by("kafka")
    return "\nUNION ALL\n".join(_messages_select(table, topic, "reason IS NOT NULL") for topic in topics)


def changes_of_days_select(catalog: Catalog) -> str:
    """SELECT of the key, the table and the day of each business change, in the order that LateChanges reads."""
    changes = catalog.fed_by("mysql")
    # What the snapshot found is in force since 1970, and is there before the first reading.
    return "\nUNION ALL\n".join(
        f"SELECT change_id, '{t.name}' AS table_name, dt FROM {t.name}{LIVE} WHERE op <> 'r'" for t in changes
    )


def _late_select(catalog: Catalog) -> str:
    selects = [f"SELECT arrival_id, table_name, from_dt, to_dt, from_dt AS dt FROM {LATE_CHANGES_VIEW}"]
    for name, join in catalog.joins.items():
        (key,) = catalog.table(join.facts).key
        layer, short = name.split(".")
        selects.append(
            f"SELECT {key} AS arrival_id, '{join.facts}' AS table_name, {join.day} AS from_dt, {join.day} AS to_dt,"
            f" {join.day} AS dt FROM `{layer}`.`{short}{LATE}`"
        )
    return "\nUNION ALL\n".join(selects)


def _messages_select(table: Table, topic: Table, condition: str) -> str:
    made = {
        "message_id": "CONCAT_WS('-', topic, CAST(kafka_partition AS STRING), CAST(kafka_offset AS STRING))",
        # A producer may send a message without a time.
        "dt": f"COALESCE(grid_day({table.event_time}), '1970-01-01')",
    }
    return _select(table, made, kafka_view(topic), condition)


def _changes_select(table: Table) -> str:
    keys = [f for f in table.fields if f.required]
    key = "".join(f", '|', image['{f.field}']" for f in keys)
    made = {
        "change_id": f"CASE WHEN op = 'r' THEN CONCAT('snapshot'{key}) ELSE"
        " CONCAT(binlog_file, '|', CAST(binlog_pos AS STRING), '|', CAST(binlog_row AS STRING)) END",
        "dt": "grid_day(op_ts)",
        **{f.name: f"CAST(image['{f.field}'] AS {f.type.flink})" for f in table.fields},
    }
    return _select(table, made, CHANGES_VIEW, f"table_name = '{table.origin.name}'")


def _select(table: Table, made: dict[str, str], view: str, condition: str) -> str:
    columns = ",\n  ".join(f"{made.get(c, f'`{c}`')} AS `{c}`" for c in table.column_names)
    return f"SELECT\n  {columns}\nFROM {view}\nWHERE {condition}"


def _business_table(table: Table) -> dict[str, Any]:
    columns = [{"field": c.field, "type": str(c.type), "required": c.required} for c in table.fields]
    return {"name": table.origin.name, "contract": table.name, "columns": columns}


def _column_spec(column: Column, table: Table) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "name": column.name,
        "field": column.field,
        "type": str(column.type),
        "required": column.required,
        **{k: str(v) if k in ("minimum", "maximum") else v for k, v in column.options.items()},
    }
    if column.name == table.event_time:
        spec["maxAheadSeconds"] = table.origin.max_ahead_seconds
    return spec
