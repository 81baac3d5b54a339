"""Beside the running stream: tables that Spark makes, and table services while it is paused."""

from typing import Any

import pytest

from pipelines.batch.services import clean, compact
from pipelines.errors import PipelineError
from pipelines.observe.files import table_files
from pipelines.reconcile.run import compare
from pipelines.streaming.child import open_child
from pipelines.streaming.cluster import current_job
from pipelines.streaming.pause import paused
from pipelines.webhdfs import open_client
from tests.lake.lake import AUTUMN_OPTIONS, Lake, differing
from tests.lake.recompute import recompute

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NAME = "dws.meter_day"


def properties(lake: Lake, *names: str) -> dict[str, str]:
    """hoodie.properties of tables, as it is."""
    client, found = open_client(lake.settings), {}
    for name in names:
        path = f"{lake.settings.lake_path}/{name.replace('.', '/')}/.hoodie/hoodie.properties"
        with client.read(path, encoding="utf-8") as reader:
            found[name] = reader.read()
    return found


def files(lake: Lake) -> Any:
    (found,) = table_files(lake.settings, [lake.catalog.table(NAME)], 1)
    return found


def test_tables_are_made_beside_the_stream_only_as_far_as_something_changed(lake: Lake) -> None:
    lake.reconcile()
    lake.make_by_spark()
    every = [table.name for table in lake.catalog]
    before = properties(lake, *every)
    assert {name for name, text in before.items() if "hoodie.table.version=6\n" not in text} == set()
    job = current_job(lake.settings)
    assert job
    # Nothing has changed since; the stream has not been stopped.
    assert {made.replaced for made in lake.make_by_spark()} == {()}
    assert (current_job(lake.settings) or job).id == job.id
    assert properties(lake, *every) == before
    lines = [line for line in compare(lake.settings, lake.catalog, lake.address) if line.scope in spark_tables(lake)]
    assert {line.scope for line in lines} == spark_tables(lake)
    assert [line for line in lines if not line.ok or not line.here or line.detail] == []


def test_services_are_refused_beside_the_stream_and_leave_it_its_tables(lake: Lake) -> None:
    with pytest.raises(PipelineError, match=r"the pipeline runs and writes dws\.meter_day") as refused:
        compact(lake.settings, lake.catalog, [NAME])
    assert "--pause" in refused.value.hint
    rows, newest = lake.rows(NAME), properties(lake, NAME)
    with paused(lake.settings, lake.catalog, lambda _: None):
        before = files(lake)
        with open_child(lake.settings) as call:
            for service in (compact, clean):
                call(service, lake.settings, lake.catalog, [NAME])
        # What came after the last compaction waits for the stream, whose instant in flight Hudi respects.
        assert files(lake).log_files <= before.log_files
        assert properties(lake, NAME) == newest
        assert differing(rows, lake.rows(NAME)) == ""
    # The stream goes on in the files that Spark has left.
    lake.feed(lake.next_day, AUTUMN_OPTIONS.model_copy(update={"first_day": lake.next_day}))
    lake.reconcile()
    assert differing(recompute(lake.settings, lake.history())[NAME], lake.rows(NAME)) == ""


def spark_tables(lake: Lake) -> set[str]:
    return {table.name for table in lake.catalog if table.engine == "spark"}
