"""Kafka to ODS: messages produced = rows + dead letters, by topic and partition."""

from collections.abc import Sequence
from decimal import Decimal

from pipelines.reconcile.line import Line
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import end_offsets
from pipelines.sql.client import SqlClient
from pipelines.streaming.losses import Loss, read_losses
from warehouse.catalog import Catalog


def compare_messages(settings: PipelineSettings, catalog: Catalog, sql: SqlClient) -> list[Line]:
    """One line a topic and partition, and one that no message is there twice.

    Raises:
        PipelineError: Kafka, HDFS or the SQL endpoint does not answer.
    """
    lines: list[Line] = []
    losses = read_losses(settings)
    (dead_letters,) = catalog.fed_by("dead_letter")
    for table in catalog.fed_by("kafka"):
        topic = table.origin.name
        ends = end_offsets(settings, topic)
        rows = _count(sql, table.name, topic)
        dead = _count(sql, dead_letters.name, topic)
        for partition, end in sorted(ends.items()):
            given_up = [loss for loss in losses if (loss.topic, loss.partition) == (topic, partition)]
            gone = sum(_without_row(sql, [table.name, dead_letters.name], loss) for loss in given_up)
            lines.append(
                message_line(topic, partition, end, rows.get(partition, 0), dead.get(partition, 0), given_up, gone)
            )
        total, distinct = sql.query(
            f"SELECT COUNT(*), COUNT(DISTINCT message_id) FROM"
            f" (SELECT message_id FROM {table.name} UNION ALL SELECT message_id FROM {dead_letters.name})"
        ).rows[0]
        lines.append(Line(topic, "messages, each once", Decimal(distinct), Decimal(total)))
    return lines


def message_line(topic: str, partition: int, end: int, rows: int, dead: int, losses: Sequence[Loss], lost: int) -> Line:
    """The line of one partition; lost messages are told apart.

    Args:
        topic: Topic.
        partition: Partition of it.
        end: Messages ever produced.
        rows: Rows of ODS.
        dead: Dead letters.
        losses: What was given up.
        lost: Messages of these that have no row.
    """
    detail = f"{rows:,} rows + {dead:,} dead letters"
    if losses:
        spans = ", ".join(f"{loss.begin} to {loss.end - 1}, accepted {loss.accepted_at}" for loss in losses)
        detail += f" + {lost:,} LOST: gone from Kafka before they were read ({spans})"
    return Line(f"{topic}/{partition}", "messages", Decimal(end), Decimal(rows + dead + lost), detail)


def _without_row(sql: SqlClient, tables: Sequence[str], loss: Loss) -> int:
    """Messages of a loss that no table holds; a loss may begin before the first message that is missing."""
    union = " UNION ".join(
        f"SELECT kafka_offset FROM {table} WHERE topic = '{loss.topic}' AND kafka_partition = {loss.partition}"
        f" AND kafka_offset >= {loss.begin} AND kafka_offset < {loss.end}"
        for table in tables
    )
    return loss.end - loss.begin - int(sql.query(f"SELECT COUNT(*) FROM ({union})").rows[0][0])


def _count(sql: SqlClient, table: str, topic: str) -> dict[int, int]:
    rows = sql.query(
        f"SELECT kafka_partition, COUNT(*) FROM {table} WHERE topic = '{topic}' GROUP BY kafka_partition"
    ).rows
    return {int(partition): int(count) for partition, count in rows}
