"""What meters read: replay, gaps, feeders and losses."""

from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.days import GridDay, epoch_ms
from pipelines.sources.grid import FIRST_DAY, Grid
from pipelines.sources.grid.rows import head_meter_id
from pipelines.sources.meters.load import add_head_meters, customer_load
from pipelines.sources.meters.simulation import simulate_day
from pipelines.sources.series import household_series

ZONE = "Europe/Paris"


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000), number=st.integers(0, 4))
def test_head_meter_is_the_sum_of_its_customers_and_the_loss(seed: int, number: int) -> None:
    grid, day = Grid(seed, 40), GridDay(FIRST_DAY + timedelta(days=number), ZONE)
    points = grid.metering_points(day.date, ZONE)
    readings, _ = simulate_day(grid, day, anomalies=False)
    customers = customer_load(grid, day, points)
    load = {
        (row, ms): w
        for row in range(len(points))
        for ms, w in zip(customers.event_ms, customers.power[row], strict=True)
    }
    # Recomputed reading by reading: who is on which feeder at that minute, by the times of the plan.
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for row, point in enumerate(points):
        for ms in customers.event_ms.tolist():
            if epoch_ms(point.sends_from) <= ms < epoch_ms(point.sends_until):
                feeder_id = [f for since, f in point.feeders if epoch_ms(since) // 1000 * 1000 <= ms][-1]
                sums[head_meter_id(feeder_id), ms] += int(load[row, ms])
    heads = readings[np.char.startswith(readings["meter_id"], b"H")]
    assert len(heads) == grid.size.feeders * day.minutes
    for head in heads:
        meter_id = head["meter_id"].decode()
        loss = grid.technical_loss(int(meter_id[1:]))
        assert 20 <= loss * 1000 <= 60
        exact = sums[meter_id, int(head["event_ms"])] * (1 + loss)
        assert abs(head["active_power"] - exact) <= 0.5


def test_a_move_moves_the_load() -> None:
    grid, day = Grid(7, 50), GridDay(FIRST_DAY, ZONE)
    points = grid.metering_points(FIRST_DAY, ZONE)
    moved = next(p for p in points if len(p.feeders) == 2)
    customers = customer_load(grid, day, points)
    stayed = tuple(
        p if p is not moved else type(p)(p.meter_id, p.customer_id, p.sends_from, p.sends_until, p.feeders[:1])
        for p in points
    )
    with_move, without = (add_head_meters(grid, customers, each) for each in (points, stayed))
    minute = int((moved.feeders[1][0] - day.start) / timedelta(minutes=1)) + 1
    new_head = with_move.meter_ids.index(head_meter_id(moved.feeders[1][1]))
    assert (with_move.power[:, : minute - 1] == without.power[:, : minute - 1]).all()
    assert (with_move.power[new_head, minute:] > without.power[new_head, minute:]).all()


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_of_daylight_saving_have_all_their_minutes(day: date) -> None:
    grid = Grid(7, 20, day)
    readings, _ = simulate_day(grid, GridDay(day, ZONE), anomalies=False)
    minutes = GridDay(day, ZONE).minutes
    heads = readings[np.char.startswith(readings["meter_id"], b"H")]
    assert len(heads) == minutes * grid.size.feeders
    assert len(np.unique(readings["event_ms"])) == minutes


def test_real_gaps_are_not_sent_and_nothing_else_is_missing() -> None:
    grid = Grid(7, 120)
    series, missing, expected = household_series(), 0, 0
    gaps = set(np.flatnonzero(np.isnan(series.power_kw)).tolist())
    assert len(gaps) == 5
    for number in range(4):
        day = GridDay(FIRST_DAY + timedelta(days=number), ZONE)
        points = grid.metering_points(day.date, ZONE)
        load = customer_load(grid, day, points)
        whole = [p.sends_from == day.start and p.sends_until == day.end for p in points]
        missing += int((~load.sent[whole]).sum())
        readings, _ = simulate_day(grid, day, anomalies=False)
        assert len(readings) == int(load.sent.sum()) + grid.size.feeders * day.minutes
        expected += sum(whole)
    # Five of the series' 47,520 minutes are gaps; each meter replays its own day of it.
    assert 0 < missing < expected * 5


def test_readings_are_reproducible_and_follow_the_seed() -> None:
    day = GridDay(FIRST_DAY, ZONE)
    one, _ = simulate_day(Grid(7, 30), day)
    two, _ = simulate_day(Grid(7, 30), day)
    other, _ = simulate_day(Grid(8, 30), day)
    assert (one == two).all()
    assert len(one) != len(other) or (one["active_power"] != other["active_power"]).any()


def test_a_replaced_meter_hands_over_to_its_successor() -> None:
    grid = Grid(7, 50)
    points = grid.metering_points(FIRST_DAY, ZONE)
    day = GridDay(FIRST_DAY, ZONE)
    old = next(p for p in points if p.sends_until < day.end)
    new = next(p for p in points if p.customer_id == old.customer_id and p is not old)
    readings, _ = simulate_day(grid, day, anomalies=False)
    before = readings[readings["meter_id"] == old.meter_id.encode()]["event_ms"]
    after = readings[readings["meter_id"] == new.meter_id.encode()]["event_ms"]
    assert before.max() < epoch_ms(new.sends_from) <= after.min()
    assert len(before) + len(after) >= day.minutes - 5
