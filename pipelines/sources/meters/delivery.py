"""What goes wrong between the meters and the broker."""

import numpy as np
import numpy.typing as npt

from pipelines.sources.days import GridDay, epoch_ms
from pipelines.sources.meters.malformed import MALFORMED_KINDS
from pipelines.sources.meters.options import MeterOptions
from pipelines.sources.meters.payload import CLASHING, EXACT, REFORMATTED
from pipelines.sources.meters.readings import DUPLICATE, LATE, MALFORMED, OUT_OF_ORDER, Messages

STREAM_DELIVERY = 7
IntArray = npt.NDArray[np.int64]
HOUR_MS = 3_600_000
MINUTE_MS = 60_000


def deliver(readings: Messages, day: GridDay, options: MeterOptions) -> Messages:
    """Delays and repeats readings and adds malformed messages; numbers are the exact shares, rounded.

    Args:
        readings: Readings of one day.
        day: The day.
        options: Shares and seed.

    Returns:
        Messages of the day in order of delivery; some are delivered after the day's end.
    """
    rng = np.random.default_rng([options.seed, STREAM_DELIVERY, day.date.toordinal()])
    readings = readings.copy()
    order = rng.permutation(len(readings))
    late, swapped = round(len(readings) * options.late), round(len(readings) * options.out_of_order)
    _delay(readings, order[:late], LATE, rng.integers(HOUR_MS, 36 * HOUR_MS, late, dtype=np.int64))
    # Half a minute more than whole minutes, so that later readings of the same meter really overtake it.
    minutes = rng.integers(1, 5, swapped, dtype=np.int64)
    _delay(readings, order[late : late + swapped], OUT_OF_ORDER, minutes * MINUTE_MS + MINUTE_MS // 2)
    duplicates, malformed = _duplicates(readings, options, rng), _malformed(readings, day, options, rng)
    messages: Messages = np.concatenate([readings, duplicates, malformed])
    return in_order(messages)


def in_order(messages: Messages) -> Messages:
    """Messages in order of delivery; ties keep their order.

    Args:
        messages: Messages in any order.
    """
    ordered: Messages = messages[np.argsort(messages["delivery_ms"], kind="stable")]
    return ordered


def _delay(readings: Messages, rows: IntArray, kind: int, delay_ms: IntArray) -> None:
    readings["kind"][rows] = kind
    readings["delivery_ms"][rows] += delay_ms


def _duplicates(readings: Messages, options: MeterOptions, rng: np.random.Generator) -> Messages:
    """Copies that reach the broker after their readings: the first occurrence is the reading itself."""
    count = round(len(readings) * options.duplicates)
    copies: Messages = readings[rng.choice(len(readings), count, replace=False)]
    copies["kind"] = DUPLICATE
    copies["variant"] = rng.choice([EXACT, REFORMATTED, CLASHING], count, p=[0.6, 0.2, 0.2])
    copies["active_power"] += np.where(copies["variant"] == CLASHING, rng.integers(1, 3000, count), 0)
    copies["delivery_ms"] += rng.integers(1, 10 * MINUTE_MS, count)
    return copies


def _malformed(readings: Messages, day: GridDay, options: MeterOptions, rng: np.random.Generator) -> Messages:
    """Damaged copies of readings; they replace none."""
    count = round(len(readings) * options.malformed)
    damaged: Messages = readings[rng.integers(0, max(1, len(readings)), count)]
    damaged["kind"] = MALFORMED
    damaged["variant"] = rng.permutation(np.arange(count) % len(MALFORMED_KINDS))
    damaged["delivery_ms"] = rng.integers(epoch_ms(day.start), epoch_ms(day.end), count)
    return damaged
