"""Thirty days of fifty meters with their business changes: the state stays flat, and a batch makes the same tables."""

import time
from datetime import date, timedelta
from typing import Any

import pytest

from gridseal.output import say
from gridseal.settings import Settings
from pipelines.batch.run import run_batch
from pipelines.sources.business import apply_changes
from pipelines.sources.grid import Grid
from pipelines.sources.meters import MeterOptions
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import checkpoints, current_job
from pipelines.streaming.pause import paused
from tests.lake.lake import Lake, close_lake, open_lake

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

# None of the days is in the future, whose readings would be refused.
FIRST_DAY = date(2026, 9, 1)
DAYS = 30
GRID = Grid(seed=7, meters=50, first_day=FIRST_DAY)
OPTIONS = MeterOptions(meters=GRID.meters, seed=GRID.seed, first_day=FIRST_DAY)
MOST_WAITING = 40_000
"""Messages that may wait to be read when the next day is sent."""
FLAT = 1.25
PATIENCE_S = 900


def test_the_state_stays_flat_and_a_batch_makes_the_same_tables(
    running_stack: Settings, stack_environment: dict[str, str]
) -> None:
    began = time.monotonic()
    try:
        lake = open_lake(running_stack, stack_environment, GRID, [(FIRST_DAY, OPTIONS)])
        sizes = [state_mb(lake)]
        for number in range(1, DAYS):
            day = FIRST_DAY + timedelta(days=number)
            lake.feed(day, OPTIONS)
            apply_changes(lake.settings, GRID, day)
            lake.await_covered(MOST_WAITING, PATIENCE_S)
            sizes.append(state_mb(lake))
            passed = time.monotonic() - began
            say(f"{day}: {sizes[-1]:.1f} MB, {checkpoint_s(lake):.1f} s a checkpoint, {passed:.0f} s")
        lake.await_covered(0, PATIENCE_S)
        lake.reconcile()
        say(f"reconciled after {time.monotonic() - began:.0f} s")
        open_days = lake.settings.horizon_days + 2
        assert max(sizes[open_days * 2 :]) < FLAT * max(sizes[open_days : open_days * 2]), sizes
        assert lake.query("SELECT COUNT(*) FROM ods.late_arrival") == [(0,)]
        names = [t.name for t in lake.catalog.ordered if t.mode == "stream" and not t.source]
        streamed = {name: fingerprint(lake, name) for name in names}
        with paused(lake.settings, lake.catalog, say):
            in_child(lake.settings, run_batch, lake.settings, lake.catalog, names)
            batched = {name: fingerprint(lake, name) for name in names}
        say(f"a batch made all again after {time.monotonic() - began:.0f} s")
        assert all(streamed.values())
        assert {name: (streamed[name], batched[name]) for name in names if streamed[name] != batched[name]} == {}
    finally:
        close_lake(running_stack)


def state_mb(lake: Lake) -> float:
    """Size of the newest checkpoint's state, MB."""
    return newest_checkpoint(lake).size / 1e6


def checkpoint_s(lake: Lake) -> float:
    """How long the newest checkpoint took."""
    return newest_checkpoint(lake).duration_ms / 1000


def newest_checkpoint(lake: Lake) -> Any:
    job = current_job(lake.settings)
    assert job
    newest = checkpoints(lake.settings, job.id).newest
    assert newest
    return newest


def fingerprint(lake: Lake, name: str) -> list[tuple[Any, ...]]:
    """Rows of a table by day, and the sum of their hashes: equal for equal rows, whatever their order."""
    table = lake.catalog.table(name)
    columns = ", ".join(f"`{column}`" for column in table.column_names)
    day = ", ".join(f"`{column}`" for column in table.partition_by) or "'all'"
    return lake.query(
        f"SELECT {day} AS day, COUNT(*), SUM(CAST(xxhash64({columns}) AS DECIMAL(38, 0)))"
        f" FROM {name} GROUP BY 1 ORDER BY 1"
    )
