"""How far the checkpoints have come in Kafka's topics."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.sources.broker import broker_errors, broker_options, end_offsets
from pipelines.streaming.sources import consumer_group
from warehouse.catalog import Catalog

_COORDINATOR_S = 15.0
_PAUSE_S = 0.2


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

    committed: dict[str, dict[int, int]] = {}
    with broker_errors(settings, "read the committed offsets"):
        admin = KafkaAdminClient(**broker_options(settings))
        try:
            for table in catalog.fed_by("kafka"):
                group, topic = consumer_group(table), table.origin.name
                committed[topic] = {
                    p.partition: o.offset
                    for p, o in _committed(admin, group).items()
                    if p.topic == topic and o.offset > 0
                }
        finally:
            admin.close()
    # After the committed offsets, which could otherwise lie beyond the ends.
    return [TopicLag(topic, offsets, end_offsets(settings, topic)) for topic, offsets in committed.items()]


def _committed(admin: Any, group: str) -> dict[Any, Any]:
    """What a group has committed, by partition."""
    from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

    deadline = time.monotonic() + _COORDINATOR_S
    while True:
        try:
            found: dict[Any, Any] = admin.list_group_offsets({group: None})[group]
            return found
        except CoordinatorNotAvailableError:  # Nobody has committed an offset to this broker yet.
            return {}
        except (CoordinatorLoadInProgressError, NotCoordinatorError):
            # The broker has only just made, or begun to read, the part of its own topic that holds the group.
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
