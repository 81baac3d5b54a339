"""What gridseal status tells of services and pipeline, to people and to programs."""

import csv
import dataclasses
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import gridseal.watching
from gridseal.overview import night_document, night_rows, pipeline_document, pipeline_rows, table_rows
from notary.night import NightFigures, watch_nights
from notary.settings import NotarySettings
from pipelines.batch.repair import FrozenDay
from pipelines.observe.job import JobFigures
from pipelines.observe.part import Part
from tests.gridseal.sample import watched

Cli = Callable[..., Any]
PARTS = ("job", "checkpoint", "topics", "tables", "dead_letters", "repairs", "drift", "disk", "hdfs")


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is asked answers as in the sample."""
    monkeypatch.setattr(gridseal.watching, "watch", lambda *_: watched())


def test_rows_for_people() -> None:
    rows = dict(pipeline_rows(watched().pipeline))
    assert rows == {
        "job": "RUNNING, 6 of 6 tasks run, up for 3,600 s, 2 restarts",
        "source ods.meter_reading": "512.5 records/s",
        "newest checkpoint": "8.0 s ago, 12.3 MB in 1.5 s, 1 failed",
        "topic meter-readings": "71,224 messages, 71,204 in a checkpoint, lag 20, the oldest for 8 s",
        "tables": "2 of 3 have a commit; newest ods.meter_reading, 8 s ago; oldest dim.region, 86,408 s ago",
        "tables behind their promise": "dim.region (90 s)",
        "dead letters": "141: 100 not_json, 41 missing",
        "frozen days to repair": "2026-11-12, 2026-11-14 (next: gridseal batch repair)",
        "photographs": "300 of 2026-11-21: -0.62 standard deviations of grey and +12 % of defects"
        " from those that the detector learnt from",
        "disk": "72.0 GB free of 270.0 GB",
        "HDFS": "71.0 GB free of 270.0 GB",
    }


def test_what_cannot_be_had_is_a_row_that_says_so() -> None:
    pipeline = dataclasses.replace(
        watched().pipeline,
        job=Part(JobFigures(None)),
        dead_letters=Part(None, "counted by the SQL endpoint", 'gridseal sql "SELECT 1" starts it'),
        commits=Part(None, "HDFS does not answer", ""),
    )
    rows = dict(pipeline_rows(pipeline))
    assert rows["job"] == "does not run (next: gridseal pipeline start)"
    assert rows["dead letters"] == 'unknown: counted by the SQL endpoint (next: gridseal sql "SELECT 1" starts it)'
    assert rows["tables"] == "unknown: HDFS does not answer"
    assert rows["disk"].startswith("72.0 GB")
    document = pipeline_document(pipeline)
    assert document["tables"] == {"error": "HDFS does not answer", "next": ""}
    assert document["job"] == {"state": "does not run", "healthy": False}


def test_frozen_days_to_repair_are_named_up_to_three() -> None:
    days = tuple(FrozenDay(f"2026-11-0{day}", 5, 0) for day in range(1, 6))
    pipeline = watched().pipeline
    told = [
        dict(pipeline_rows(dataclasses.replace(pipeline, repairs=Part(some))))["frozen days to repair"]
        for some in (days, ())
    ]
    assert told == ["2026-11-01, 2026-11-02, 2026-11-03 and 2 more (next: gridseal batch repair)", "none"]


def test_without_photographs_nothing_has_drifted() -> None:
    pipeline = dataclasses.replace(watched().pipeline, drift=Part(None))
    assert dict(pipeline_rows(pipeline))["photographs"].startswith("too few")
    assert pipeline_document(pipeline)["drift"] is None


def test_nights_that_are_late_missing_or_pending_are_named() -> None:
    (row,) = night_rows(watched().nights)
    assert row == (
        "nights",
        "3 nights sealed, 1 (2026-11-18) of them late, 1 (2026-11-19) missing, 1 (2026-11-21) not final yet;"
        " the last final one is 2026-11-20 (next: gridseal notarize)",
    )
    assert night_document(watched().nights) == {
        "sealed": 3,
        "late": ["2026-11-18"],
        "missing": ["2026-11-19"],
        "pending": ["2026-11-21"],
        "last_final": {"night": "2026-11-20", "sealed_at": "2026-11-21T04:00:00+00:00"},
    }


def test_before_the_first_night_the_next_command_is_named() -> None:
    none = Part(NightFigures((), ()))
    assert dict(night_rows(none))["nights"].startswith("none sealed yet (next: ")
    assert night_document(none)["last_final"] is None
    unread: Part[NightFigures] = Part(None, "the record cannot be used", "ls -l")
    assert night_document(unread) == {"error": "the record cannot be used", "next": "ls -l"}


def test_a_look_at_the_nights_makes_no_record(tmp_path: Path) -> None:
    settings = NotarySettings(var_dir=tmp_path / "var", chain_url="http://127.0.0.1:1", chain_id=1)
    assert watch_nights(settings, datetime.now(UTC)) == NightFigures((), ())
    assert not (tmp_path / "var").exists()


def test_rows_of_tables() -> None:
    names, rows = table_rows(watched().pipeline)
    assert [dict(zip(names, row, strict=True)) for row in rows][1] == {
        "table": "dim.region",
        "last commit, UTC": "2026-11-20 16:54:12",
        "age, s": 86_408.0,
        "rows": 3,
        "may lack, s": 90.0,
        "promised, s": 60,
        "": "BEHIND",
    }
    assert rows[2][:4] == ("ads.meter_anomaly", None, None, None)


@pytest.mark.usefixtures("running")
def test_json_is_one_document(cli: Cli) -> None:
    ended = cli("status", "--format", "json")
    assert ended.code == 0
    document = ended.json()
    assert document["services"][0] == {
        "service": "kafka",
        "state": "ready",
        "pid": 7,
        "uptime_s": 60,
        "restarts": 1,
        "memory_mb": 512,
        "address": "127.0.0.1:19092",
        "log": "var/log/kafka.log",
    }
    pipeline = document["pipeline"]
    assert set(pipeline) == {"taken_at", *PARTS}
    assert pipeline["taken_at"] == "2026-11-21T16:54:20.000+00:00"
    assert pipeline["topics"] == [
        {"topic": "meter-readings", "produced": 71_224, "covered": 71_204, "lag": 20, "waiting_s": 8.0}
    ]
    assert pipeline["tables"][0] == {
        "table": "ods.meter_reading",
        "instant": "20261121170000123",
        "committed_at": "2026-11-21T16:54:12.000+00:00",
        "age_s": 8.0,
        "rows": 147,
        "delay_s": 8.0,
        "promised_s": 60,
        "behind": False,
    }
    assert pipeline["drift"]["grey_shift"] == -0.62
    assert pipeline["repairs"][1] == {"day": "2026-11-14", "came_late": 1440, "repaired": 1438}
    assert json.dumps(document) == json.dumps(json.loads(json.dumps(document)))


def test_services_that_cannot_be_asked_do_not_hide_the_pipeline(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = dataclasses.replace(watched(), services=Part(None, "no jars in build/jars", "make setup"))
    monkeypatch.setattr(gridseal.watching, "watch", lambda *_: broken)
    ended = cli("status", "--format", "json")
    assert ended.code == 3
    assert ended.json()["services"] == {"error": "no jars in build/jars", "next": "make setup"}
    assert ended.json()["pipeline"]["topics"][0]["lag"] == 20
    assert "error: no jars in build/jars\nnext:  make setup" in ended.err
    assert "lag 20" in cli("status").out


@pytest.mark.usefixtures("running")
def test_for_people_tables_are_listed_if_they_are_asked_for(cli: Cli) -> None:
    short, long = cli("status"), cli("status", "--tables")
    assert (short.code, long.code) == (0, 0)
    assert "lag 20" in short.out
    assert "ads.meter_anomaly" not in short.out
    assert "ads.meter_anomaly" in long.out
    assert "BEHIND" in long.out


@pytest.mark.usefixtures("running")
def test_csv_is_one_table_the_services(cli: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("status", "--format", "csv", "--tables").out)))
    assert [row["service"] for row in rows] == ["kafka", "sql"]


def test_a_stopped_machine_is_shown_without_a_traceback(cli: Cli) -> None:
    ended = cli("status", "--tables")
    assert ended.code == 3
    assert ended.out.count("unknown:") >= 6
    assert "GB free of" in ended.out
    assert "Traceback" not in ended.out + ended.err
    assert "unexpected" not in ended.out + ended.err
