"""The fast leaves and trees are those of the specification, over random schemas, values, nulls and slices."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary.bulk import lanes
from notary.bulk.leaves import LeafMaker
from notary.bulk.trees import Tree
from notary.verify.hashes import EMPTY_ROOT
from notary.verify.row import Column, Schema, leaf
from notary.verify.tree import root
from tests.notary.values import rows, schemas

ARROW = {
    "STRING": pa.string(),
    "BYTES": pa.binary(),
    "BOOLEAN": pa.bool_(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "DOUBLE": pa.float64(),
}


def arrow_type(column: Column) -> pa.DataType:
    if column.kind == "DECIMAL":
        return pa.decimal128(int(column.type[8:].partition(",")[0]), column.scale)
    return ARROW[column.kind]


def batch_of(schema: Schema, records: list[dict[str, Any]]) -> pa.RecordBatch:
    arrays = [pa.array([record[c.name] for record in records], arrow_type(c)) for c in schema.columns]
    return pa.RecordBatch.from_arrays(arrays, [c.name for c in schema.columns])


def salts(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 32), np.uint8)


def by_specification(schema: Schema, records: list[dict[str, Any]]) -> list[bytes]:
    return [leaf(schema, salt.tobytes(), record) for salt, record in zip(salts(len(records)), records, strict=True)]


def made(schema: Schema, batch: pa.RecordBatch) -> list[bytes]:
    return [row.tobytes() for row in LeafMaker(schema).leaves(batch, salts(len(batch)))]


@given(schemas().flatmap(lambda schema: st.tuples(st.just(schema), st.lists(rows(schema), max_size=40))))
@settings(max_examples=300, deadline=None)
def test_leaves_of_any_rows(drawn: tuple[Schema, list[dict[str, Any]]]) -> None:
    schema, records = drawn
    assert made(schema, batch_of(schema, records)) == by_specification(schema, records)


@given(
    schemas().flatmap(lambda schema: st.tuples(st.just(schema), st.lists(rows(schema), min_size=12, max_size=40))),
    st.integers(0, 11),
)
@settings(deadline=None)
def test_leaves_of_a_slice(drawn: tuple[Schema, list[dict[str, Any]]], first: int) -> None:
    """Arrow's buffers begin before a slice, its bitmaps in the midst of a byte."""
    schema, records = drawn
    batch = batch_of(schema, records).slice(first)
    assert made(schema, batch) == by_specification(schema, records[first:])


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, *range(40, 60), 890, 953, 954, 955, 1024, 5000, 70_000])
def test_a_row_of_any_length(length: int) -> None:
    """Around a block of 64 bytes and a chunk of 1,024, beside rows of other lengths, behind a boolean at the edge."""
    schema = Schema("dws.trial", (Column("text", "STRING"), Column("flag", "BOOLEAN")), ("text",))
    records: list[dict[str, Any]] = []
    for number in range(40):
        records.append({"text": "x" * (length if number % 3 else number), "flag": number % 2 == 0})
    assert made(schema, batch_of(schema, records)) == by_specification(schema, records)


def test_rows_of_many_chunks() -> None:
    schema = Schema("dws.trial", (Column("number", "BIGINT"), Column("text", "STRING")), ("number",))
    records = [{"number": number, "text": None if number % 5 == 0 else f"{number}" * 3} for number in range(5000)]
    assert made(schema, batch_of(schema, records)) == by_specification(schema, records)


@pytest.mark.parametrize(
    ("kind", "array"),
    [
        ("INT", pa.array([1 << 40])),
        ("BIGINT", pa.array([1.5])),
        ("TIMESTAMP(6)", pa.array([1], pa.timestamp("ns"))),
        ("DECIMAL(10,3)", pa.array([1.5])),
        ("DECIMAL(10,1)", pa.array(["1.25"]).cast(pa.decimal128(10, 2))),
        ("STRING", pa.array([b"\xff"])),
    ],
)
def test_a_column_that_would_lose_something_is_refused(kind: str, array: pa.Array) -> None:
    schema = Schema("dws.trial", (Column("c", kind),), ("c",))
    with pytest.raises(ValueError, match=r"^c: .* cannot be read as "):
        LeafMaker(schema).leaves(pa.RecordBatch.from_arrays([array], ["c"]), salts(1))


@pytest.mark.parametrize(
    ("kind", "stored", "value"),
    [
        ("TIMESTAMP(3)", pa.array([1_500], pa.timestamp("ms")), pa.array([1_500_000], pa.timestamp("us"))),
        ("TIMESTAMP(6)", pa.array([1_500], pa.timestamp("us", "UTC")), pa.array([1_500], pa.timestamp("us"))),
        ("STRING", pa.array(["a", "b", "a"]).dictionary_encode(), pa.array(["a", "b", "a"])),
        ("STRING", pa.array(["a"], pa.large_string()), pa.array(["a"])),
        ("INT", pa.array([7], pa.int64()), pa.array([7], pa.int32())),
    ],
)
def test_a_value_is_the_same_however_a_file_stores_it(kind: str, stored: pa.Array, value: pa.Array) -> None:
    schema = Schema("dws.trial", (Column("c", kind),), ("c",))
    one, other = (pa.RecordBatch.from_arrays([array], ["c"]) for array in (stored, value))
    assert made(schema, one) == made(schema, other)


def test_columns_may_come_in_any_order_and_none_may_be_missing() -> None:
    schema = Schema("dws.trial", (Column("a", "INT"), Column("b", "STRING")), ("a",))
    batch = batch_of(schema, [{"a": 1, "b": "x"}])
    turned = pa.RecordBatch.from_arrays([batch.column("b"), batch.column("a")], ["b", "a"])
    assert made(schema, turned) == made(schema, batch)
    with pytest.raises(ValueError, match=r"the rows have the columns \['a'\], the schema of dws\.trial \['a', 'b'\]"):
        made(schema, pa.RecordBatch.from_arrays([batch.column("a")], ["a"]))


def test_each_row_has_a_salt() -> None:
    schema = Schema("dws.trial", (Column("a", "INT"),), ("a",))
    with pytest.raises(ValueError, match="1 rows need as many salts of 32 bytes"):
        LeafMaker(schema).leaves(batch_of(schema, [{"a": 1}]), salts(2))


def hashes(count: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (count, 32), np.uint8)


@pytest.mark.parametrize("size", [*range(1, 70), 127, 128, 129, 255, 256, 257, 300, 1000])
def test_the_root_of_a_tree_of_any_size(size: int) -> None:
    leaves = hashes(size)
    assert Tree().add(leaves).root() == root([row.tobytes() for row in leaves])


@given(st.lists(st.integers(0, 80), max_size=8))
@settings(deadline=None)
def test_a_tree_grows_in_any_steps(steps: list[int]) -> None:
    leaves, tree, first = hashes(sum(steps)), Tree(), 0
    for step in steps:
        tree.add(leaves[first : first + step])
        first += step
    assert tree.size == first
    assert tree.root() == root([row.tobytes() for row in leaves])


def test_a_tree_of_nothing() -> None:
    assert Tree().root() == EMPTY_ROOT


def test_a_kernel_that_errs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    hash_messages = lanes.hash_messages

    def one_bit(memory: Any, starts: Any, lengths: Any, out: Any) -> None:
        hash_messages(memory, starts, lengths, out)
        out[-1, 7] ^= 1

    lanes.self_test()
    monkeypatch.setattr(lanes, "hash_messages", one_bit)
    with pytest.raises(ArithmeticError, match="differs from the blake3 package on this processor"):
        lanes.self_test()
