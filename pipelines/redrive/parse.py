"""Messages read by the job's own parser, in a JVM of this process."""

import json
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.streaming.job import prepare_environment

Identity = tuple[str, str]
"""Key and time of a reading, as texts."""


def parse(
    settings: PipelineSettings, spec: str, messages: Iterable[tuple[int, bytes]], columns: Sequence[str]
) -> list[Identity | None]:
    """What today's contract makes of messages.

    Args:
        settings: Where FLINK_HOME is.
        spec: How to read them, as ``kafka_spec`` gives it.
        messages: Kafka timestamp, ms since 1970, and bytes of each.
        columns: Columns whose values are wanted.

    Returns:
        Of each message these values, or None if it is refused.
    """
    framed = b"".join(struct.pack(">qi", at, len(payload)) + payload for at, payload in messages)
    read: list[Any] = json.loads(_messages(settings).read(spec, framed, ",".join(columns)))
    return [values and tuple(values) for values in read]


def _messages(settings: PipelineSettings) -> Any:
    prepare_environment(settings)
    from pyflink.java_gateway import get_gateway

    return get_gateway().jvm.io.gridseal.flink.Messages
