"""Random changes without end, for load tests."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.business.database import connect, set_clock
from pipelines.sources.business.execution import execute
from pipelines.sources.business.journal import Journal
from pipelines.sources.business.progress import require_simulation
from pipelines.sources.business.random_changes import RandomChanges
from pipelines.sources.days import GridDay
from pipelines.sources.grid import Grid

Progress = Callable[[int, int], None]


class ChurnSummary(BaseModel):
    """What was changed at random.

    Args:
        changes: Number of changes, one transaction each.
        operations: Changes by table and operation.
        seconds: How long it took.
        changes_per_second: Changes by seconds.
        file: The record, one JSON object a change.
    """

    changes: int
    operations: dict[str, dict[str, int]]
    seconds: float
    changes_per_second: float
    file: Path


def churn(
    settings: PipelineSettings,
    grid: Grid,
    seconds: float,
    per_second: float,
    seed: int = 0,
    day: dt.date | None = None,
    progress: Progress | None = None,
) -> ChurnSummary:
    """Changes rows at random for a while: customers, tariffs, equipment, tickets and risk points.

    It deletes only rows that it made itself, so planned changes can go on beside and after it.

    Args:
        settings: Where the database and the records are, and the grid's zone.
        grid: The grid of the database.
        seconds: For how long.
        per_second: Changes a second.
        seed: Seed of the choices.
        day: Spread the changes evenly over this day of the grid; None gives them the real time. A change
            with a time before those already made is a late one: a history by time does not end with it.
        progress: Called with the changes made and to be made.

    Returns:
        What was changed.

    Raises:
        PipelineError: A number is not allowed, the database is empty, holds another grid or does not answer.
    """
    for name, value in (("seconds", seconds), ("per_second", per_second)):
        if value <= 0:
            raise PipelineError(f"{name} is {value}: allowed are numbers above 0", f"choose another {name}", 2)
    total = max(1, round(seconds * per_second))
    started = dt.datetime.now(dt.UTC)
    journal = Journal(settings.var_dir / "feeds" / f"churn-{started:%Y%m%dT%H%M%S.%fZ}-seed{seed}")
    operations: dict[str, Counter[str]] = {}
    clock = time.monotonic()
    with connect(settings) as connection:
        require_simulation(connection, grid, settings.grid_timezone)
        random_changes = RandomChanges(connection, grid, seed)
        for number in range(total):
            time.sleep(max(0.0, clock + number / per_second - time.monotonic()))
            instant = _instant(settings, day, number / total)
            set_clock(connection, instant if day else None)
            change = execute(connection, random_changes.draw(instant), journal.append)
            connection.commit()
            operations.setdefault(change.table, Counter())[change.op] += 1
            if progress:
                progress(number + 1, total)
    took = time.monotonic() - clock
    return ChurnSummary(
        changes=total,
        operations={table: dict(counts) for table, counts in sorted(operations.items())},
        seconds=round(took, 3),
        changes_per_second=round(total / took, 1),
        file=journal.file,
    )


def _instant(settings: PipelineSettings, day: dt.date | None, share: float) -> dt.datetime:
    if day is None:
        return dt.datetime.now(dt.UTC)
    grid_day = GridDay(day, settings.grid_timezone)
    return grid_day.at(share * grid_day.minutes / 60)
