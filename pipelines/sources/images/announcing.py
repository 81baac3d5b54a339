"""Tells Kafka of photographs, and of files that are none."""

import json
from types import TracebackType
from typing import Any, Self

from pipelines.settings import PipelineSettings
from pipelines.sources.broker import ACKNOWLEDGE_SECONDS, broker_errors, close_producer, open_producer
from pipelines.sources.topics import Topic

REFUSED = "gridseal-refused"
"""Header of a message whose sender says that it is a dead letter, and why."""


class Announcer:
    """Sends messages, and waits until the broker has them.

    Args:
        settings: Where the brokers are.
        topic: Where to send.
    """

    def __init__(self, settings: PipelineSettings, topic: Topic) -> None:
        self._settings = settings
        self._topic = topic
        self._waiting: list[Any] = []
        with broker_errors(settings, f"send to topic {topic.name}"):
            self._producer = open_producer(settings, topic.max_message_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        close_producer(self._settings, self._producer, self._topic.name, failed=kind is not None)

    def send(self, key: str, message: dict[str, Any], refused: str | None = None) -> None:
        """Hands a message to the client.

        Args:
            key: Messages of one key keep their order.
            message: Its fields.
            refused: Why it is a dead letter, if it is.
        """
        headers = [(REFUSED, refused.encode())] if refused else []
        value = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        with broker_errors(self._settings, f"send to topic {self._topic.name}"):
            self._waiting.append(self._producer.send(self._topic.name, value, key.encode(), headers=headers))

    def settle(self) -> None:
        """Waits until the broker has acknowledged all messages.

        Raises:
            PipelineError: It has not.
        """
        with broker_errors(self._settings, f"send to topic {self._topic.name}"):
            for future in self._waiting:
                future.get(ACKNOWLEDGE_SECONDS)
        self._waiting.clear()
