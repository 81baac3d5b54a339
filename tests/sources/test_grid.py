"""The model of the grid."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import PipelineError
from pipelines.sources.days import GridDay
from pipelines.sources.grid import FIRST_DAY, TABLE_KEYS, Change, Grid
from pipelines.sources.grid.rows import Tables, head_meter_id

ZONE = "Europe/Paris"

REASONS = {
    "customer moves to another feeder",
    "customer changes tariff",
    "customer is renamed",
    "contract power changes",
    "meter is taken down",
    "meter replaces another",
    "customer is deleted by mistake",
    "customer is entered again",
    "customer leaves",
    "customer is registered after the meter began to send",
    "meter is registered late",
    "tariff prices change",
    "ticket is opened",
    "ticket is begun",
    "ticket is closed",
    "ticket was opened by mistake",
    "risk point is found",
    "risk point is closed",
    "equipment is taken out of service",
    "equipment is back in service",
    "equipment is installed",
    "region is renamed",
    "substation is renamed",
    "feeder is strengthened or relieved",
}


def apply(tables: Tables, change: Change) -> None:
    """Applies a change and requires that it meets the row that it names."""
    rows = tables[change.table]
    assert rows.get(change.key) == change.before
    assert (change.before is None) == (change.op == "insert")
    assert (change.after is None) == (change.op == "delete")
    if change.after is None:
        del rows[change.key]
    else:
        assert change.after != change.before
        assert change.after[TABLE_KEYS[change.table]] == change.key
        assert change.after["updated_at"] == change.time.replace(tzinfo=None)
        rows[change.key] = change.after


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    meters=st.integers(12, 160),
    first_day=st.dates(date(2026, 3, 20), date(2026, 11, 20)),
)
def test_planned_changes_meet_the_rows_they_name(seed: int, meters: int, first_day: date) -> None:
    grid = Grid(seed, meters, first_day)
    tables = grid.initial_rows()
    for number in range(11):
        day = first_day + timedelta(days=number)
        bounds = GridDay(day, ZONE)
        changes = grid.planned_changes(day, ZONE)
        assert all(a.time <= b.time for a, b in pairwise(changes))
        for change in changes:
            assert bounds.start <= change.time < bounds.end
            apply(tables, change)
        assert tables == grid.rows_after(day, ZONE)
        # One meter a customer at any time, and one at the head of each feeder.
        points = grid.metering_points(day, ZONE)
        assert len({point.customer_id for point in points}) == meters - grid.size.feeders
        assert len({point.meter_id for point in points}) == len(points)


def test_the_same_arguments_give_the_same_grid() -> None:
    day = FIRST_DAY + timedelta(days=2)
    one, other = Grid(3, 60), Grid(3, 60)
    # In another order of asking.
    later = other.planned_changes(day, ZONE)
    assert one.initial_rows() == other.initial_rows()
    assert one.planned_changes(FIRST_DAY, ZONE) == other.planned_changes(FIRST_DAY, ZONE)
    assert one.planned_changes(day, ZONE) == later
    assert Grid(4, 60).planned_changes(FIRST_DAY, ZONE) != one.planned_changes(FIRST_DAY, ZONE)


def test_fifty_meters_are_four_feeders_and_forty_six_customers() -> None:
    grid = Grid(7, 50)
    assert (grid.size.feeders, grid.size.customers) == (4, 46)
    heads = {row["meter_id"] for row in grid.initial_rows()["meter"].values() if row["kind"] == "feeder"}
    assert heads == {head_meter_id(feeder_id) for feeder_id in range(1, 5)}


def test_a_day_holds_every_kind_of_change_and_bigger_grids_more_of_them() -> None:
    # The first day has no customer who left the day before.
    changes = Grid(7, 50).planned_changes(FIRST_DAY, ZONE)
    assert {change.reason for change in changes} == REASONS
    following = Grid(7, 50).planned_changes(FIRST_DAY + timedelta(days=1), ZONE)
    assert "meter of a customer who left is taken down" in {change.reason for change in following}
    assert len(Grid(7, 500).planned_changes(FIRST_DAY, ZONE)) > 3 * len(changes)


def test_a_meter_sends_before_its_rows_arrive() -> None:
    grid = Grid(7, 50)
    late = [c for c in grid.planned_changes(FIRST_DAY, ZONE) if c.reason == "meter is registered late"]
    (point,) = [p for p in grid.metering_points(FIRST_DAY, ZONE) if p.meter_id == late[0].key]
    assert point.meter_id not in grid.initial_rows()["meter"]
    assert point.sends_from == GridDay(FIRST_DAY, ZONE).start < late[0].time


def test_a_customer_comes_back_under_the_same_key_after_hours_and_within_a_second() -> None:
    changes = Grid(7, 50).planned_changes(FIRST_DAY, ZONE)
    gone = {c.key: c.time for c in changes if c.reason == "customer is deleted by mistake"}
    back = {c.key: c.time for c in changes if c.reason == "customer is entered again"}
    away = sorted(back[key] - gone[key] for key in gone)
    assert away[0] < timedelta(seconds=1)
    assert away[-1] >= timedelta(hours=1)


def test_feeders_of_a_customer_follow_the_rows() -> None:
    grid = Grid(7, 200)
    start = grid.initial_rows()["customer"]
    moves = [c for c in grid.planned_changes(FIRST_DAY, ZONE) if c.reason.startswith("customer moves")]
    assert moves
    for point in grid.metering_points(FIRST_DAY, ZONE):
        expected = [(m.time, m.after["feeder_id"]) for m in moves if m.key == point.customer_id and m.after]
        assert list(point.feeders[1:]) == expected
        if point.customer_id in start:
            assert point.feeders[0][1] == start[point.customer_id]["feeder_id"]


@pytest.mark.parametrize(("seed", "meters"), [(7, 11), (7, 20_001), (-1, 50)])
def test_an_impossible_grid_is_refused(seed: int, meters: int) -> None:
    with pytest.raises(PipelineError, match=r"allowed are") as refusal:
        Grid(seed, meters)
    assert refusal.value.exit_code == 2


def test_a_day_before_the_first_is_refused() -> None:
    with pytest.raises(PipelineError, match=r"2026-11-19 is before the grid's first day 2026-11-20") as refusal:
        Grid().planned_changes(FIRST_DAY - timedelta(days=1), ZONE)
    assert refusal.value.exit_code == 2
    assert refusal.value.hint
