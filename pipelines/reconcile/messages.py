"""Kafka to ODS: messages produced = rows + dead letters, by topic and partition."""

from decimal import Decimal

from pipelines.reconcile.line import Line
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import end_offsets
from pipelines.sql.client import SqlClient
from warehouse.catalog import Catalog
from warehouse.contract import Table


def kafka_tables(catalog: Catalog) -> list[Table]:
    """ODS tables that are fed from Kafka."""
    return [t for t in catalog if t.source and t.source.kind == "kafka"]


def compare_messages(settings: PipelineSettings, catalog: Catalog, sql: SqlClient) -> list[Line]:
    """One line a topic and partition, and one that no message is there twice.

    Raises:
        PipelineError: Kafka or the SQL endpoint does not answer.
    """
    lines: list[Line] = []
    dead_letters = next(t for t in catalog if t.source and t.source.kind == "dead_letter")
    for table in kafka_tables(catalog):
        topic = table.origin.name
        ends = end_offsets(settings, topic)
        rows = _count(sql, table.name, topic)
        dead = _count(sql, dead_letters.name, topic)
        for partition, end in sorted(ends.items()):
            good, bad = rows.get(partition, 0), dead.get(partition, 0)
            detail = f"{good:,} rows + {bad:,} dead letters"
            lines.append(Line(f"{topic}/{partition}", "messages", Decimal(end), Decimal(good + bad), detail))
        total, distinct = sql.query(
            f"SELECT COUNT(*), COUNT(DISTINCT message_id) FROM"
            f" (SELECT message_id FROM {table.name} UNION ALL SELECT message_id FROM {dead_letters.name})"
        ).rows[0]
        lines.append(Line(topic, "messages, each once", Decimal(distinct), Decimal(total)))
    return lines


def lag(settings: PipelineSettings, catalog: Catalog) -> tuple[int, int]:
    """Messages covered by a completed checkpoint, and messages produced.

    Raises:
        PipelineError: Kafka does not answer.
    """
    from kafka.admin import KafkaAdminClient
    from kafka.errors import CoordinatorNotAvailableError

    from pipelines.sources.broker import broker_errors
    from pipelines.streaming.sources import consumer_group

    covered = produced = 0
    with broker_errors(settings, "read the committed offsets"):
        admin = KafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
        try:
            for table in kafka_tables(catalog):
                group = consumer_group(table)
                try:
                    offsets = admin.list_group_offsets({group: None})[group]
                except CoordinatorNotAvailableError:  # Nobody has committed an offset to this broker yet.
                    offsets = {}
                covered += sum(o.offset for p, o in offsets.items() if p.topic == table.origin.name and o.offset > 0)
        finally:
            admin.close()
    for table in kafka_tables(catalog):
        produced += sum(end_offsets(settings, table.origin.name).values())
    return covered, produced


def _count(sql: SqlClient, table: str, topic: str) -> dict[int, int]:
    rows = sql.query(
        f"SELECT kafka_partition, COUNT(*) FROM {table} WHERE topic = '{topic}' GROUP BY kafka_partition"
    ).rows
    return {int(partition): int(count) for partition, count in rows}
