"""The records of a feed: messages, attempts, summary."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from pipelines.errors import PipelineError
from pipelines.sources.days import GridDay
from pipelines.sources.grid import FIRST_DAY, Grid
from pipelines.sources.meters.attempt import begin, complete, feed_lock, replace_text
from pipelines.sources.meters.delivery import deliver
from pipelines.sources.meters.options import MeterOptions
from pipelines.sources.meters.payload import payloads
from pipelines.sources.meters.readings import DECIMALS, KINDS, MALFORMED
from pipelines.sources.meters.record import FeedRecord
from pipelines.sources.meters.simulation import simulate_day
from pipelines.sources.meters.summary import SUMMARY_FILE, FeedSummary, PartitionCount, list_feeds

DAY = GridDay(FIRST_DAY, "Europe/Paris")


def test_the_record_holds_every_message_with_its_values_to_the_last_digit(tmp_path: Path) -> None:
    readings, _ = simulate_day(Grid(7, 12), DAY)
    messages = deliver(readings, DAY, MeterOptions(malformed=0.01))
    values = list(payloads(messages))
    numbers = np.arange(len(messages), dtype=np.int64)
    with FeedRecord(tmp_path / "sent.parquet", "t") as record:
        for start in range(0, len(messages), 5000):
            part = slice(start, start + 5000)
            record.add(messages[part], values[part], (numbers[part] % 4).astype("i4"), numbers[part])
    rows = parquet.read_table(tmp_path / "sent.parquet").to_pylist()
    assert len(rows) == len(messages)
    for row, message, value, number in zip(rows, messages, values, numbers.tolist(), strict=True):
        assert row["kind"] == KINDS[message["kind"]]
        assert (row["key"], row["payload"]) == (message["meter_id"], value)
        assert (row["topic"], row["kafka_partition"], row["kafka_offset"]) == ("t", number % 4, number)
        broken = message["kind"] == MALFORMED
        assert (row["malformed_kind"] is not None) == broken
        for name in DECIMALS:
            assert row[name] == (None if broken else Decimal(int(message[name])).scaleb(-DECIMALS[name]))
        assert row["meter_id"] == (None if broken else message["meter_id"].decode())
        assert row["event_time"] == (None if broken else datetime.fromtimestamp(int(message["event_ms"]) / 1000, UTC))
        assert row["seq"] == (None if broken else message["seq"])


def test_negative_values_keep_their_sign(tmp_path: Path) -> None:
    readings, anomalies = simulate_day(Grid(7, 12), DAY)
    (reverse,) = [a for a in anomalies if a.kind == "reverse_flow"]
    mine = readings[readings["meter_id"] == reverse.meter_id.encode()]
    zeros = np.zeros(len(mine), dtype="i4")
    with FeedRecord(tmp_path / "sent.parquet", "t") as record:
        record.add(mine, list(payloads(mine)), zeros, zeros.astype("i8"))
    powers = parquet.read_table(tmp_path / "sent.parquet")["active_power"].to_pylist()
    assert min(powers) == Decimal(int(mine["active_power"].min())) / 1000 < 0


def test_a_record_that_was_not_finished_has_no_name(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), FeedRecord(tmp_path / "sent.parquet", "t"):
        raise KeyboardInterrupt
    assert not (tmp_path / "sent.parquet").exists()


def summary(folder: Path, last_offset: int = 9) -> FeedSummary:
    return FeedSummary(
        feed_id=folder.name,
        topic="t",
        day=FIRST_DAY,
        zone="Europe/Paris",
        options=MeterOptions(),
        messages=10,
        readings=10,
        kinds={"reading": 10},
        malformed_kinds={},
        partitions={0: PartitionCount(messages=10, first_offset=0, last_offset=last_offset)},
        anomalies=0,
        started_at=datetime.now(UTC),
        seconds=1,
        messages_per_second=10,
        interrupted=[],
        folder=folder,
    )


def test_an_attempt_that_did_not_end_is_told_by_the_next(tmp_path: Path) -> None:
    assert begin(tmp_path, {0: 5, 1: 0}) == []
    (first,) = begin(tmp_path, {0: 9, 1: 2})
    assert (first.from_offsets, first.until_offsets) == ({0: 5, 1: 0}, {0: 9, 1: 2})
    # Nothing was sent since the second one began, so only the first one is worth telling.
    assert [a.from_offsets for a in begin(tmp_path, {0: 9, 1: 2})] == [{0: 5, 1: 0}]


def test_attempts_at_a_topic_that_is_gone_are_forgotten(tmp_path: Path) -> None:
    begin(tmp_path, {0: 100})
    assert begin(tmp_path, {0: 3}) == []


def test_a_feed_is_complete_if_the_topic_still_counts_its_messages(tmp_path: Path) -> None:
    assert complete(tmp_path, {0: 10}) is None
    replace_text(tmp_path / SUMMARY_FILE, summary(tmp_path).model_dump_json())
    found = complete(tmp_path, {0: 10})
    assert found is not None
    assert found.already_sent
    assert complete(tmp_path, {0: 9}) is None


def test_feeds_are_listed_in_the_order_they_were_sent(tmp_path: Path) -> None:
    for name in ("meters-b", "meters-a"):
        folder = tmp_path / "feeds" / name
        folder.mkdir(parents=True)
        replace_text(folder / SUMMARY_FILE, summary(folder).model_dump_json())
    (tmp_path / "feeds" / "meters-c").mkdir()
    assert [s.feed_id for s in list_feeds(tmp_path)] == ["meters-b", "meters-a"]


def test_one_process_at_a_time_sends_a_feed(tmp_path: Path) -> None:
    with (
        feed_lock(tmp_path / "f"),
        pytest.raises(PipelineError, match="another process"),
        feed_lock(tmp_path / "f"),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_text("a file where the folder should be")
    with (
        pytest.raises(PipelineError, match="cannot be written") as refusal,
        feed_lock(tmp_path / "feeds" / "f"),
    ):
        pass
    assert refusal.value.exit_code == 2


def test_a_feed_is_named_by_what_it_sends() -> None:
    def name(**options: object) -> str:
        return MeterOptions(**options).feed_id(date(2026, 11, 20), "Europe/Paris", "t")  # type: ignore[arg-type]

    assert name() == name(rate=100) == name(again=True)
    different = [name(), name(seed=8), name(meters=60), name(days=2), name(late=0.02), name(anomalies=False)]
    assert len(set(different)) == len(different)
    assert name().startswith("meters-2026-11-20-50m-seed7-")
