"""The messages of a feed, day by day, in order of delivery."""

from collections.abc import Iterator
from datetime import date

import numpy as np

from pipelines.sources.days import GridDay, epoch_ms
from pipelines.sources.meters.anomalies import Anomaly
from pipelines.sources.meters.delivery import deliver, in_order
from pipelines.sources.meters.options import MeterOptions
from pipelines.sources.meters.readings import MESSAGE, Messages
from pipelines.sources.meters.simulation import simulate_day


def messages_by_day(options: MeterOptions, day: date, zone: str) -> Iterator[tuple[Messages, list[Anomaly]]]:
    """Every message of a feed, one day in memory at a time.

    Messages delivered after their day come in the days after it; those past the end of the feed at its end.

    Args:
        options: What to send.
        day: First day.
        zone: IANA zone whose midnight starts a day.

    Yields:
        Messages of a day in order of delivery, and the anomalies planted into that day.
    """
    grid, grid_day = options.grid(), GridDay(day, zone)
    delayed = np.zeros(0, dtype=MESSAGE)
    for remaining in range(options.days, 0, -1):
        readings, anomalies = simulate_day(grid, grid_day, options.anomalies)
        messages = in_order(np.concatenate([delayed, deliver(readings, grid_day, options)]))
        today = len(messages)
        if remaining > 1:
            today = int(np.searchsorted(messages["delivery_ms"], epoch_ms(grid_day.end)))
        delayed = messages[today:].copy()
        yield messages[:today], anomalies
        grid_day = grid_day.next
