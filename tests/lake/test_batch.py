"""The same SQL in batch and in the stream gives the same rows."""

import pytest

from pipelines.batch.run import Days, run_batch
from pipelines.errors import PipelineError
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import current_job
from pipelines.streaming.pause import paused
from tests.lake.lake import AUTUMN_DAY, DAY, Lake, differing

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]


def made(lake: Lake) -> list[str]:
    return [t.name for t in lake.catalog.ordered if not t.source and t.mode == "stream"]


def test_a_table_has_one_writer_at_a_time(lake: Lake) -> None:
    with pytest.raises(PipelineError, match=r"the pipeline runs and writes dws\.meter_day") as refused:
        run_batch(lake.settings, lake.catalog, ["dws.meter_day"])
    assert "--pause" in refused.value.hint


def test_a_batch_over_ods_makes_every_table_as_the_stream_did(lake: Lake) -> None:
    streamed = {name: lake.rows(name) for name in made(lake)}
    of_days = [name for name in made(lake) if lake.catalog.table(name).partition_by]
    with paused(lake.settings, lake.catalog, lambda _: None):
        assert current_job(lake.settings) is None
        in_child(lake.settings, run_batch, lake.settings, lake.catalog, made(lake))
        batched = {name: lake.rows(name) for name in made(lake)}
        in_child(lake.settings, run_batch, lake.settings, lake.catalog, of_days, Days(f"{DAY}", f"{DAY}"))
        of_a_day = {name: lake.rows(name) for name in of_days}
    assert {name: found for name in streamed if (found := differing(streamed[name], batched[name]))} == {}
    assert {name: found for name in of_days if (found := differing(streamed[name], of_a_day[name]))} == {}
    assert all(streamed.values())
    # The stream goes on in the files that the batch has made.
    lake.reconcile()


def test_days_are_replaced_and_others_are_not_touched(lake: Lake) -> None:
    def files(day: object) -> set[str]:
        query = f"SELECT DISTINCT _hoodie_file_name FROM dws.meter_day WHERE dt = '{day}'"
        return {name for (name,) in lake.query(query)}

    before = {day: files(day) for day in (DAY, AUTUMN_DAY)}
    with paused(lake.settings, lake.catalog, lambda _: None):
        in_child(lake.settings, run_batch, lake.settings, lake.catalog, ["dws.meter_day"], Days(f"{DAY}", f"{DAY}"))
        after = {day: files(day) for day in (DAY, AUTUMN_DAY)}
    assert before[AUTUMN_DAY] == after[AUTUMN_DAY] != set()
    assert not before[DAY] & after[DAY]
