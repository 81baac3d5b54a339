"""Rows come in the order of their key, however they came in, however little of them may be in memory."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from notary.errors import NotaryError
from notary.lake import runs
from notary.lake.keys import is_in_order
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


def test_many_runs_become_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST", 2)
    opened: list[int] = []
    made = runs._merged
    monkeypatch.setattr(runs, "_merged", lambda those, *rest: opened.append(len(those)) or made(those, *rest))
    rows, shuffled = table("text"), list(range(ROWS))
    random.Random(7).shuffle(shuffled)
    expected = sorted(rows.to_pylist(), key=lambda row: (row["key"], row["odd"]))
    # Nine batches: eight of them were merged thrice.
    assert sorted_rows(rows.take(shuffled), 1) == expected
    assert opened == [2, 2, 2, 2, 2, 2, 2, 2]


@pytest.mark.parametrize("most_bytes", [1 << 30, 1])
def test_a_row_without_a_key_is_refused(most_bytes: int) -> None:
    rows = table("number").set_column(1, "odd", pa.array([None, *[True] * (ROWS - 1)]))
    with pytest.raises(NotaryError, match="a table has a row without odd, which is part of its key"):
        sorted_rows(rows, most_bytes)


@pytest.mark.parametrize("kind", KEYS)
def test_order_is_told(kind: str) -> None:
    rows = pa.Table.from_pylist(sorted_rows(table(kind), 1 << 30), table(kind).schema)

    def told(*order: int, after: int | None = None) -> bool:
        (batch,) = rows.take(list(order)).combine_chunks().to_batches()
        (last,) = [None] if after is None else rows.slice(after, 1).to_batches()
        return is_in_order(batch, ["key", "odd"], last)

    assert told(*range(ROWS))
    assert told(0)
    assert told(5, 6, after=4)
    assert not told(5, 6, after=5)
    assert not told(5, 6, after=6)
    assert not told(0, 2, 1)
    assert not told(0, 1, 1, 2)
    assert not told(3, 2)


def test_a_row_without_a_key_is_in_no_order() -> None:
    (batch,) = pa.table({"key": pa.array([1, None], pa.int64())}).to_batches()
    assert not is_in_order(batch, ["key"])
    assert not is_in_order(batch.slice(1), ["key"], batch.slice(0, 1))
