"""The grid from its first day on."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from pipelines.errors import PipelineError
from pipelines.sources.days import GridDay
from pipelines.sources.grid.initial import first_state
from pipelines.sources.grid.plan import DayPlan, naive
from pipelines.sources.grid.planner import plan_day
from pipelines.sources.grid.rows import Change, GridState, MeteringPoint, Tables
from pipelines.sources.grid.size import GridSize

FIRST_DAY = date(2026, 11, 20)
MIN_METERS = 12
MAX_METERS = 20_000

# Independent streams of random numbers, so that a change of one leaves the others as they are.
STREAM_ROWS, STREAM_CHANGES, STREAM_LOSS = 1, 2, 3


class Grid:
    """The simulated grid. The same arguments give the same grid, always and everywhere.

    The state of a day follows from all days before it: a customer who moved stays where he is.

    Args:
        seed: Seed of every random choice.
        meters: Meters that send at any time, one of them at the head of each feeder.
        first_day: Day on which the grid begins to change.

    Raises:
        PipelineError: The number of meters is not allowed.
    """

    def __init__(self, seed: int = 7, meters: int = 50, first_day: date = FIRST_DAY) -> None:
        if not MIN_METERS <= meters <= MAX_METERS:
            raise PipelineError(
                f"meters is {meters}: allowed are {MIN_METERS} to {MAX_METERS}", "choose another --meters", 2
            )
        if seed < 0:
            raise PipelineError(f"seed is {seed}: allowed are whole numbers from 0", "choose another --seed", 2)
        self.seed = seed
        self.meters = meters
        self.first_day = first_day
        self.size = GridSize(meters)
        self._first = first_state(self.size, np.random.default_rng([seed, STREAM_ROWS]), naive(self.seeded_at))
        self._plans: dict[str, list[DayPlan]] = {}

    @property
    def seeded_at(self) -> datetime:
        """Time of the first rows: before midnight of the first day in every zone, UTC."""
        return GridDay(self.first_day - timedelta(days=1), "UTC").start

    def initial_rows(self) -> Tables:
        """Rows of the business tables before the first day."""
        return self._first.copy().tables

    def rows_after(self, day: date, zone: str) -> Tables:
        """Rows of the business tables after the planned changes of a day.

        Args:
            day: Day of the grid.
            zone: IANA zone whose midnight starts a day.
        """
        return self._plan(day, zone).end.copy().tables

    def planned_changes(self, day: date, zone: str) -> tuple[Change, ...]:
        """Changes of the business database on a day, in order of time.

        Args:
            day: Day of the grid.
            zone: IANA zone whose midnight starts a day.

        Raises:
            PipelineError: The day is before the grid's first day.
        """
        return self._plan(day, zone).changes

    def metering_points(self, day: date, zone: str) -> tuple[MeteringPoint, ...]:
        """Meters at customers that send on a day, and the feeders that carry their loads.

        Args:
            day: Day of the grid.
            zone: IANA zone whose midnight starts a day.

        Raises:
            PipelineError: The day is before the grid's first day.
        """
        return self._plan(day, zone).points

    def technical_loss(self, feeder_id: int) -> Decimal:
        """Share of the customers' load that the feeder loses on top, 0.020 to 0.060."""
        rng = np.random.default_rng([self.seed, STREAM_LOSS, feeder_id])
        return Decimal(int(rng.integers(20, 61))) / 1000

    def _plan(self, day: date, zone: str) -> DayPlan:
        if day < self.first_day:
            raise PipelineError(
                f"day {day} is before the grid's first day {self.first_day}",
                f"choose a day from {self.first_day} on, or an earlier first day",
                2,
            )
        plans = self._plans.setdefault(zone, [])
        while len(plans) <= (day - self.first_day).days:
            planned = self.first_day + timedelta(days=len(plans))
            before: GridState = plans[-1].end if plans else self._first
            rng = np.random.default_rng([self.seed, STREAM_CHANGES, planned.toordinal()])
            plans.append(plan_day(before, self.size, GridDay(planned, zone), rng))
        return plans[(day - self.first_day).days]
