"""Collects what happens on one day."""

from datetime import datetime
from typing import cast

import numpy as np

from pipelines.sources.days import GridDay
from pipelines.sources.grid.making import RowMaker
from pipelines.sources.grid.plan import Intent, Rewiring, naive
from pipelines.sources.grid.rows import GridState, Key, Row


class Agenda:
    """What is to happen on one day, in no order yet.

    Args:
        start: The grid at the beginning of the day; keys that are given away are counted here, rows stay.
        day: The day.
        rng: Source of every choice.
    """

    def __init__(self, start: GridState, day: GridDay, rng: np.random.Generator) -> None:
        self.start = start
        self.day = day
        self.rng = rng
        self.intents: list[Intent] = []
        self.rewirings: list[Rewiring] = []

    def time(self, first_hour: float, last_hour: float) -> datetime:
        """A whole second between two hours after midnight."""
        return self.day.at(self.rng.uniform(first_hour, last_hour))

    def make(self, time: datetime) -> RowMaker:
        """Makes rows that first appear at that time."""
        return RowMaker(self.rng, naive(time))

    def insert(self, time: datetime, table: str, key: Key, row: Row, reason: str) -> None:
        """A row appears."""
        self.intents.append(Intent(time, table, "insert", key, row, reason))

    def update(self, time: datetime, table: str, key: Key, reason: str, **values: object) -> None:
        """Columns of a row change."""
        self.intents.append(Intent(time, table, "update", key, cast(Row, values), reason))

    def delete(self, time: datetime, table: str, key: Key, reason: str) -> None:
        """A row goes."""
        self.intents.append(Intent(time, table, "delete", key, {}, reason))
