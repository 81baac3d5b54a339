"""A day of the grid: the minutes between two midnights of its zone."""

import datetime as dt
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

MINUTE_MS = 60_000


@dataclass(frozen=True)
class GridDay:
    """One calendar day in one time zone.

    Args:
        date: Calendar day.
        zone: IANA name of the zone whose midnight starts the day.
    """

    date: dt.date
    zone: str

    @cached_property
    def start(self) -> datetime:
        """First instant of the day, UTC."""
        return self._midnight(self.date)

    @cached_property
    def end(self) -> datetime:
        """First instant of the next day, UTC."""
        return self._midnight(self.date + timedelta(days=1))

    @property
    def minutes(self) -> int:
        """1,440, or 1,380 and 1,500 on the days daylight saving begins and ends."""
        return int((self.end - self.start) / timedelta(minutes=1))

    @property
    def next(self) -> "GridDay":
        """The day after."""
        return GridDay(self.date + timedelta(days=1), self.zone)

    def at(self, hour: float) -> datetime:
        """Instant that is ``hour`` elapsed hours after the day's midnight, UTC."""
        return self.start + timedelta(seconds=round(hour * 3600))

    def minute_of_clock(self) -> npt.NDArray[np.int64]:
        """Minute of the local clock (0 to 1,439) at each minute of the day, shape (minutes,)."""
        zone = ZoneInfo(self.zone)
        clock = [(self.start + timedelta(minutes=m)).astimezone(zone) for m in range(self.minutes)]
        return np.array([t.hour * 60 + t.minute for t in clock], dtype=np.int64)

    def _midnight(self, day: dt.date) -> datetime:
        return datetime.combine(day, dt.time(), ZoneInfo(self.zone)).astimezone(UTC)


def epoch_ms(instant: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z, without the rounding of floating point."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
