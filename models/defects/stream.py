"""A detector beside the pipeline: reads of photographs in Kafka, answers in batches, writes its answers to Kafka."""

from collections.abc import Callable
from typing import Any

from kafka import KafkaConsumer

from models.defects.detector import Detector
from models.defects.labelling import Announced, send_answers
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import broker_errors, broker_options
from pipelines.sources.images.announcing import REFUSED, Announcer
from pipelines.sources.topics import EQUIPMENT_IMAGES, IMAGE_PREDICTIONS, ensure_topics
from pipelines.webhdfs import open_client

BATCH = 500
_SLOWEST_MS = 3_600_000
"""For a batch: 500 photographs of 50 million pixels on one busy core take minutes."""
_WAIT_MS = 500


def follow(
    settings: PipelineSettings,
    detector: Detector,
    ended: Callable[[], bool],
    reads: Callable[[], None],
    tell: Callable[[int, list[str]], None],
) -> None:
    """Answer for every photograph that Kafka tells of, until ended.

    Answers are acknowledged before what they answer counts as read: after a kill some come twice, and alike. Another
    version of the detector reads from the beginning of what Kafka holds. A photograph whose bytes HDFS does not hold
    keeps no other waiting: it is told of, and stays without an answer.

    Args:
        settings: Where the brokers and HDFS are.
        detector: Who answers.
        ended: Asked twice a second.
        reads: Told once, when the brokers have given it something to read.
        tell: Told, after each batch and whenever nothing came, how many photographs are answered for, and a line on
            each that cannot be.

    Raises:
        PipelineError: A service does not answer.
    """
    ensure_topics(settings, [EQUIPMENT_IMAGES, IMAGE_PREDICTIONS])
    client = open_client(settings)
    with Announcer(settings, IMAGE_PREDICTIONS) as announcer, broker_errors(settings, "read photographs"):
        consumer = KafkaConsumer(
            EQUIPMENT_IMAGES.name,
            **broker_options(settings),
            group_id=group(detector),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=BATCH,
            max_poll_interval_ms=_SLOWEST_MS,
        )
        waiting = True
        try:
            while not ended():
                polled = consumer.poll(timeout_ms=_WAIT_MS)
                if waiting and consumer.assignment():
                    waiting = False
                    reads()
                tell(*send_answers(settings, detector, client, announcer, _announced(polled)))
                if polled:
                    consumer.commit()
        finally:
            consumer.close()


def group(detector: Detector) -> str:
    """Kafka group of a detector; another version is another group."""
    return f"gridseal.detector.{detector.version[:16]}"


def _announced(polled: dict[Any, list[Any]]) -> list[Announced]:
    """The photographs of messages, each once; what is none the pipeline makes a dead letter."""
    found: dict[tuple[str, str], Announced] = {}
    for records in polled.values():
        for record in records:
            if REFUSED not in dict(record.headers) and (one := Announced.read(record.value)):
                found.setdefault((one.image_id, one.taken_at), one)
    return list(found.values())
