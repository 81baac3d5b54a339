"""Everything breaks while readings and changes flow, and no row is lost or doubled."""

import time
from datetime import timedelta

import pytest

from pipelines.sources.broker import end_offsets
from pipelines.sources.business.database import connect
from pipelines.sources.business.rows import read_row
from pipelines.sources.grid import TABLE_KEYS
from pipelines.sources.topics import METER_READINGS
from pipelines.streaming.cluster import current_job
from pipelines.streaming.lag import lag
from pipelines.streaming.pause import paused
from tests.faults.conftest import BreakableLake, Outcome
from tests.faults.faults import FAULTS, Fault, kill_service, mend, purge_binlog, until
from tests.faults.load import OPTIONS, Load
from tests.faults.watch import Watch
from tests.lake.lake import Lake

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

FLOWING_S = 8


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_nothing_is_lost_or_doubled(breakable: BreakableLake, fault: Fault, outcome: Outcome) -> None:
    lake = breakable.lake
    mend(lake)
    with Watch(lake.settings) as watch:
        with Load(lake, fault.name, breakable.keys):
            time.sleep(FLOWING_S)
            watch.zero()
            fault.strike(lake)
        try:
            lake.reconcile()
            outcome.reconciled_s = watch.seconds
        finally:
            outcome.running_s = watch.running_again_s
            outcome.lost, outcome.doubled = lost(lake), lake.doubled()
    assert (outcome.lost, outcome.doubled) == (0, 0)
    job = current_job(lake.settings)
    assert job is not None
    assert job.healthy
    lake.assert_as_recomputed()


def test_weeks_that_waited_are_whole(breakable: BreakableLake) -> None:
    """A task that is ahead of the others freezes what they still have to read; what that costs is told, and mended."""
    lake = breakable.lake
    mend(lake)
    first, (_, produced) = lake.next_day, lag(lake.settings, lake.catalog)
    with paused(lake.settings, lake.catalog, lambda _: None):
        # Partitions that hold fewer of the first meters are weeks ahead soon.
        for weeks, meters in ((0, 30), (3, 12), (6, 12)):
            lake.feed(first + timedelta(weeks=weeks), OPTIONS.model_copy(update={"meters": meters}))
    until(lambda: lag(lake.settings, lake.catalog)[0] > produced, "a checkpoint covers some of them")
    kill_service(lake, "taskmanager")
    # Whatever is in DWD is in the sums, too, frozen or not.
    lake.reconcile()
    assert (lost(lake), lake.doubled()) == (0, 0)
    repaired = lake.command("batch", "repair")
    assert repaired.returncode == 0, repaired.stderr
    lake.reconcile()
    lake.assert_as_recomputed()


@pytest.mark.parametrize("fault", ["binlog purged unread"])
def test_a_new_snapshot_is_the_database_as_it_is(breakable: BreakableLake, fault: str, outcome: Outcome) -> None:
    """The last one: the lake knows of no past afterwards."""
    lake = breakable.lake
    mend(lake)
    with Watch(lake.settings) as watch:
        purge_binlog(lake)
        lake.reconcile()
        outcome.running_s, outcome.reconciled_s = watch.running_again_s, watch.seconds
    outcome.lost, outcome.doubled = lost(lake), lake.doubled()
    assert (outcome.lost, outcome.doubled) == (0, 0)
    with connect(lake.settings, "reader") as connection:
        for table, key in TABLE_KEYS.items():
            snapshot = lake.query(f"SELECT DISTINCT op FROM ods.{table}_change")
            assert snapshot in ([("r",)], []), f"{table}: {snapshot}"
            for (value,) in lake.query(f"SELECT {key} FROM ods.{table}_change"):
                assert read_row(connection, table, value), f"{table} {value} is no longer there"


def lost(lake: Lake) -> int:
    """Messages that have no row, but for those that were given up."""
    produced = sum(end_offsets(lake.settings, METER_READINGS.name).values())
    given_up = sum(loss.end - loss.begin for loss in lake.losses())
    ((there,),) = lake.query(
        "SELECT COUNT(*) FROM (SELECT message_id FROM ods.meter_reading"
        f" UNION SELECT message_id FROM ods.dead_letter WHERE topic = '{METER_READINGS.name}')"
    )
    return produced - given_up - int(there)
