"""Kafka to ODS: messages produced = rows + dead letters, by topic and partition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipelines.reconcile.line import Line
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import end_offsets
from pipelines.sql.client import SqlClient
from pipelines.streaming.losses import Loss, read_losses
from warehouse.catalog import Catalog


@dataclass(frozen=True)
class TopicLag:
    """How far the checkpoints have come in a topic.

    Attributes:
        topic: The topic.
        offsets: Of each partition the offset of its first message that no completed checkpoint covers; a partition
            of which none is covered may be missing.
        ends: Of each partition the offset that its next message gets.
    """

    topic: str
    offsets: Mapping[int, int]
    ends: Mapping[int, int]

    @property
    def produced(self) -> int:
        """Messages ever produced."""
        return sum(self.ends.values())

    @property
    def covered(self) -> int:
        """Messages that a completed checkpoint covers."""
        return sum(self.offsets.values())

    @property
    def waiting(self) -> int:
        """Messages that none covers."""
        return sum(end - begin for begin, end in self.gaps.values())

    @property
    def gaps(self) -> dict[int, tuple[int, int]]:
        """Of each partition with such messages the offset of the first one, and the end."""
        begins = {partition: self.offsets.get(partition, 0) for partition in self.ends}
        return {p: (begins[p], end) for p, end in self.ends.items() if begins[p] < end}


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


def lag(settings: PipelineSettings, catalog: Catalog) -> tuple[int, int]:
    """Messages covered by a completed checkpoint, and messages produced.

    Raises:
        PipelineError: Kafka does not answer.
    """
    lags = topic_lags(settings, catalog)
    return sum(one.covered for one in lags), sum(one.produced for one in lags)


def topic_lags(settings: PipelineSettings, catalog: Catalog) -> list[TopicLag]:
    """How far the checkpoints have come in each topic.

    Raises:
        PipelineError: Kafka does not answer.
    """
    from kafka.admin import KafkaAdminClient
    from kafka.errors import CoordinatorNotAvailableError

    from pipelines.sources.broker import broker_errors
    from pipelines.streaming.sources import consumer_group

    committed: dict[str, dict[int, int]] = {}
    with broker_errors(settings, "read the committed offsets"):
        admin = KafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
        try:
            for table in catalog.fed_by("kafka"):
                group, topic = consumer_group(table), table.origin.name
                try:
                    offsets = admin.list_group_offsets({group: None})[group]
                except CoordinatorNotAvailableError:  # Nobody has committed an offset to this broker yet.
                    offsets = {}
                committed[topic] = {
                    p.partition: o.offset for p, o in offsets.items() if p.topic == topic and o.offset > 0
                }
        finally:
            admin.close()
    # After the committed offsets, which could otherwise lie beyond the ends.
    return [TopicLag(topic, offsets, end_offsets(settings, topic)) for topic, offsets in committed.items()]


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
