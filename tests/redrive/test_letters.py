"""The very SQL that Spark is asked, on tables in this process: pages of dead letters, and what the lake holds."""

from datetime import datetime
from typing import Any

import pytest

from pipelines.batch.days import Days
from pipelines.redrive import letters
from pipelines.redrive.letters import Letter, Selection
from pipelines.redrive.readings import found_in_lake
from pipelines.settings import PipelineSettings
from tests.redrive.duck import Duck
from warehouse.catalog import load_catalog

CATALOG = load_catalog(PipelineSettings())
READINGS, LETTERS = CATALOG.table("ods.meter_reading"), CATALOG.table("ods.dead_letter")
TOPIC = READINGS.origin.name
AT = datetime(2026, 11, 20, 0, 2, 0, 123000)
AT_MS = 1_795_132_920_123
REASONS = ("voltage: 1200.5 is above 1000", "meter_id: missing")


@pytest.fixture
def sql() -> Any:
    duck = Duck()
    columns = "topic VARCHAR, kafka_partition INT, kafka_offset BIGINT, kafka_timestamp TIMESTAMP, payload BLOB"
    rows = [
        (
            TOPIC,
            offset % 2,
            offset,
            AT,
            None if offset == 4 else b"x" * offset,
            REASONS[offset % 3 == 0],
            f"2026-11-{d}",
        )
        for d in (20, 21)
        for offset in range(d * 100, d * 100 + 25)
    ]
    rows += [("others", 0, 1, AT, b"x", REASONS[0], "2026-11-20"), (TOPIC, 0, 5, AT, None, REASONS[0], "2026-11-20")]
    duck.fill("ods.dead_letter", f"{columns}, reason VARCHAR, dt VARCHAR", rows)
    return duck


def everything(selection: Selection, sql: Any, day: str, max_bytes: int = 10_000) -> list[Letter]:
    return [letter for page in selection.pages(sql, day, max_bytes) for letter in page]


def test_pages_hold_each_letter_of_a_day_once_in_the_order_of_kafka(sql: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_PAGE", 4)
    found = everything(Selection(LETTERS, TOPIC), sql, "2026-11-20")
    places = [(letter.partition, letter.offset) for letter in found]
    # Not the one without a value, which says nothing.
    assert places == sorted((offset % 2, offset) for offset in range(2000, 2025))
    assert found[0] == Letter(0, 2000, AT_MS, b"x" * 2000, "out_of_range")


def test_a_message_that_is_too_long_today_is_left_where_it_is(sql: Any) -> None:
    found = everything(Selection(LETTERS, TOPIC), sql, "2026-11-20", max_bytes=2003)
    assert {letter.offset for letter in found} == set(range(2000, 2004))


def test_counts_are_those_of_the_days_and_the_kind(sql: Any) -> None:
    missing = sum(offset % 3 == 0 for offset in range(2000, 2025))
    assert sorted(Selection(LETTERS, TOPIC).counts(sql)) == [
        ("2026-11-20", "missing", missing),
        ("2026-11-20", "out_of_range", 25 - missing + 1),
        ("2026-11-21", "missing", 9),
        ("2026-11-21", "out_of_range", 16),
    ]
    chosen = Selection(LETTERS, TOPIC, Days("2026-11-21", "2026-11-30"), "missing")
    assert chosen.counts(sql) == [("2026-11-21", "missing", 9)]
    assert {letter.kind for letter in everything(chosen, sql, "2026-11-21")} == {"missing"}
    assert everything(chosen, sql, "2026-11-20") == []


def test_what_the_lake_holds_is_found_by_key_and_time(sql: Any) -> None:
    rows = [
        ("M1", datetime(2026, 11, 20, 0, 1), "2026-11-20"),
        ("it's'; --", datetime(2026, 11, 19, 23, 30, 0, 500000), "2026-11-20"),
    ]
    sql.fill("ods.meter_reading", "meter_id VARCHAR, event_time TIMESTAMP, dt VARCHAR", rows)
    there = [("M1", "2026-11-20T00:01"), ("it's'; --", "2026-11-19T23:30:00.500")]
    others = [("M1", "2026-11-20T00:02"), ("M2", "2026-11-20T00:01"), ("it's'; --", "2026-11-19T23:30")]
    assert found_in_lake(CATALOG, READINGS, sql, [*others, *there]) == set(there)
    assert found_in_lake(CATALOG, READINGS, sql, []) == set()
