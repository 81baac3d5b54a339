"""Anomalies planted into a day, with the record that finding them is measured against."""

from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from pydantic import BaseModel

from pipelines.sources.grid import Grid
from pipelines.sources.meters.load import DayLoad

AnomalyKind = Literal["silence", "silent_day", "flat_line", "jump", "reverse_flow"]

STREAM_ANOMALIES = 6
FLAT_MINUTES = 120
REVERSE_MINUTES = 20
JUMP_W = 25_000


class Anomaly(BaseModel):
    """One planted anomaly.

    Args:
        kind: What the meter shows.
        meter_id: Meter that shows it.
        start: First minute, UTC.
        end: Minute after the last, UTC.
    """

    kind: AnomalyKind
    meter_id: str
    start: datetime
    end: datetime


def choose_anomalies(grid: Grid, load: DayLoad) -> list[Anomaly]:
    """Chooses meters and times; no meter shows two anomalies on one day.

    Meters that begin or cease to send on the day, or that the database learns of on it, are left alone.

    Args:
        grid: The grid.
        load: Loads of the customers.
    """
    day = load.day
    rng = np.random.default_rng([grid.seed, STREAM_ANOMALIES, day.date.toordinal()])
    changed = {change.key for change in grid.planned_changes(day.date, day.zone) if change.table == "meter"}
    rows = [row for row in range(load.points) if load.meter_ids[row] not in changed]
    rows = [rows[i] for i in rng.permutation(len(rows))]
    chosen: list[Anomaly] = []
    for _ in range(max(1, grid.size.customers // 250)):
        lengths: list[tuple[AnomalyKind, int]] = [
            ("silence", int(rng.integers(120, 301))),
            ("flat_line", FLAT_MINUTES),
            ("jump", 1),
            ("reverse_flow", REVERSE_MINUTES),
        ]
        for kind, length in lengths:
            row = rows.pop()
            first = _start(rng, load, row, length)
            chosen.append(_anomaly(load, kind, row, first, first + length))
    chosen.append(_anomaly(load, "silent_day", rows.pop(), 0, day.minutes))
    return chosen


def reverse_flow(load: DayLoad, anomalies: list[Anomaly]) -> None:
    """Turns loads negative in place, before feeders are summed: the power really flows back into the grid."""
    for anomaly in anomalies:
        if anomaly.kind == "reverse_flow":
            row, minutes = _place(load, anomaly)
            load.power[row, minutes] = -np.maximum(load.power[row, minutes], 100)


def meter_faults(load: DayLoad, anomalies: list[Anomaly]) -> None:
    """Falsifies in place what single meters report; the head meters have seen the true load."""
    for anomaly in anomalies:
        row, minutes = _place(load, anomaly)
        if anomaly.kind in ("silence", "silent_day"):
            load.sent[row, minutes] = False
        elif anomaly.kind == "flat_line":
            load.power[row, minutes] = load.power[row, minutes.start]
        elif anomaly.kind == "jump":
            load.power[row, minutes] += JUMP_W


def _start(rng: np.random.Generator, load: DayLoad, row: int, length: int) -> int:
    while True:
        first = int(rng.integers(60, load.day.minutes - length - 60))
        # A real gap at its edge would hide the anomaly.
        if load.sent[row, first - 1 : first + length + 1].all():
            return first


def _anomaly(load: DayLoad, kind: AnomalyKind, row: int, first: int, end: int) -> Anomaly:
    start = load.day.start
    return Anomaly(
        kind=kind,
        meter_id=load.meter_ids[row],
        start=start + timedelta(minutes=first),
        end=start + timedelta(minutes=end),
    )


def _place(load: DayLoad, anomaly: Anomaly) -> tuple[int, slice]:
    def minute(instant: datetime) -> int:
        return int((instant - load.day.start) / timedelta(minutes=1))

    return load.meter_ids.index(anomaly.meter_id), slice(minute(anomaly.start), minute(anomaly.end))
