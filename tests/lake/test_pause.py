"""One pause of the pipeline: repairs, batch runs, table services, a mended contract; then it goes on with all of it."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from pipelines.batch.days import Days
from pipelines.batch.repair import FrozenDay, frozen_days, repair
from pipelines.batch.run import run_batch
from pipelines.batch.services import clean, compact
from pipelines.errors import PipelineError
from pipelines.observe.files import table_files
from pipelines.streaming.child import open_child
from pipelines.streaming.cluster import current_job
from pipelines.streaming.lag import lag
from pipelines.streaming.pause import paused
from tests.lake import letters
from tests.lake.lake import AUTUMN_DAY, AUTUMN_OPTIONS, DAY, PATIENCE_S, Lake, differing
from tests.lake.recompute import Rows
from warehouse.catalog import load_catalog

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1200)]

LATE_DAY = AUTUMN_DAY + timedelta(days=1)
LATE_OPTIONS = AUTUMN_OPTIONS.model_copy(update={"first_day": LATE_DAY})
# No batch run makes it anew, so the stream goes on in what the services have left.
SERVED = "ods.meter_reading"
DAY_LINES = "SELECT DISTINCT dt FROM ads.meter_anomaly ORDER BY dt"


@pytest.fixture(scope="module")
def late(lake: Lake) -> FrozenDay:
    """Readings of a day that is frozen: they are in ODS and in no other table."""
    lake.feed(LATE_DAY, LATE_OPTIONS)
    (late,) = pending(lake)
    return late


@pytest.fixture(scope="module")
def sent(lake: Lake) -> None:
    """Messages that a limit refuses, of which one was sent a second time."""
    letters.send(lake)
    lake.reconcile()
    assert lake.query(f"SELECT COUNT(*) FROM ods.dead_letter {letters.WITH_TIME}") == [(letters.REFUSED,)]
    assert lake.query(f"SELECT meter_id FROM ods.meter_reading {letters.WITH_TIME}") == [("R4",)]


@pytest.fixture(scope="module")
def widened(lake: Lake, sent: None) -> Iterator[None]:
    """The limit is a wider one from now on."""
    with lake.edited("ods.meter_reading", "contract.odcs.yaml", letters.widen):
        yield


@pytest.fixture(scope="module")
def served() -> Rows:
    """The rows of a table before services changed its files."""
    return {}


@pytest.fixture(scope="class")
def pause(lake: Lake, late: FrozenDay, widened: None) -> Iterator[None]:
    """The pipeline stands still with a savepoint, and goes on afterwards."""
    with paused(lake.settings, load_catalog(lake.settings), lambda _: None):
        assert current_job(lake.settings) is None
        yield


@pytest.mark.usefixtures("sent")
def test_dead_letters_stay_dead_under_their_contract(lake: Lake) -> None:
    assert letters.replay(lake, "--dry-run") == {"accepted_now": 0, "in_the_lake": 0, "to_send": 0}


def test_a_table_has_one_writer_at_a_time(lake: Lake) -> None:
    for write in (run_batch, compact):
        with pytest.raises(PipelineError, match=r"the pipeline runs and writes dws\.meter_day") as refused:
            write(lake.settings, lake.catalog, ["dws.meter_day"])
        assert "--pause" in refused.value.hint


@pytest.mark.usefixtures("widened")
def test_a_job_that_does_not_know_the_limit_would_refuse_them_again(lake: Lake) -> None:
    assert letters.replay(lake, "--dry-run") == {"accepted_now": 4, "in_the_lake": 2, "to_send": 2}
    refused = lake.command(letters.COMMAND)
    assert refused.returncode == 2
    assert "compiled before the contract of ods.meter_reading changed" in refused.stderr
    assert "next:  gridseal pipeline restart" in refused.stderr


@pytest.mark.usefixtures("pause")
class TestWhilePaused:
    """In this order: a table that a service has changed is not made anew."""

    def test_a_message_with_an_old_time_is_sent_to_nobody(self, lake: Lake) -> None:
        """Kafka may delete it at once."""
        refused = lake.command(letters.COMMAND)
        assert refused.returncode == 3
        assert "the pipeline does not run" in refused.stderr
        assert "next:  gridseal pipeline start" in refused.stderr

    def test_services_change_no_row_no_seal_and_no_version(self, lake: Lake, served: Rows) -> None:
        served |= lake.rows(SERVED)
        assert lake.command("seal", SERVED).returncode == 0
        newest, before = lake.properties(SERVED), files(lake)
        with open_child(lake.settings) as call:
            for service in (compact, clean):
                call(service, lake.settings, lake.catalog, [SERVED])
        # What came after the last compaction waits for the stream, whose instant in flight Hudi respects.
        assert files(lake).log_files <= before.log_files
        assert lake.properties(SERVED) == newest
        assert differing(served, lake.rows(SERVED)) == ""
        assert lake.command("audit", SERVED).returncode == 0
        sealed = lake.command("seal", SERVED, "--format", "json")
        assert (sealed.returncode, sealed.stdout) == (0, "[]\n")

    def test_frozen_days_are_repaired_and_no_others(self, lake: Lake, late: FrozenDay) -> None:
        def files_of(day: object) -> set[str]:
            query = f"SELECT DISTINCT _hoodie_file_name FROM dws.meter_day WHERE dt = '{day}'"
            return {name for (name,) in lake.query(query)}

        assert lake.query(f"SELECT COUNT(*) FROM ods.meter_reading WHERE dt = '{LATE_DAY}'") == [(late.arrivals,)]
        assert lake.query(f"SELECT COUNT(*) FROM dwd.meter_reading WHERE dt = '{LATE_DAY}'") == [(0,)]
        others = {day: files_of(day) for day in (DAY, AUTUMN_DAY)}
        assert repair(lake.settings, lake.catalog, lake.address) == [f"{LATE_DAY}"]
        assert {day: files_of(day) for day in (DAY, AUTUMN_DAY)} == others
        assert repair(lake.settings, lake.catalog, lake.address) == []

    def test_a_batch_makes_every_table_as_the_stream_did(self, lake: Lake) -> None:
        made = [t.name for t in lake.catalog.ordered if not t.source and t.mode == "stream"]
        streamed = {name: lake.rows(name) for name in made}
        assert all(streamed.values())
        deaf = lake.settings.model_copy(update={"silence_minutes": 1500, "flat_line_minutes": 1500, "jump_kw": 9999})
        deaf = deaf.model_copy(update={"reverse_flow_minutes": 1500})
        with open_child(lake.settings) as call:
            # A day without any row left is emptied.
            call(run_batch, deaf, load_catalog(deaf), ["ads.meter_anomaly"], Days(f"{DAY}", f"{DAY}"))
            assert lake.query(DAY_LINES) == [(f"{AUTUMN_DAY}",), (f"{LATE_DAY}",)]
            call(run_batch, lake.settings, lake.catalog, made)
        batched = {name: lake.rows(name) for name in made}
        assert {name: found for name in made if (found := differing(streamed[name], batched[name]))} == {}


@pytest.mark.usefixtures("widened")
def test_the_stream_goes_on_with_what_was_left_and_accepts_dead_letters(lake: Lake, served: Rows) -> None:
    started = lake.command("pipeline", "start")
    assert (started.returncode, "the pipeline runs already" in started.stdout + started.stderr) == (0, True)
    assert letters.replay(lake) == {"accepted_now": 4, "in_the_lake": 2, "sent": 2}
    assert letters.replay(lake) == {"accepted_now": 4, "in_the_lake": 4, "sent": 0}
    lake.reconcile()
    letters.assert_sent_again(lake)
    now = lake.rows(SERVED)
    assert len(now) == len(served) + 2
    assert differing(served, {key: now[key] for key in served if key in now}) == ""
    letters.record(lake)
    lake.assert_as_recomputed()


def files(lake: Lake) -> Any:
    (found,) = table_files(lake.settings, [lake.catalog.table(SERVED)], 1)
    return found


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
