"""What happens in the grid on one day, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.sources.days import GridDay
from pipelines.sources.grid.rows import Change, Connection, GridState, Key, MeteringPoint, Op, Row


@dataclass(frozen=True)
class Intent:
    """A change before it is known which row it meets.

    Args:
        time: When, UTC.
        table: Business table.
        op: What happens to the row.
        key: Value of the table's key column.
        values: The whole row of an insert, the changed columns of an update, nothing for a delete.
        reason: What happened in the grid.
    """

    time: datetime
    table: str
    op: Op
    key: Key
    values: Row
    reason: str


@dataclass(frozen=True)
class Rewiring:
    """A customer's load passes to another feeder, or to a new meter.

    Args:
        time: When, UTC.
        customer_id: Customer.
        connection: The wiring from then on.
    """

    time: datetime
    customer_id: int
    connection: Connection


@dataclass(frozen=True)
class DayPlan:
    """One planned day.

    Args:
        day: The day.
        changes: Changes of the business database in order of time.
        points: Every meter at a customer that sends on this day, in order of customer_id.
        end: The grid after the day.
    """

    day: GridDay
    changes: tuple[Change, ...]
    points: tuple[MeteringPoint, ...]
    end: GridState


def carry_out(state: GridState, intents: Sequence[Intent]) -> tuple[Change, ...]:
    """Applies intents to the state in order of time; ties keep the order in which they were planned.

    Args:
        state: Changed in place.
        intents: Changes to make.

    Returns:
        The changes with their rows before and after.
    """
    return tuple(_carry_out(state, intent) for intent in sorted(intents, key=lambda intent: intent.time))


def _carry_out(state: GridState, intent: Intent) -> Change:
    rows = state.tables[intent.table]
    before = rows.get(intent.key)
    if (before is None) != (intent.op == "insert"):
        raise ValueError(f"{intent.op} of {intent.table} {intent.key} at {intent.time} meets row {before}")
    after: Row | None = None
    if intent.op == "delete":
        del rows[intent.key]
    else:
        # MariaDB sets updated_at from the session's clock; the model has to say the same.
        after = (before or {}) | intent.values | {"updated_at": naive(intent.time)}
        state.put(intent.table, after)
    return Change(intent.time, intent.table, intent.op, intent.key, before, after, intent.reason)


def metering_points(start: GridState, day: GridDay, rewirings: Sequence[Rewiring]) -> tuple[MeteringPoint, ...]:
    """Follows every wired customer through the day.

    Args:
        start: The grid at the beginning of the day, newcomers included.
        day: The day.
        rewirings: Moves and meter replacements of the day.
    """
    by_customer: dict[int, list[Rewiring]] = {}
    for rewiring in sorted(rewirings, key=lambda rewiring: rewiring.time):
        by_customer.setdefault(rewiring.customer_id, []).append(rewiring)
    points: list[MeteringPoint] = []
    for customer_id, connection in sorted(start.connections.items()):
        meter_id, sends_from = connection.meter_id, day.start
        feeders = [(day.start, connection.feeder_id)]
        for rewiring in by_customer.get(customer_id, []):
            if rewiring.connection.feeder_id != feeders[-1][1]:
                feeders.append((rewiring.time, rewiring.connection.feeder_id))
            if rewiring.connection.meter_id != meter_id:
                points.append(MeteringPoint(meter_id, customer_id, sends_from, rewiring.time, tuple(feeders)))
                meter_id, sends_from = rewiring.connection.meter_id, rewiring.time
        points.append(MeteringPoint(meter_id, customer_id, sends_from, day.end, tuple(feeders)))
    return tuple(points)


def naive(instant: datetime) -> datetime:
    """UTC without a zone, as a DATETIME column of the database holds it."""
    return instant.astimezone(UTC).replace(tzinfo=None)
