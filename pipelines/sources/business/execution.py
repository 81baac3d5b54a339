"""Carries out one change in the database."""

from collections.abc import Callable
from dataclasses import replace

from pipelines.errors import PipelineError
from pipelines.sources.business.database import Connection
from pipelines.sources.business.rows import delete_row, insert_row, read_row, update_row
from pipelines.sources.grid import Change


def execute(connection: Connection, change: Change, note: Callable[[Change], None]) -> Change:
    """Makes a change within the open transaction; the caller commits it.

    Only columns that differ between the planned rows are set; others keep what anybody else gave them.

    Args:
        connection: Open connection, its clock set to the time of the change.
        change: The change.
        note: Records the change before it is committed.

    Returns:
        The change with its rows before and after as the database has them.

    Raises:
        PipelineError: The row is missing, or there although it should not be.
    """
    before = read_row(connection, change.table, change.key, lock=True)
    if (before is None) != (change.op == "insert"):
        raise PipelineError(
            f"{change.op} of {change.table} {change.key} at {change.time}: the database has {before}, "
            f"expected was {change.before}",
            "something else changed the business database; start empty with `make clean` and `gridseal up`",
            1,
        )
    if change.after is None:
        delete_row(connection, change.table, change.key)
    elif change.before is None:
        insert_row(connection, change.table, change.after)
    else:
        changed = {name: value for name, value in change.after.items() if value != change.before[name]}
        update_row(connection, change.table, change.key, changed)
    done = replace(change, before=before, after=read_row(connection, change.table, change.key))
    note(done)
    return done
