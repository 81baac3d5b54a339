"""Leaves of a partition: in the order of the keys, however its rows arrive, with the tree of what was written."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from notary.errors import NotaryError
from notary.sealing.hashing import hash_rows
from notary.sealing.leaf_file import LEAF, SALT
from notary.verify.row import Column, Schema, leaf
from notary.verify.tree import root

ROWS, BATCH = 1000, 64
SCHEMA = Schema(
    "dwd.sample", (Column("meter", "STRING"), Column("minute", "INT"), Column("note", "STRING")), ("meter", "minute")
)
TABLE = pa.table(
    {
        "minute": pa.array([number % 10 for number in range(ROWS)], pa.int32()),
        "meter": [f"M{number // 10:03}" for number in range(ROWS)],
        "note": ["" if number % 7 else None for number in range(ROWS)],
        "_hoodie_commit_time": ["20261120000000000"] * ROWS,
    }
)
ORDERS = {
    "in order": list(range(ROWS)),
    "backwards": list(range(ROWS))[::-1],
    "shuffled": random.Random(7).sample(range(ROWS), ROWS),
    "the last one first": [ROWS - 1, *range(ROWS - 1)],
    "the first one last": [*range(1, ROWS), 0],
    "a batch begins too low": [*range(1, BATCH + 1), 0, *range(BATCH + 1, ROWS)],
}


def batches(order: list[int]) -> Iterator[pa.RecordBatch]:
    yield from TABLE.take(order).combine_chunks().to_batches(BATCH)


@pytest.mark.parametrize("order", ORDERS)
def test_leaves_are_in_the_order_of_keys(order: str, tmp_path: Path) -> None:
    file = tmp_path / "leaves.parquet"
    tree = hash_rows(batches(ORDERS[order]), SCHEMA, "a table", file)
    written = pq.read_table(file)
    assert written.column_names == ["meter", "minute", LEAF, SALT]
    told = written.to_pylist()
    rows: list[dict[str, Any]] = TABLE.drop(["_hoodie_commit_time"]).to_pylist()
    assert [(line["meter"], line["minute"]) for line in told] == [(row["meter"], row["minute"]) for row in rows]
    assert [line[LEAF] for line in told] == [
        leaf(SCHEMA, line[SALT], row) for row, line in zip(rows, told, strict=True)
    ]
    assert (tree.size, tree.root()) == (ROWS, root([line[LEAF] for line in told]))
    assert len({line[SALT] for line in told}) == ROWS
    assert list(tmp_path.iterdir()) == [file]


def test_without_rows_there_is_no_file(tmp_path: Path) -> None:
    for nothing in ([], TABLE.slice(0, 0).to_batches(), [next(batches([0])).slice(1)]):
        assert hash_rows(nothing, SCHEMA, "a table", tmp_path / "leaves.parquet").size == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("twin", [0, BATCH - 1, BATCH, ROWS - 1])
@pytest.mark.parametrize("far", [False, True])
def test_twins_are_refused(twin: int, far: bool, tmp_path: Path) -> None:
    order = list(range(ROWS))
    order.insert(0 if far else twin, twin)
    with pytest.raises(NotaryError, match=f"two rows with the key meter M{twin // 10:03}, minute {twin % 10}"):
        hash_rows(batches(order), SCHEMA, "a table", tmp_path / "leaves.parquet")
