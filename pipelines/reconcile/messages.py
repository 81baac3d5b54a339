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
    tables = catalog.fed_by("kafka")
    names = [*(table.name for table in tables), dead_letters.name]
    ends = {table.name: end_offsets(settings, table.origin.name) for table in tables}
    counts, once = _counts(sql, names), _once(sql, names)
    for table in tables:
        topic = table.origin.name
        for partition, end in sorted(ends[table.name].items()):
            given_up = [loss for loss in losses if (loss.topic, loss.partition) == (topic, partition)]
            gone = sum(_without_row(sql, [table.name, dead_letters.name], loss) for loss in given_up)
            rows, dead = (counts.get((name, topic, partition), 0) for name in (table.name, dead_letters.name))
            lines.append(message_line(topic, partition, end, rows, dead, given_up, gone))
        total, distinct = once.get(topic, (0, 0))
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


def _counts(sql: SqlClient, tables: Sequence[str]) -> dict[tuple[str, str, int], int]:
    """Rows by table, topic and partition."""
    counted = " UNION ALL ".join(
        f"SELECT '{table}' AS name, topic, kafka_partition, COUNT(*) AS number FROM {table}"
        f" GROUP BY topic, kafka_partition"
        for table in tables
    )
    rows = sql.query(counted).rows
    return {(str(name), str(topic), int(partition)): int(number) for name, topic, partition, number in rows}


def _once(sql: SqlClient, tables: Sequence[str]) -> dict[str, tuple[int, int]]:
    """By topic, the rows of all tables and how many messages they name."""
    all_rows = " UNION ALL ".join(f"SELECT topic, message_id FROM {table}" for table in tables)
    rows = sql.query(f"SELECT topic, COUNT(*), COUNT(DISTINCT message_id) FROM ({all_rows}) GROUP BY topic").rows
    return {str(topic): (int(total), int(distinct)) for topic, total, distinct in rows}
