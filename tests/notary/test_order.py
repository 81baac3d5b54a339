"""Rows come in the order of their key, however they came in, however little of them may be in memory."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from notary.errors import NotaryError
from notary.lake.order import in_key_order

ROWS = 900
KEYS: dict[str, tuple[Any, Any]] = {
    "text": (pa.string(), lambda n: "Ève" * (n % 3) + str(n)),
    "bytes": (pa.binary(), lambda n: n.to_bytes(3, "little")),
    "number": (pa.int64(), lambda n: n - ROWS // 2),
    "decimal": (pa.decimal128(10, 3), lambda n: Decimal(n - ROWS // 2).scaleb(-3)),
    "day": (pa.date32(), lambda n: date(2026, 1, 1) + timedelta(days=n)),
    "moment": (pa.timestamp("ms"), lambda n: datetime(2026, 1, 1) + timedelta(milliseconds=n)),
}


def table(kind: str) -> pa.Table:
    """Rows of a key of two columns, no two alike."""
    made, value = KEYS[kind]
    numbers = list(range(ROWS))
    keys = pa.array([value(number // 2) for number in numbers], made)
    flags = pa.array([number % 2 == 1 for number in numbers])
    return pa.table({"key": keys, "odd": flags, "row": numbers, "note": [f"row {number}" for number in numbers]})


def sorted_rows(rows: pa.Table, most_bytes: int) -> list[dict[str, Any]]:
    parts = list(in_key_order(rows.to_batches(100), ["key", "odd"], "a table", most_bytes))
    assert all(column.num_chunks == 1 for part in parts for column in part.columns)
    return pa.concat_tables(parts).to_pylist()


@pytest.mark.parametrize("most_bytes", [1 << 30, 20_000, 1])
@pytest.mark.parametrize("kind", KEYS)
def test_rows_of_any_order_come_in_that_of_their_key(kind: str, most_bytes: int) -> None:
    rows, shuffled = table(kind), list(range(ROWS))
    random.Random(7).shuffle(shuffled)
    expected = sorted(rows.to_pylist(), key=lambda row: (row["key"], row["odd"]))
    nearly = [*range(1, ROWS), 0]
    for order in (range(ROWS), shuffled, range(ROWS - 1, -1, -1), nearly):
        assert sorted_rows(rows.take(list(order)), most_bytes) == expected


def test_nothing_has_an_order() -> None:
    assert list(in_key_order([], ["key"], "a table")) == []
    assert sorted_rows(table("number").slice(0, 1), 1) == table("number").slice(0, 1).to_pylist()


@pytest.mark.parametrize("most_bytes", [1 << 30, 20_000, 1])
@pytest.mark.parametrize("twin", [0, 450, ROWS - 1])
def test_two_rows_of_one_key_are_refused(twin: int, most_bytes: int) -> None:
    rows = table("number")
    for both in (pa.concat_tables([rows, rows.slice(twin, 1)]), pa.concat_tables([rows.slice(twin, 1), rows])):
        with pytest.raises(NotaryError, match=f"a table has two rows with the key key {twin // 2 - ROWS // 2}, odd"):
            sorted_rows(both, most_bytes)
