"""Which dead letters are sent: what the contract accepts, each reading once, and none that the lake holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.redrive import run
from pipelines.redrive.run import Outcome, redrive
from pipelines.settings import PipelineSettings
from tests.redrive.duck import Duck
from warehouse.catalog import load_catalog

MINUTE = datetime(2026, 11, 20, 0, 1, tzinfo=UTC)
READING = '{"meter_id":"%s","event_time":"2026-11-20T00:01:00Z","active_power":1.5,"voltage":230.1}'
READ = "voltage: 1200.5 is above 1000"
# Reason, payload, days that the message came before the event.
LETTERS = (
    (READ, READING % "M1", 0),
    (READ, READING % "M1", 0),
    ("meter_id: missing", READING % "M2", 0),
    (READ, READING % "M3", 0),
    (READ, READING % "no id", 0),
    (READ, READING % "M4", 2),
    ("not JSON: x", "power=1", 0),
)


def test_each_reading_that_the_lake_lacks_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = PipelineSettings(kafka_bootstrap_servers="127.0.0.1:1", var_dir=tmp_path / "var")
    sql = Duck()
    place = "topic VARCHAR, kafka_partition INT, kafka_offset BIGINT, kafka_timestamp TIMESTAMP, payload BLOB"
    came = [
        (
            "meter-readings",
            0,
            n,
            (MINUTE - timedelta(days=early)).replace(tzinfo=None),
            text.encode(),
            reason,
            "2026-11-20",
        )
        for n, (reason, text, early) in enumerate(LETTERS)
    ]
    sql.fill("ods.dead_letter", f"{place}, reason VARCHAR, dt VARCHAR", came)
    there = [("M3", MINUTE.replace(tzinfo=None), "2026-11-20")]
    sql.fill("ods.meter_reading", "meter_id VARCHAR, event_time TIMESTAMP, dt VARCHAR", there)

    @contextmanager
    def connect(*_: object) -> Iterator[Any]:
        yield sql

    monkeypatch.setattr(run, "connect", connect)
    told: list[tuple[int, int]] = []
    found = redrive(
        settings, load_catalog(settings), ("", 0), lambda done, total, _: told.append((done, total)), dry_run=True
    )
    assert found == [
        Outcome("out_of_range", letters=5, accepted=3, there=2, sent=1),
        Outcome("missing", letters=1, accepted=1, there=0, sent=1),
        Outcome("not_json", letters=1, accepted=0, there=0, sent=0),
    ]
    assert told == [(0, 7), (7, 7)]
