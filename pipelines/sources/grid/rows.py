"""Rows of the business tables, changes of rows, and the meters that stand behind them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, cast

Value = int | str | Decimal | date | datetime | None
Row = dict[str, Value]
Key = int | str
Op = Literal["insert", "update", "delete"]

TABLE_KEYS = {
    "region": "region_id",
    "substation": "substation_id",
    "feeder": "feeder_id",
    "tariff": "tariff_id",
    "customer": "customer_id",
    "meter": "meter_id",
    "equipment": "equipment_id",
    "work_ticket": "ticket_id",
    "risk_point": "risk_id",
}
"""Key column of each business table, in the order in which the tables are filled."""

Tables = dict[str, dict[Key, Row]]
"""Rows by table and key. Rows are never changed in place: a change puts a new row."""


@dataclass(frozen=True)
class Change:
    """One row change of the business database; one transaction.

    Args:
        time: When it happens, UTC. The binary log keeps its whole seconds, ``updated_at`` its microseconds.
        table: Business table.
        op: What happens to the row.
        key: Value of the table's key column.
        before: Row before, None for an insert. Its times are UTC without a zone, as the database has them.
        after: Row after, None for a delete.
        reason: What happened in the grid, such as "customer moves".
    """

    time: datetime
    table: str
    op: Op
    key: Key
    before: Row | None
    after: Row | None
    reason: str


@dataclass(frozen=True)
class MeteringPoint:
    """Where one meter measures one customer for a day or a part of it.

    Args:
        meter_id: Meter that sends.
        customer_id: Customer whose load it measures.
        sends_from: Instant of the first reading, UTC.
        sends_until: Instant before which it sends, UTC.
        feeders: (from, feeder_id) in order of time: the feeder that carries the load from that instant on.
    """

    meter_id: str
    customer_id: int
    sends_from: datetime
    sends_until: datetime
    feeders: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True)
class Connection:
    """A customer wired to a feeder, whether the business database knows the customer or not."""

    meter_id: str
    feeder_id: int


@dataclass
class GridState:
    """The grid between two days.

    Args:
        tables: Rows of the business database.
        connections: Wired customers by customer_id.
        retired_meters: Meters whose customers are gone; their rows go on the next day.
        last_keys: Highest number ever used as a key, by table.
    """

    tables: Tables
    connections: dict[int, Connection]
    retired_meters: list[str] = field(default_factory=list)
    last_keys: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "GridState":
        """A state that can be changed without changing this one."""
        return GridState(
            {name: dict(rows) for name, rows in self.tables.items()},
            dict(self.connections),
            list(self.retired_meters),
            dict(self.last_keys),
        )

    def new_key(self, table: str) -> int:
        """A number that was never used as a key of the table."""
        self.last_keys[table] = self.last_keys.get(table, 0) + 1
        return self.last_keys[table]

    def new_meter_id(self) -> str:
        """A meter_id that was never used."""
        return f"M{self.new_key('meter'):05d}"

    def connect(self, feeder_id: int) -> int:
        """Wires a customer that the business database does not know yet; returns its customer_id."""
        customer_id = self.new_key("customer")
        self.connections[customer_id] = Connection(self.new_meter_id(), feeder_id)
        return customer_id

    def put(self, table: str, row: Row) -> None:
        """Adds a row, or replaces the row of the same key."""
        self.tables[table][cast(Key, row[TABLE_KEYS[table]])] = row


def head_meter_id(feeder_id: int) -> str:
    """The meter at the head of a feeder."""
    return f"H{feeder_id:05d}"
