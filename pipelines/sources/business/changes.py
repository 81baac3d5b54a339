"""Applies the planned changes of a day, each once, each at its simulated time."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

from pipelines.settings import PipelineSettings
from pipelines.sources.business.database import Connection, connect, set_clock
from pipelines.sources.business.execution import execute
from pipelines.sources.business.journal import Journal, line_of
from pipelines.sources.business.progress import advance, require_simulation
from pipelines.sources.grid import Grid

Progress = Callable[[int, int], None]


class ChangeSummary(BaseModel):
    """What has been applied of a day's plan.

    Args:
        day: The day.
        changes: Changes of the day, all applied by now.
        applied_now: How many of them were applied by this call.
        earlier_days: Days before it whose open changes were applied first.
        operations: Changes of the day by table and operation, such as {"customer": {"update": 3}}.
        seconds: How long it took.
        file: The record, one JSON object a change.
    """

    day: dt.date
    changes: int
    applied_now: int
    earlier_days: list[dt.date]
    operations: dict[str, dict[str, int]]
    seconds: float
    file: Path


def apply_changes(
    settings: PipelineSettings, grid: Grid, day: dt.date, progress: Progress | None = None
) -> ChangeSummary:
    """Carries out the planned changes of a day, one transaction each, with the session's clock at their time.

    The count of applied changes moves in the transaction of each change, so an interrupted call is taken up
    where it stopped and a second call does nothing. Days before it that are open are applied first: a day
    follows from all days before it, and its head meters assume that they have happened.

    Args:
        settings: Where the database and the records are, and the grid's zone.
        grid: The grid of the database.
        day: Day to apply.
        progress: Called with the changes applied and planned, of this day.

    Returns:
        What was done.

    Raises:
        PipelineError: The database is empty, holds another grid, does not answer, or a row is not as planned.
    """
    clock = time.monotonic()
    planned = grid.planned_changes(day, settings.grid_timezone)
    with connect(settings) as connection:
        applied_by_day: dict[dt.date, int] = {}
        for open_day in _open_days(settings, connection, grid, day):
            applied_by_day[open_day] = _apply_day(
                settings, connection, grid, open_day, progress if open_day == day else None
            )
    operations: dict[str, Counter[str]] = {}
    for change in planned:
        operations.setdefault(change.table, Counter())[change.op] += 1
    return ChangeSummary(
        day=day,
        changes=len(planned),
        applied_now=applied_by_day.get(day, 0),
        earlier_days=[d for d, count in applied_by_day.items() if d != day and count],
        operations={table: dict(counts) for table, counts in sorted(operations.items())},
        seconds=round(time.monotonic() - clock, 3),
        file=_folder(settings, day) / "changes.jsonl",
    )


def _folder(settings: PipelineSettings, day: dt.date) -> Path:
    return settings.var_dir / "feeds" / f"business-{day}"


def _open_days(settings: PipelineSettings, connection: Connection, grid: Grid, day: dt.date) -> list[dt.date]:
    simulation = require_simulation(connection, grid, settings.grid_timezone)
    days = (day - simulation.current_day).days
    return [simulation.current_day + dt.timedelta(days=number) for number in range(days + 1)]


def _apply_day(
    settings: PipelineSettings, connection: Connection, grid: Grid, day: dt.date, progress: Progress | None
) -> int:
    planned = grid.planned_changes(day, settings.grid_timezone)
    simulation = require_simulation(connection, grid, settings.grid_timezone)
    position = (simulation.current_day, simulation.applied)
    done = position[1] if position[0] == day else 0
    journal = Journal(_folder(settings, day))
    # A line too many is a change that was not committed; lines too few were lost and follow from the plan.
    lines = journal.lines()[:done]
    journal.rewrite([*lines, *map(line_of, planned[len(lines) : done])])
    for number, change in enumerate(planned[done:], done + 1):
        set_clock(connection, change.time)
        execute(connection, change, journal.append)
        advance(connection, position, (day, number))
        connection.commit()
        position = (day, number)
        if progress:
            progress(number, len(planned))
    return len(planned) - done
