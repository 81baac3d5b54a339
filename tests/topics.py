"""Reading a topic as a whole."""

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from pipelines.settings import PipelineSettings
from pipelines.sources.broker import end_offsets


def records_of(settings: PipelineSettings, topic: str) -> list[Any]:
    """Every message that a topic holds, by partition and offset."""
    ends = end_offsets(settings, topic)
    partitions = [TopicPartition(topic, number) for number in ends]
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers, auto_offset_reset="earliest")
    try:
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        found: list[Any] = []
        while any(consumer.position(p) < ends[p.partition] for p in partitions):
            for records in consumer.poll(timeout_ms=1000).values():
                found += records
    finally:
        consumer.close()
    return sorted(found, key=lambda one: (one.partition, one.offset))
