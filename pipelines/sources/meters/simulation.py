"""The readings of one day, before anything goes wrong on the way."""

import numpy as np

from pipelines.sources.days import GridDay
from pipelines.sources.grid import Grid
from pipelines.sources.meters.anomalies import Anomaly, choose_anomalies, meter_faults, reverse_flow
from pipelines.sources.meters.load import DayLoad, add_head_meters, customer_load
from pipelines.sources.meters.readings import MESSAGE, READING, Messages, seq_of


def simulate_day(grid: Grid, day: GridDay, anomalies: bool = True) -> tuple[Messages, list[Anomaly]]:
    """Makes every reading that the meters take on one day.

    Args:
        grid: The grid.
        day: The day.
        anomalies: Plant anomalies.

    Returns:
        Readings ordered by event time, then meter, and the anomalies among them.
    """
    points = grid.metering_points(day.date, day.zone)
    load = customer_load(grid, day, points)
    planted = choose_anomalies(grid, load) if anomalies else []
    reverse_flow(load, planted)
    load = add_head_meters(grid, load, points)
    meter_faults(load, planted)
    return _readings(load), planted


def _readings(load: DayLoad) -> Messages:
    minute, row = np.nonzero(load.sent.T)
    readings = np.zeros(len(minute), dtype=MESSAGE)
    readings["kind"] = READING
    readings["meter_id"] = np.array(load.meter_ids, dtype="S16")[row]
    readings["event_ms"] = load.event_ms[minute]
    readings["active_power"] = power = load.power[row, minute]
    readings["reactive_power"] = reactive = load.reactive[row, minute]
    readings["voltage"] = voltage = load.voltage[row, minute]
    # Head meters stand behind a transformer with three phases: S = sqrt(3) U I.
    phases = np.where(row < load.points, 1.0, np.sqrt(3.0))
    readings["current"] = np.rint(np.hypot(power, reactive) * 1000 / (phases * voltage))
    readings["seq"] = seq_of(readings["event_ms"])
    # The meters of one minute report one after the other.
    readings["delivery_ms"] = readings["event_ms"] + row * 59_000 // len(load.meter_ids)
    return readings
