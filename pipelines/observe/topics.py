"""How far the pipeline is behind each topic, in messages and in time."""

import time
from dataclasses import dataclass

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import broker_errors, broker_options
from pipelines.streaming.lag import TopicLag, topic_lags
from warehouse.catalog import Catalog

_PROBE_S = 3.0
_FETCH_S = 5.0
_ENOUGH_BYTES = 65_536


@dataclass(frozen=True)
class TopicFigures:
    """One topic.

    Attributes:
        topic: Its name.
        produced: Messages ever produced.
        covered: Messages that a completed checkpoint covers, which are in the lake.
        waiting: Messages that none covers: the lag.
        waiting_since_ms: Kafka timestamp of the oldest of these, ms since 1970; None if there is none.
    """

    topic: str
    produced: int
    covered: int
    waiting: int
    waiting_since_ms: int | None


def topic_figures(settings: PipelineSettings, catalog: Catalog) -> tuple[TopicFigures, ...]:
    """Every topic that feeds the lake.

    Raises:
        PipelineError: Kafka does not answer.
    """
    _probe(settings)
    return tuple(
        TopicFigures(lag.topic, lag.produced, lag.covered, lag.waiting, waiting_since_ms(settings, lag))
        for lag in topic_lags(settings, catalog)
    )


def waiting_since_ms(settings: PipelineSettings, lag: TopicLag) -> int | None:
    """Kafka timestamp of the oldest message that no checkpoint covers, ms since 1970; None if there is none.

    Raises:
        PipelineError: Kafka does not answer.
    """
    if not lag.gaps:
        return None
    from kafka import KafkaConsumer, TopicPartition

    oldest: list[int] = []
    with broker_errors(settings, f"read topic {lag.topic}"):
        consumer = KafkaConsumer(
            **broker_options(settings),
            max_partition_fetch_bytes=_ENOUGH_BYTES,
            enable_auto_commit=False,
        )
        try:
            waiting = {TopicPartition(lag.topic, number) for number in lag.gaps}
            consumer.assign(list(waiting))
            for partition, kept in consumer.beginning_offsets(list(waiting)).items():
                # What Kafka has deleted already cannot be read any more.
                consumer.seek(partition, max(kept, lag.gaps[partition.partition][0]))
            deadline = time.monotonic() + _FETCH_S
            while waiting and time.monotonic() < deadline:
                for partition, records in consumer.poll(timeout_ms=500, max_records=1).items():
                    oldest += [record.timestamp for record in records]
                    waiting.discard(partition)
                    consumer.pause(partition)
        finally:
            consumer.close()
    return min(oldest, default=None)


def _probe(settings: PipelineSettings) -> None:
    """Ask for a connection first: the client tries for ten seconds when nobody is there."""
    import socket

    for address in settings.kafka_bootstrap_servers.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_PROBE_S):
                return
        except (OSError, ValueError) as error:
            last = error
    raise PipelineError(f"no Kafka broker answers at {settings.kafka_bootstrap_servers}: {last}", "gridseal up", 3)
