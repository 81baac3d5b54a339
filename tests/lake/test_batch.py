"""The same SQL in batch and in the stream gives the same rows; days that the stream has frozen are repaired."""

import time
from datetime import timedelta

import pytest

from gridseal.settings import Settings
from pipelines.batch.days import Days
from pipelines.batch.repair import FrozenDay, frozen_days, repair
from pipelines.batch.run import run_batch
from pipelines.errors import PipelineError
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import current_job
from pipelines.streaming.lag import lag
from pipelines.streaming.pause import paused
from tests.lake.lake import AUTUMN_DAY, AUTUMN_OPTIONS, DAY, PATIENCE_S, Lake, differing
from warehouse.catalog import load_catalog

LATE_DAY = AUTUMN_DAY + timedelta(days=1)
LATE_OPTIONS = AUTUMN_OPTIONS.model_copy(update={"first_day": LATE_DAY})

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]


def made(lake: Lake) -> list[str]:
    return [t.name for t in lake.catalog.ordered if not t.source and t.mode == "stream"]


def test_a_table_has_one_writer_at_a_time(lake: Lake) -> None:
    with pytest.raises(PipelineError, match=r"the pipeline runs and writes dws\.meter_day") as refused:
        run_batch(lake.settings, lake.catalog, ["dws.meter_day"])
    assert "--pause" in refused.value.hint


def test_frozen_days_are_repaired_and_a_batch_makes_every_table_as_the_stream_did(lake: Lake) -> None:
    def files(day: object) -> set[str]:
        query = f"SELECT DISTINCT _hoodie_file_name FROM dws.meter_day WHERE dt = '{day}'"
        return {name for (name,) in lake.query(query)}

    def batch(settings: Settings, names: list[str], days: Days | None = None) -> None:
        in_child(settings, run_batch, settings, lake.catalog, names, days)

    lake.feed(LATE_DAY, LATE_OPTIONS)
    (late,) = pending(lake)
    assert lake.query(f"SELECT COUNT(*) FROM ods.meter_reading WHERE dt = '{LATE_DAY}'") == [(late.arrivals,)]
    assert lake.query(f"SELECT COUNT(*) FROM dwd.meter_reading WHERE dt = '{LATE_DAY}'") == [(0,)]
    with paused(lake.settings, lake.catalog, lambda _: None):
        assert current_job(lake.settings) is None
        others = {day: files(day) for day in (DAY, AUTUMN_DAY)}
        assert repair(lake.settings, lake.catalog, lake.address) == [f"{LATE_DAY}"]
        assert {day: files(day) for day in (DAY, AUTUMN_DAY)} == others
        assert repair(lake.settings, lake.catalog, lake.address) == []
        streamed = {name: lake.rows(name) for name in made(lake)}
        # A day without any row left is emptied.
        deaf = lake.settings.model_copy(update={"silence_minutes": 1500, "flat_line_minutes": 1500, "jump_kw": 9999})
        deaf = deaf.model_copy(update={"reverse_flow_minutes": 1500})
        in_child(deaf, run_batch, deaf, load_catalog(deaf), ["ads.meter_anomaly"], Days(f"{DAY}", f"{DAY}"))
        assert lake.query("SELECT DISTINCT dt FROM ads.meter_anomaly ORDER BY dt") == [
            (f"{AUTUMN_DAY}",),
            (f"{LATE_DAY}",),
        ]
        batch(lake.settings, made(lake))
        batched = {name: lake.rows(name) for name in made(lake)}
    assert all(streamed.values())
    assert {name: found for name in streamed if (found := differing(streamed[name], batched[name]))} == {}
    # The stream goes on in the files that the batch has made.
    lake.reconcile()


def pending(lake: Lake) -> list[FrozenDay]:
    """The days that wait for a repair once every message has been read."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        covered, produced = lag(lake.settings, lake.catalog)
        found = frozen_days(lake.settings, lake.catalog, lake.address) if covered == produced else []
        if found:
            time.sleep(5)  # The tables of one checkpoint are committed one after the other.
            return [day for day in frozen_days(lake.settings, lake.catalog, lake.address) if day.pending]
        time.sleep(1)
    raise AssertionError("nothing came late")
