"""What the running lake says of itself, once every message has arrived."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

import stack
from gridseal import exposition
from gridseal.watching import watch
from pipelines.observe.commits import TableCommit
from pipelines.observe.snapshot import Snapshot, take_snapshot
from pipelines.observe.topics import waiting_since_ms
from pipelines.sources.broker import end_offsets
from pipelines.sources.topics import METER_READINGS
from pipelines.streaming.cluster import get
from pipelines.streaming.lag import TopicLag
from tests.lake.lake import Lake

pytestmark = pytest.mark.integration

PATIENCE_S = 120
# Flink hands its figures on every ten seconds.
FIGURES_S = 60
SOURCES = {"ods.meter_reading", "ods.image", "ods.image_prediction", "source_changes"}


def until(take: Callable[[], Any], holds: Callable[[Any], bool], seconds: float = PATIENCE_S) -> Any:
    """Take until it holds; what was taken last is returned either way."""
    deadline = time.monotonic() + seconds
    while not holds(taken := take()) and time.monotonic() < deadline:
        time.sleep(2)
    return taken


@pytest.fixture(scope="module")
def snapshot(lake: Lake) -> Snapshot:
    """The figures of the reconciled lake."""
    lake.settle()
    # The offsets of the last checkpoint reach Kafka just after it; Flink's figures every ten seconds.
    return until(
        lambda: take_snapshot(lake.settings, lake.catalog, lake.address),
        lambda taken: (
            all(part.ok for part in taken.parts().values())
            and taken.checkpoint.value.size
            and not any(topic.waiting for topic in taken.topics.value)
            and not any(delay.behind for delay in taken.delays.value)
            and {rate.source for rate in taken.job.value.rates} == SOURCES
        ),
    )


def test_every_part_can_be_read(snapshot: Snapshot) -> None:
    assert {name: part.error for name, part in snapshot.parts().items() if not part.ok} == {}


def test_nothing_waits_and_what_was_produced_is_counted(lake: Lake, snapshot: Snapshot) -> None:
    assert snapshot.topics.value
    (topic,) = (topic for topic in snapshot.topics.value if topic.topic == METER_READINGS.name)
    sent = sum(feed.messages for feed in lake.feeds)
    assert (topic.topic, topic.produced, topic.covered) == (METER_READINGS.name, sent, sent)
    assert (topic.waiting, topic.waiting_since_ms) == (0, None)


def test_the_oldest_of_waiting_messages_tells_since_when(lake: Lake) -> None:
    ends = end_offsets(lake.settings, METER_READINGS.name)
    assert waiting_since_ms(lake.settings, TopicLag(METER_READINGS.name, ends, ends)) is None
    # As if no checkpoint covered the last three of each partition.
    behind = TopicLag(METER_READINGS.name, {p: end - 3 for p, end in ends.items()}, ends)
    firsts = " OR ".join(f"(kafka_partition = {p} AND kafka_offset = {end - 3})" for p, end in ends.items())
    rows = lake.query(
        "SELECT CAST(MIN(unix_millis(kafka_timestamp)) AS BIGINT), COUNT(*) FROM"
        f" (SELECT kafka_timestamp FROM ods.meter_reading WHERE {firsts}"
        f" UNION ALL SELECT kafka_timestamp FROM ods.dead_letter WHERE {firsts})"
    )
    assert rows == [(waiting_since_ms(lake.settings, behind), len(ends))]


def test_the_job_its_sources_and_its_checkpoint(lake: Lake, snapshot: Snapshot) -> None:
    job, checkpoint = snapshot.job.value, snapshot.checkpoint.value
    assert job
    assert job.job
    assert job.job.healthy
    assert {rate.source for rate in job.rates} == SOURCES
    assert all(rate.records_per_s >= 0 for rate in job.rates)
    assert checkpoint
    assert checkpoint.size
    assert checkpoint.duration_ms is not None
    age = snapshot.taken_s - checkpoint.completed_ms / 1000
    assert -1 < age < lake.settings.checkpoint_interval_seconds * 6


def test_a_source_counts_a_message_once(lake: Lake, snapshot: Snapshot) -> None:
    """Its rate is the one of this counter."""
    figures = snapshot.job.value
    assert figures
    assert figures.job
    vertices = get(lake.settings, f"/jobs/{figures.job.id}")["vertices"]
    (source,) = (v["id"] for v in vertices if v["name"].startswith("Source: ods.meter_reading"))
    path = f"/jobs/{figures.job.id}/vertices/{source}/subtasks/metrics"
    (name,) = (m["id"] for m in get(lake.settings, path) if re.fullmatch(r"Source_.*\.numRecordsIn", m["id"]))
    sent = sum(feed.messages for feed in lake.feeds)
    if get(lake.settings, f"/jobs/{figures.job.id}/checkpoints")["counts"]["restored"]:
        # Since it went back to a checkpoint, or began with one, it has read what came after that.
        assert 0 <= get(lake.settings, f"{path}?get={name}&agg=sum")[0]["sum"] < sent
        return
    read = until(
        lambda: get(lake.settings, f"{path}?get={name}&agg=sum")[0]["sum"], lambda total: total >= sent, FIGURES_S
    )
    assert read == sent


def test_every_streamed_table_has_a_commit(lake: Lake, snapshot: Snapshot) -> None:
    assert snapshot.commits.value
    commits: dict[str, TableCommit] = {commit.table: commit for commit in snapshot.commits.value}
    assert list(commits) == list(lake.catalog.tables)
    unwritten = {name for name, commit in commits.items() if commit.committed_ms is None}
    # Nothing needs to have come late, and no night needs to have made the tables of the batch.
    assert unwritten <= {"ods.late_arrival", *(table.name for table in lake.catalog if table.mode == "batch")}
    for name in unwritten:
        del commits[name]
    now_ms = snapshot.taken_s * 1000
    # Not of another time zone: a commit is no older than the lake, and none lies ahead.
    oldest_ms = now_ms - 3 * 3600 * 1000
    assert [name for name, c in commits.items() if not oldest_ms < (c.committed_ms or 0) < now_ms + 1000] == []
    assert [name for name, commit in commits.items() if commit.rows is None] == []
    assert commits["ods.meter_reading"].rows


def test_no_table_is_behind_its_promise(lake: Lake, snapshot: Snapshot) -> None:
    assert snapshot.delays.value
    assert [delay.table for delay in snapshot.delays.value] == [t.name for t in lake.catalog if t.mode == "stream"]
    assert [delay for delay in snapshot.delays.value if delay.behind] == []


def test_dead_letters_by_kind_sum_to_those_that_are_there(lake: Lake, snapshot: Snapshot) -> None:
    counts = snapshot.dead_letters.value
    assert counts
    assert sum(counts.values()) == lake.query("SELECT COUNT(*) FROM ods.dead_letter")[0][0]
    assert counts["other"] == 0
    # Every kind of damage is sent several times over.
    assert {kind for kind, count in counts.items() if count} >= {"not_json", "not_an_object", "missing", "out_of_range"}


def test_there_is_room(snapshot: Snapshot) -> None:
    for room in (snapshot.disk.value, snapshot.hdfs.value):
        assert room
        assert room.total > room.free > 0


def test_the_export_holds_services_and_pipeline(lake: Lake) -> None:
    text = exposition.text(lambda: watch(lake.settings, lake.catalog))
    lines = text.splitlines()
    for service in stack.status(lake.settings):
        line = f'gridseal_service_up{{service="{service.name}"}} 1.0'
        # Nobody needs the detector or Airflow now: they are no services that are down.
        assert line in lines or (service.on_demand and service.name != "sql" and line.split()[0] not in text)
    assert f'gridseal_topic_lag_messages{{topic="{METER_READINGS.name}"}} 0.0' in lines
    assert "gridseal_job_running 1.0" in lines
    assert not [line for line in lines if line.startswith("gridseal_collector_up") and not line.endswith(" 1.0")]
