"""Talking to Kafka: its errors in the words of this house."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import (
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
)

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from stack import tls

# Refusals become errors of ours; without a handler the client would print its own log lines as well.
logging.getLogger("kafka").addHandler(logging.NullHandler())

BOOTSTRAP_TIMEOUT_MS = 10_000
ACKNOWLEDGE_SECONDS = 120


@contextmanager
def broker_errors(settings: PipelineSettings, doing: str) -> Iterator[None]:
    """Turns errors of the Kafka client into errors that say what to do.

    Args:
        settings: Where the brokers are.
        doing: What was being done, such as "create topic meter-readings".

    Raises:
        PipelineError: The client raised an error; exit code 3 when no broker answers.
    """
    where = settings.kafka_bootstrap_servers
    try:
        yield
    except (KafkaTimeoutError, KafkaConnectionError) as error:
        raise PipelineError(
            f"cannot {doing}: no Kafka broker answers at {where} ({_words(error)})",
            "see `gridseal status`; start the services with `gridseal up`",
            3,
        ) from error
    except KafkaError as error:
        raise PipelineError(
            f"cannot {doing}: Kafka at {where} refuses ({_words(error)})", "see `gridseal doctor`", 1
        ) from error


def broker_options(settings: PipelineSettings) -> dict[str, Any]:
    """How kafka-python reaches the brokers, and what it proves to them where they ask for it."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
    }
    if settings.tls_dir:
        options |= tls.kafka_client(settings.tls_dir, settings.kafka_password.get_secret_value())
    return options


def open_producer(settings: PipelineSettings, max_request_size: int) -> KafkaProducer:
    """A producer that the broker protects from its own repetitions (idempotence, all replicas acknowledge).

    Args:
        settings: Where the brokers are.
        max_request_size: Bytes of a request at most, which hold the largest message.
    """
    return KafkaProducer(
        **broker_options(settings),
        acks="all",
        enable_idempotence=True,
        # Big batches cost the client less than small ones; compressing costs more than loopback does.
        linger_ms=100,
        batch_size=128 * 1024,
        max_request_size=max_request_size,
        metrics_enabled=False,
    )


def close_producer(settings: PipelineSettings, producer: KafkaProducer, topic: str, failed: bool) -> None:
    """Close a producer, after what waits in it has been sent; one that has failed is not waited for.

    Args:
        settings: Where the brokers are.
        producer: The producer.
        topic: Where it sends.
        failed: An error is on its way already.
    """
    with suppress(KafkaError) if failed else broker_errors(settings, f"send to topic {topic}"):
        producer.close(timeout=1 if failed else ACKNOWLEDGE_SECONDS)


def end_offsets(settings: PipelineSettings, topic: str) -> dict[int, int]:
    """Offset that the next message of each partition gets.

    Args:
        settings: Where the brokers are.
        topic: An existing topic.
    """
    return _offsets(settings, topic, "end_offsets")


def first_offsets(settings: PipelineSettings, topic: str) -> dict[int, int]:
    """Offset of the oldest message that each partition still holds.

    Args:
        settings: Where the brokers are.
        topic: An existing topic.
    """
    return _offsets(settings, topic, "beginning_offsets")


def records_of(settings: PipelineSettings, topic: str) -> list[Any]:
    """Every message that a topic holds now, by partition and offset; all of them are in memory.

    Args:
        settings: Where the brokers are.
        topic: An existing topic.
    """
    ends = end_offsets(settings, topic)
    partitions = [TopicPartition(topic, number) for number in ends]
    found: list[Any] = []
    with broker_errors(settings, f"read topic {topic}"):
        consumer = KafkaConsumer(**broker_options(settings))
        try:
            consumer.assign(partitions)
            consumer.seek_to_beginning()
            while any(consumer.position(p) < ends[p.partition] for p in partitions):
                for records in consumer.poll(timeout_ms=1000).values():
                    found += records
        finally:
            consumer.close()
    return sorted(found, key=lambda one: (one.partition, one.offset))


def delete_group(settings: PipelineSettings, group: str) -> None:
    """Forget the offsets that a group of consumers has committed; nothing happens if there is none.

    Args:
        settings: Where the brokers are.
        group: Name of the group, of which no consumer may be connected.
    """
    with broker_errors(settings, f"delete the consumer group {group}"):
        admin = KafkaAdminClient(**broker_options(settings))
        try:
            admin.delete_groups([group])
        except (GroupIdNotFoundError, CoordinatorNotAvailableError):  # The second if no offset was ever committed.
            pass
        finally:
            admin.close()


def _offsets(settings: PipelineSettings, topic: str, which: str) -> dict[int, int]:
    with broker_errors(settings, f"read the offsets of topic {topic}"):
        consumer = KafkaConsumer(**broker_options(settings))
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            return {partition.partition: end for partition, end in getattr(consumer, which)(partitions).items()}
        finally:
            consumer.close()


def _words(error: KafkaError) -> str:
    return str(error) or type(error).__name__
