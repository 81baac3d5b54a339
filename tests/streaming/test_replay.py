"""What a replay reads and makes anew, after one that may not have come to its end."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming import compiled, pause, replay
from pipelines.streaming.cluster import past_has_ended
from pipelines.streaming.pause import paused
from pipelines.streaming.replay import Replay, plan_replay
from warehouse.catalog import load_catalog

SETTINGS = PipelineSettings(horizon_days=3)
CATALOG = load_catalog(SETTINGS)
SAVEPOINT = "hdfs://h:1/flink/savepoints/savepoint-1"


@pytest.fixture(autouse=True)
def newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake has readings until the 20th; clocks may be a day ahead."""
    monkeypatch.setattr(replay, "partitions", lambda *_: ["2026-11-19", "2026-11-20"])


def planned(changed: set[str], earlier: Replay | None = None) -> Replay:
    return plan_replay(SETTINGS, CATALOG, 2, SAVEPOINT, changed, earlier)


def test_the_open_days_are_read_again() -> None:
    plan = planned({"dws.meter_day"})
    assert plan.first_open == "2026-11-16"
    assert set(plan.since.values()) == {"2026-11-16"}
    assert plan.remade[0] == "dws.meter_day"
    assert "dws.region_hour" not in plan.remade
    # Photographs of any day may still be joined.
    assert plan.since.keys() == {"ods.meter_reading", "ods.dead_letter"}


def test_a_day_that_a_replay_had_begun_is_made_anew_by_the_next() -> None:
    earlier = Replay(1, "hdfs://h:1/flink/savepoints/savepoint-0", "2026-11-02")
    assert planned(set(), earlier).first_open == "2026-11-02"
    assert set(planned(set(), earlier).since.values()) == {"2026-11-02"}
    # Once it has read all of its past, those days are frozen, and repaired like others.
    assert planned(set(), replace(earlier, ended=True)).first_open == "2026-11-16"
    assert planned(set(), replace(earlier, first_open="")).first_open == ""


def test_what_a_replay_was_to_make_and_did_not_is_made_by_the_next() -> None:
    earlier = Replay(1, SAVEPOINT, "2026-11-16", remade=("dws.feeder_hour",))
    assert {"dws.meter_day", "dws.feeder_hour"} <= set(planned({"dws.meter_day"}, earlier).remade)
    # It began from another savepoint: its job has run.
    assert "dws.feeder_hour" not in planned({"dws.meter_day"}, replace(earlier, savepoint="savepoint-0")).remade


@pytest.mark.parametrize(("status", "ended"), [("FINISHED", True), ("RUNNING", False)])
def test_the_past_has_ended_with_the_tasks_that_read_it(monkeypatch: Any, status: str, ended: bool) -> None:
    vertices = [
        {"name": "Source: ods.meter_reading -> Calc", "status": "RUNNING"},
        {"name": "Source: past[1] -> PastRows", "status": "FINISHED"},
        {"name": "Source: past[2] -> PastRows", "status": status},
    ]
    monkeypatch.setattr("pipelines.streaming.cluster.get", lambda *_: {"vertices": vertices})
    assert past_has_ended(SETTINGS, "j") == ended


def test_a_pipeline_that_could_not_start_again_is_not_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compiled.compiled_from(CATALOG)
    before = replace(found, digests={**found.digests, "dws.meter_day": "other"})
    monkeypatch.setattr(compiled, "load", lambda _: before)
    monkeypatch.setattr(pause, "stop", pytest.fail)
    monkeypatch.setattr(pause, "current_job", pytest.fail)
    with (
        pytest.raises(PipelineError, match=r"the pipeline was compiled from another dws\.meter_day"),
        paused(SETTINGS, CATALOG, print),
    ):
        pytest.fail("it was paused")
