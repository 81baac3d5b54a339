"""Draws random changes that the database can carry out."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import numpy as np

from pipelines.sources.business.database import Connection
from pipelines.sources.business.rows import read_keys, read_row
from pipelines.sources.grid import Change, Grid
from pipelines.sources.grid.making import RowMaker
from pipelines.sources.grid.plan import naive
from pipelines.sources.grid.rows import Value

# Rows that are made here, and only they are deleted here: planned changes always find the rows they mean.
FIRST_OWN_KEY = 1_000_000
LAST_KEY = 2**31 - 1


class RandomChanges:
    """Changes drawn one after the other; each is to be carried out before the next is drawn.

    Args:
        connection: Open connection to the business database.
        grid: The grid of the database.
        seed: Seed of the choices.
    """

    def __init__(self, connection: Connection, grid: Grid, seed: int) -> None:
        self.connection = connection
        self.grid = grid
        self.rng = np.random.default_rng(seed)
        self._keys = {
            table: read_keys(connection, table, 1, LAST_KEY)
            for table in ("customer", "tariff", "equipment", "work_ticket")
        }
        self._deleted: list[int] = []
        self._draws: tuple[Callable[[datetime], Change | None], ...] = (
            *[self._change_customer] * 5,
            *[self._change_equipment] * 2,
            self._change_tariff,
            self._change_ticket,
            self._insert_customer,
            self._insert_ticket,
            self._delete_customer,
        )

    def draw(self, instant: datetime) -> Change:
        """The next change.

        Args:
            instant: When it happens, UTC.
        """
        while True:
            change = self._draws[int(self.rng.integers(len(self._draws)))](instant)
            if change is not None:
                return change

    def _number(self, first: int, last: int) -> int:
        return int(self.rng.integers(first, last + 1))

    def _pick(self, options: tuple[str, ...]) -> str:
        return options[self._number(0, len(options) - 1)]

    def _change_customer(self, instant: datetime) -> Change | None:
        values: tuple[dict[str, Value], ...] = (
            {"feeder_id": self._number(1, self.grid.size.feeders)},
            {"tariff_id": self._number(1, 4)},
            {"contract_kw": Decimal(self._number(3, 36)).quantize(Decimal("0.01"))},
        )
        return self._update(instant, "customer", self._keys["customer"], values[self._number(0, 2)])

    def _change_tariff(self, instant: datetime) -> Change | None:
        price = Decimal(self._number(18_000, 32_000)).scaleb(-5)
        return self._update(instant, "tariff", self._keys["tariff"], {"flat_price": price})

    def _change_equipment(self, instant: datetime) -> Change | None:
        status = self._pick(("in_service", "maintenance", "out_of_service"))
        return self._update(instant, "equipment", self._keys["equipment"], {"status": status})

    def _change_ticket(self, instant: datetime) -> Change | None:
        status = self._pick(("open", "in_progress", "closed"))
        own = [key for key in self._keys["work_ticket"] if key >= FIRST_OWN_KEY]
        closed_at = naive(instant) if status == "closed" else None
        return self._update(instant, "work_ticket", own, {"status": status, "closed_at": closed_at})

    def _insert_customer(self, instant: datetime) -> Change:
        # Half of the time under a key that was deleted before.
        again = self._deleted and self.rng.random() < 0.5
        key = self._deleted.pop() if again else max(FIRST_OWN_KEY - 1, *self._keys["customer"], *self._deleted) + 1
        self._keys["customer"].append(key)
        row = RowMaker(self.rng, naive(instant)).customer(key, self._number(1, self.grid.size.feeders))
        return Change(instant, "customer", "insert", key, None, row, "random customer appears")

    def _delete_customer(self, instant: datetime) -> Change | None:
        own = [key for key in self._keys["customer"] if key >= FIRST_OWN_KEY]
        if not own:
            return None
        key = own[self._number(0, len(own) - 1)]
        self._keys["customer"].remove(key)
        self._deleted.append(key)
        before = read_row(self.connection, "customer", key)
        return Change(instant, "customer", "delete", key, before, None, "random customer goes")

    def _insert_ticket(self, instant: datetime) -> Change:
        key = max(FIRST_OWN_KEY - 1, *self._keys["work_ticket"]) + 1
        self._keys["work_ticket"].append(key)
        row = RowMaker(self.rng, naive(instant)).ticket(key, self._number(1, self.grid.size.feeders), None)
        return Change(instant, "work_ticket", "insert", key, None, row, "random ticket is opened")

    def _update(self, instant: datetime, table: str, keys: list[int], values: dict[str, Value]) -> Change | None:
        if not keys:
            return None
        key = keys[self._number(0, len(keys) - 1)]
        before = read_row(self.connection, table, key, lock=True)
        if before is None:
            # A planned change has deleted it meanwhile; another row is drawn.
            return None
        return Change(instant, table, "update", key, before, before | values, f"random change of a {table}")
