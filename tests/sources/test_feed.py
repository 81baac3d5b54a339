"""Feeding a real broker."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from pyarrow import parquet

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import records_of
from pipelines.sources.grid import FIRST_DAY
from pipelines.sources.meters import MeterOptions, feed, feed_day, list_feeds
from pipelines.sources.meters.malformed import MALFORMED_KINDS
from pipelines.sources.topics import Topic, ensure_topics

pytestmark = pytest.mark.integration


def new_topic() -> Topic:
    """A topic that no test has used before."""
    return Topic(f"test-{uuid4().hex}")


OPTIONS = MeterOptions(meters=20, malformed=0.005)


def read_all(settings: PipelineSettings, topic: str) -> dict[tuple[int, int], tuple[bytes | None, bytes | None]]:
    """Key and value of every message by (partition, offset)."""
    return {(r.partition, r.offset): (r.key, r.value) for r in records_of(settings, topic)}


def recorded(folder: Path) -> dict[tuple[int, int], tuple[bytes | None, bytes | None]]:
    """Key and value of every message of a record by (partition, offset)."""
    rows = parquet.read_table(folder / "sent.parquet").to_pylist()
    return {(r["kafka_partition"], r["kafka_offset"]): (r["key"], r["payload"]) for r in rows}


def test_what_a_consumer_reads_is_what_the_record_says(feed_settings: PipelineSettings) -> None:
    seen: list[tuple[int, int]] = []
    topic = new_topic()
    summary = feed_day(feed_settings, FIRST_DAY, OPTIONS, lambda *numbers: seen.append(numbers), topic)
    sent = recorded(summary.folder)
    assert read_all(feed_settings, topic.name) == sent
    assert summary.messages == len(sent) == sum(summary.kinds.values())
    assert summary.readings == summary.messages - summary.kinds["duplicate"] - summary.kinds["malformed"]
    assert set(summary.malformed_kinds) == {kind.name for kind in MALFORMED_KINDS}
    assert summary.partitions.keys() == {0, 1, 2, 3}
    for number, count in summary.partitions.items():
        offsets = [offset for partition, offset in sent if partition == number]
        assert (count.messages, count.first_offset, count.last_offset) == (
            len(offsets),
            min(offsets),
            max(offsets),
        )
    # All messages of a key are in one partition.
    homes: dict[Any, set[int]] = {}
    for (partition, _), (key, _) in sent.items():
        homes.setdefault(key, set()).add(partition)
    assert {len(home) for home in homes.values()} == {1}
    assert seen[-1] == (summary.messages, summary.messages)

    again = feed_day(feed_settings, FIRST_DAY, OPTIONS, topic=topic)
    assert again.already_sent
    assert again.model_copy(update={"already_sent": False}) == summary
    assert len(read_all(feed_settings, topic.name)) == summary.messages

    repeated = feed_day(feed_settings, FIRST_DAY, OPTIONS.model_copy(update={"again": True}), topic=topic)
    assert repeated.feed_id == f"{summary.feed_id}-again2"
    assert len(read_all(feed_settings, topic.name)) == 2 * summary.messages
    assert {s.feed_id for s in list_feeds(feed_settings.var_dir)} >= {summary.feed_id, repeated.feed_id}


def test_an_interrupted_feed_is_sent_again_whole(
    feed_settings: PipelineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = new_topic()

    def interrupt(sent: int, expected: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        # Settled at once, so that the first chunk is with the broker when the interruption comes.
        patch.setattr(feed, "CHUNKS_IN_FLIGHT", 0)
        with pytest.raises(KeyboardInterrupt):
            feed_day(feed_settings, FIRST_DAY, OPTIONS, interrupt, topic)
    lost = read_all(feed_settings, topic.name)
    assert lost
    summary = feed_day(feed_settings, FIRST_DAY, OPTIONS, topic=topic)
    assert not summary.already_sent
    sent = recorded(summary.folder)
    (attempt,) = summary.interrupted
    ranges = {(n, o) for n in attempt.from_offsets for o in range(attempt.from_offsets[n], attempt.until_offsets[n])}
    assert ranges == set(lost)
    assert read_all(feed_settings, topic.name) == lost | sent
    # The first attempt is the beginning of the second one, partition by partition.
    for number, start in attempt.until_offsets.items():
        for offset in range(start):
            assert lost[number, offset] == sent[number, start + offset]


def test_a_rate_is_kept_and_several_days_are_one_feed(feed_settings: PipelineSettings) -> None:
    topic = new_topic()
    options = MeterOptions(meters=12, days=2, rate=10_000)
    summary = feed_day(feed_settings, FIRST_DAY + timedelta(days=1), options, topic=topic)
    assert summary.messages_per_second <= 10_000
    assert summary.messages > 2 * 12 * 1440 * 0.9
    assert summary.feed_id.startswith("meters-2026-11-21-2days-12m-")


def test_topics_are_as_declared_and_another_number_of_partitions_is_refused(
    feed_settings: PipelineSettings,
) -> None:
    topic = new_topic()
    assert ensure_topics(feed_settings, [topic]) == [topic.name]
    assert ensure_topics(feed_settings, [topic]) == []
    admin = KafkaAdminClient(bootstrap_servers=feed_settings.kafka_bootstrap_servers)
    try:
        described = str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)]))
    finally:
        admin.close()
    assert str(7 * 24 * 3600 * 1000) in described
    with pytest.raises(PipelineError, match="has 4 partitions; declared are 6") as refusal:
        ensure_topics(feed_settings, [topic._replace(partitions=6)])
    assert refusal.value.exit_code == 1
    assert "make clean" in refusal.value.hint
