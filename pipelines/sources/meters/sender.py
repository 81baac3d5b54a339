"""Sends messages to Kafka and learns which offsets they got."""

import time
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from kafka.partitioner import murmur2

from pipelines.settings import PipelineSettings
from pipelines.sources.broker import ACKNOWLEDGE_SECONDS, broker_errors, close_producer, open_producer
from pipelines.sources.meters.payload import payloads
from pipelines.sources.meters.readings import Messages
from pipelines.sources.topics import Topic


class Sent(NamedTuple):
    """Messages handed to the client, acknowledged or not.

    Args:
        messages: Messages in the order sent.
        values: Their bytes.
        partitions: Partition of each.
        futures: What the client will know about each.
    """

    messages: Messages
    values: list[bytes | None]
    partitions: npt.NDArray[np.int32]
    futures: list[Any]


class Sender:
    """Sends readings, each to the partition of its meter.

    Args:
        settings: Where the brokers are.
        topic: Where to send.
        rate: Messages a second; None means as fast as possible.
    """

    def __init__(self, settings: PipelineSettings, topic: Topic, rate: int | None) -> None:
        self.settings = settings
        self.topic = topic
        self.rate = rate
        self.sent = 0
        self._started = time.monotonic()
        self._partitions: dict[bytes, int] = {}
        with broker_errors(settings, f"send to topic {topic.name}"):
            self._producer = open_producer(settings, topic.max_message_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_producer(self.settings, self._producer, self.topic.name, failed=kind is not None)

    @property
    def chunk(self) -> int:
        """Messages to hand over at once: few enough for an even rate."""
        return 10_000 if self.rate is None else max(1, min(10_000, self.rate // 5))

    def send(self, messages: Messages) -> Sent:
        """Hands messages to the client, waiting first if they would go faster than the rate.

        Args:
            messages: Messages in the order to send.
        """
        if self.rate is not None:
            # Until their own share of time is over, so that no first burst exceeds the rate.
            due = self._started + (self.sent + len(messages)) / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
        values = list(payloads(messages))
        keys: list[bytes] = messages["meter_id"].tolist()
        partitions = [self._partition(key) for key in keys]
        name, send = self.topic.name, self._producer.send
        with broker_errors(self.settings, f"send to topic {name}"):
            futures = [
                send(name, value, key, partition=partition)
                for value, key, partition in zip(values, keys, partitions, strict=True)
            ]
        self.sent += len(messages)
        return Sent(messages, values, np.array(partitions, dtype=np.int32), futures)

    def offsets(self, sent: Sent) -> npt.NDArray[np.int64]:
        """Waits until the broker has acknowledged the messages; returns their offsets.

        Args:
            sent: What was handed over.
        """
        with broker_errors(self.settings, f"send to topic {self.topic.name}"):
            return np.array([future.get(ACKNOWLEDGE_SECONDS).offset for future in sent.futures], dtype=np.int64)

    def _partition(self, key: bytes) -> int:
        """Kafka's own choice for a key, computed once a meter and not once a message."""
        if key not in self._partitions:
            self._partitions[key] = (murmur2(key) & 0x7FFFFFFF) % self.topic.partitions
        return self._partitions[key]
