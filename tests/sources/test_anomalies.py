"""Planted anomalies."""

from datetime import timedelta

import numpy as np

from pipelines.sources.days import GridDay, epoch_ms
from pipelines.sources.grid import FIRST_DAY, Grid
from pipelines.sources.meters.anomalies import FLAT_MINUTES, JUMP_W, REVERSE_MINUTES
from pipelines.sources.meters.simulation import simulate_day

DAY = GridDay(FIRST_DAY, "Europe/Paris")


def test_every_kind_is_planted_recorded_and_visible() -> None:
    grid = Grid(7, 50)
    readings, anomalies = simulate_day(grid, DAY)
    clean, none = simulate_day(grid, DAY, anomalies=False)
    assert not none
    assert {a.kind for a in anomalies} == {"silence", "silent_day", "flat_line", "jump", "reverse_flow"}
    assert len({a.meter_id for a in anomalies}) == len(anomalies)
    for anomaly in anomalies:
        shown, true = (
            part[
                (part["meter_id"] == anomaly.meter_id.encode())
                & (part["event_ms"] >= epoch_ms(anomaly.start))
                & (part["event_ms"] < epoch_ms(anomaly.end))
            ]["active_power"]
            for part in (readings, clean)
        )
        length = (anomaly.end - anomaly.start) // timedelta(minutes=1)
        if anomaly.kind in ("silence", "silent_day"):
            assert len(shown) == 0
            assert length == DAY.minutes if anomaly.kind == "silent_day" else 120 <= length <= 300
        elif anomaly.kind == "flat_line":
            assert length == len(shown) == FLAT_MINUTES
            assert len(np.unique(shown)) == 1
        elif anomaly.kind == "jump":
            assert shown.tolist() == [true[0] + JUMP_W]
        else:
            assert length == len(shown) == REVERSE_MINUTES
            assert (shown < 0).all()


def test_only_the_meter_errs_but_reverse_flow_reaches_the_feeder() -> None:
    grid = Grid(7, 50)
    readings, anomalies = simulate_day(grid, DAY)
    clean, _ = simulate_day(grid, DAY, anomalies=False)
    heads = [part[np.char.startswith(part["meter_id"], b"H")] for part in (readings, clean)]
    differs = np.unique(heads[0]["event_ms"][heads[0]["active_power"] != heads[1]["active_power"]])
    (reverse,) = [a for a in anomalies if a.kind == "reverse_flow"]
    assert differs.min() == epoch_ms(reverse.start)
    assert differs.max() == epoch_ms(reverse.end) - 60_000


def test_no_other_meter_shows_a_jump_or_reverse_flow() -> None:
    for seed in range(5):
        readings, anomalies = simulate_day(Grid(seed, 50), DAY)
        planted = {a.meter_id for a in anomalies if a.kind in ("jump", "reverse_flow")}
        customers = readings[np.char.startswith(readings["meter_id"], b"M")]
        for meter_id in np.unique(customers["meter_id"]):
            power = customers[customers["meter_id"] == meter_id]["active_power"]
            if power.min() < 0 or np.abs(np.diff(power)).max() >= 15_000:
                assert meter_id.decode() in planted
