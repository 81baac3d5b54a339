"""What customers draw and feeders carry on one day, replayed from the real household series."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.sources.days import MINUTE_MS, GridDay, epoch_ms
from pipelines.sources.grid import Grid, MeteringPoint
from pipelines.sources.grid.rows import head_meter_id
from pipelines.sources.series import MINUTES_PER_DAY, Series, household_series

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

STREAM_PROFILE, STREAM_NOISE = 4, 5


@dataclass
class DayLoad:
    """Loads of one day; every array has a row a meter and a column a minute.

    Args:
        day: The day.
        meter_ids: Meters at customers first, then the head meters.
        points: Number of meters at customers.
        event_ms: Event time of each minute, shape (minutes,).
        power: Active power, W; of a head meter, the sum of its customers and the technical loss.
        reactive: Reactive power, var.
        voltage: Hundredths of a volt.
        sent: True where the meter sends: not in a real gap of the series, not before or after its time.
    """

    day: GridDay
    meter_ids: list[str]
    points: int
    event_ms: IntArray
    power: IntArray
    reactive: IntArray
    voltage: IntArray
    sent: BoolArray


def customer_load(grid: Grid, day: GridDay, points: tuple[MeteringPoint, ...]) -> DayLoad:
    """Replays the series for every metering point with its own day, shift, scale and noise.

    The load goes on through a real gap of the series (the last value is held); only the meter does not send.

    Args:
        grid: The grid.
        day: Day to replay; on the days of daylight saving an hour of the clock is skipped or comes twice.
        points: Meters at customers that send on the day.
    """
    series = household_series()
    clock = day.minute_of_clock()
    profiles = [_profile(grid.seed, point.customer_id, series.days) for point in points]
    first = np.array([((day.date.toordinal() + p[0]) % series.days) * MINUTES_PER_DAY + p[1] for p in profiles])
    index = (first[:, None] + clock[None, :]) % len(series.power_kw)
    scale = np.array([p[2] for p in profiles])[:, None]
    sag = np.array([p[3] for p in profiles])[:, None]
    # A replaced meter and its successor measure one load: noise belongs to the customer, not the meter.
    customers, row = np.unique([point.customer_id for point in points], return_inverse=True)
    rng = np.random.default_rng([grid.seed, STREAM_NOISE, day.date.toordinal()])
    noise = rng.standard_normal((len(customers), day.minutes), dtype=np.float32)[row]
    flicker = rng.standard_normal((len(customers), day.minutes), dtype=np.float32)[row]
    held = _hold(series)
    event_ms = epoch_ms(day.start) + np.arange(day.minutes, dtype=np.int64) * MINUTE_MS
    begins = np.array([epoch_ms(point.sends_from) for point in points])[:, None]
    ends = np.array([epoch_ms(point.sends_until) for point in points])[:, None]
    factor = np.maximum(1 + 0.03 * noise, 0.5) * scale * 1000
    return DayLoad(
        day,
        [point.meter_id for point in points],
        len(points),
        event_ms,
        np.rint(held.power_kw[index] * factor).astype(np.int64),
        np.rint(held.reactive_kvar[index] * factor).astype(np.int64),
        np.rint((held.voltage_v[index] + sag + 0.3 * flicker) * 100).astype(np.int64),
        ~np.isnan(series.power_kw)[index] & (event_ms >= begins) & (event_ms < ends),
    )


def add_head_meters(grid: Grid, load: DayLoad, points: tuple[MeteringPoint, ...]) -> DayLoad:
    """Adds the head meters: the customers on the feeder at that minute, times 1 + technical loss.

    Args:
        grid: The grid.
        load: Loads of the customers.
        points: The metering points, in the order of the rows of ``load``.
    """
    feeders, minutes = grid.size.feeders, load.day.minutes
    feeder = np.zeros((len(points), minutes), dtype=np.int64)
    for row, point in enumerate(points):
        for since, feeder_id in point.feeders:
            # Whole seconds, like the time of a change in the binary log.
            feeder[row, load.event_ms >= epoch_ms(since.replace(microsecond=0))] = feeder_id
        # A replaced meter and its successor share one load: it counts while the meter is in place.
        in_place = (load.event_ms >= epoch_ms(point.sends_from)) & (load.event_ms < epoch_ms(point.sends_until))
        feeder[row, ~in_place] = 0
    cell = (feeder * minutes + np.arange(minutes)).ravel()
    loss = np.array([int(grid.technical_loss(feeder_id) * 1000) for feeder_id in range(1, feeders + 1)])[:, None]

    def carried(values: IntArray) -> IntArray:
        # Sums of whole watts stay below 2**53, where floating point is exact.
        sums = np.bincount(cell, weights=values.ravel(), minlength=(feeders + 1) * minutes)
        whole = sums.astype(np.int64).reshape(feeders + 1, minutes)[1:]
        return (whole * (1000 + loss) + 500) // 1000

    rng = np.random.default_rng([grid.seed, STREAM_NOISE, load.day.date.toordinal(), 1])
    volts = 40_800 + np.rint(rng.normal(0, 120, (feeders, minutes))).astype(np.int64)
    return DayLoad(
        load.day,
        load.meter_ids + [head_meter_id(feeder_id) for feeder_id in range(1, feeders + 1)],
        load.points,
        load.event_ms,
        np.vstack([load.power, carried(load.power)]),
        np.vstack([load.reactive, carried(load.reactive)]),
        np.vstack([load.voltage, volts]),
        np.vstack([load.sent, np.ones((feeders, minutes), dtype=bool)]),
    )


def _profile(seed: int, customer_id: int, days: int) -> tuple[int, int, float, float]:
    """Day of the series, shift in minutes, scale of the load, offset of the voltage in V."""
    rng = np.random.default_rng([seed, STREAM_PROFILE, customer_id])
    scale = float(np.clip(rng.lognormal(-0.3, 0.4), 0.35, 1.3))
    # One customer in about twenty lives at the end of a long line.
    sag = -30.0 if rng.random() < 0.05 else float(rng.normal(-4, 3))
    return int(rng.integers(days)), int(rng.integers(-45, 46)), scale, sag


def _hold(series: Series) -> Series:
    """The series with each gap filled by the last value before it."""
    known = ~np.isnan(series.power_kw)
    last = np.maximum.accumulate(np.where(known, np.arange(len(known)), 0))
    return Series(series.power_kw[last], series.reactive_kvar[last], series.voltage_v[last])
