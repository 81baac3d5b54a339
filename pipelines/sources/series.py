"""The real household series that every simulated meter replays."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pyarrow import csv

SERIES_FILE = Path(__file__).parent / "data" / "household.csv.gz"
MINUTES_PER_DAY = 1440


class Series(NamedTuple):
    """Whole days of one-minute measurements, flat from the first midnight; shape (days * 1440,).

    A minute without a measurement (a real gap) is NaN in every column.
    """

    power_kw: npt.NDArray[np.float64]
    reactive_kvar: npt.NDArray[np.float64]
    voltage_v: npt.NDArray[np.float64]

    @property
    def days(self) -> int:
        """Number of whole days."""
        return len(self.power_kw) // MINUTES_PER_DAY


@lru_cache(maxsize=1)
def household_series() -> Series:
    """Reads the series once; whole days only, so that replaying in a circle keeps the hour of the day."""
    table = csv.read_csv(SERIES_FILE)
    minute = table["local_time"].to_numpy().astype("datetime64[m]")
    first, last = minute[0].astype("datetime64[D]") + 1, minute[-1].astype("datetime64[D]")
    whole = (minute >= first) & (minute < last)
    position = (minute[whole] - first.astype("datetime64[m]")).astype(np.int64)
    length = int((last - first).astype(int)) * MINUTES_PER_DAY

    def column(name: str) -> npt.NDArray[np.float64]:
        # Placed by time, not by row: a minute that the file lacks would shift every later one.
        values = np.full(length, np.nan)
        values[position] = table[name].to_numpy()[whole]
        return values

    return Series(column("active_power_kw"), column("reactive_power_kvar"), column("voltage_v"))
