"""The fast leaves and trees are those of the specification, over random schemas, values, nulls and slices."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary.bulk import lanes
from notary.bulk.leaves import LeafMaker
from notary.bulk.trees import Levels, Tree
from notary.verify.hashes import EMPTY_ROOT
from notary.verify.row import MAX_ROW_BYTES, Column, Schema, leaf
from notary.verify.tree import inclusion_path, root
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
        return pa.decimal128(*column.numbers)
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


def decimals(text: str, digits: int, scale: int) -> pa.Array:
    return pa.array([Decimal(text)], pa.decimal128(digits, scale))


NOON = pa.array([datetime(2026, 1, 1, 13)], pa.timestamp("us"))
WRONG = [
    ("BOOLEAN", pa.array([5])),
    ("BOOLEAN", pa.array(["1"])),
    ("INT", pa.array([1 << 40])),
    ("INT", pa.array(["007"])),
    ("INT", pa.array([True])),
    ("BIGINT", pa.array([1.5])),
    ("BIGINT", NOON),
    ("BIGINT", pa.array([1 << 63], pa.uint64())),
    ("DATE", NOON),
    ("DATE", pa.array([10**8], pa.int32()).view(pa.date32())),
    ("TIMESTAMP(6)", pa.array([1500])),
    ("TIMESTAMP(6)", pa.array([1], pa.timestamp("ns"))),
    ("TIMESTAMP(6)", pa.array([1 << 62], pa.timestamp("us"))),
    ("TIMESTAMP(3)", pa.array([1], pa.timestamp("us"))),
    ("DECIMAL(10,3)", pa.array([1.5])),
    ("DECIMAL(10,1)", decimals("1.25", 10, 2)),
    ("DECIMAL(3,1)", decimals("100.0", 10, 1)),
    ("DOUBLE", decimals("9007199254740993", 16, 0)),
    ("DOUBLE", pa.array(["0.1"])),
    ("STRING", pa.array([b"\xff"])),
    ("STRING", pa.array([7])),
    ("STRING", pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())),
    ("BYTES", pa.array(["text"])),
]


@pytest.mark.parametrize(("kind", "array"), WRONG, ids=[f"{kind} of {array.type}" for kind, array in WRONG])
def test_what_is_not_of_its_type_is_refused_and_never_converted(kind: str, array: pa.Array) -> None:
    schema = Schema("dws.trial", (Column("c", kind),), ("c",))
    with pytest.raises(ValueError, match=r"^c: .* is no "):
        LeafMaker(schema).leaves(pa.RecordBatch.from_arrays([array], ["c"]), salts(1))


def test_offsets_that_lead_out_of_a_column_are_refused() -> None:
    offsets = pa.py_buffer(np.array([6000, *[0] * 63, 6000], np.int32).tobytes())
    array = pa.Array.from_buffers(pa.binary(), 64, [None, offsets, pa.py_buffer(bytes(6000))])
    schema = Schema("dws.trial", (Column("c", "BYTES"),), ("c",))
    with pytest.raises(ValueError, match=r"^c: binary is no BYTES: .*offset"):
        LeafMaker(schema).leaves(pa.RecordBatch.from_arrays([array], ["c"]), salts(64))


def test_a_row_that_no_proof_can_hold_is_refused() -> None:
    schema = Schema("dws.trial", (Column("c", "STRING"),), ("c",))
    with pytest.raises(ValueError, match=r"a row of dws\.trial has 2,097,153 bytes, at most 2,097,152"):
        made(schema, pa.RecordBatch.from_arrays([pa.array(["x" * (MAX_ROW_BYTES - 5)])], ["c"]))


def test_threads_share_a_maker() -> None:
    schema = Schema("dws.trial", (Column("number", "BIGINT"), Column("text", "STRING")), ("number",))
    batches = [batch_of(schema, [{"number": n * k, "text": f"{n}" * (k + 1)} for n in range(6000)]) for k in range(4)]
    maker = LeafMaker(schema)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda batch: maker.leaves(batch, salts(6000)).tobytes(), batches * 3))
    assert found == [maker.leaves(batch, salts(6000)).tobytes() for batch in batches] * 3


@pytest.mark.parametrize(
    ("kind", "stored", "value"),
    [
        ("TIMESTAMP(3)", pa.array([1_500], pa.timestamp("ms")), pa.array([1_500_000], pa.timestamp("us"))),
        ("TIMESTAMP(6)", pa.array([1_500], pa.timestamp("us", "UTC")), pa.array([1_500], pa.timestamp("us"))),
        ("STRING", pa.array(["a", "b", "a"]).dictionary_encode(), pa.array(["a", "b", "a"])),
        ("STRING", pa.array(["a"], pa.large_string()), pa.array(["a"])),
        ("INT", pa.array([7], pa.int64()), pa.array([7], pa.int32())),
        ("DECIMAL(10,3)", decimals("1.5", 5, 1), decimals("1.500", 10, 3)),
        ("DECIMAL(10,3)", decimals("1.5", 5, 1).dictionary_encode(), decimals("1.500", 10, 3)),
        ("DOUBLE", pa.array([0.5], pa.float32()), pa.array([0.5])),
        ("BYTES", pa.array([b"ab"], pa.binary(2)), pa.array([b"ab"])),
        ("DECIMAL(10,3)", pa.nulls(1), pa.nulls(1, pa.decimal128(10, 3))),
        ("STRING", pa.nulls(2), pa.nulls(2, pa.string())),
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


@pytest.mark.parametrize("leaves", [np.zeros((4, 31), np.uint8), np.zeros((4, 8), np.uint32), np.zeros(64, np.uint8)])
def test_leaves_of_another_shape_are_no_leaves(leaves: Any) -> None:
    with pytest.raises(ValueError, match=r"leaves are uint8\[n, 32\], not "):
        Tree().add(leaves)


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


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 21, 64, 100, 255])
def test_paths_are_looked_up_as_the_specification_makes_them(size: int) -> None:
    leaves = salts(size)
    hashes, levels = [leaf_.tobytes() for leaf_ in leaves], Levels(leaves)
    assert levels.root() == root(hashes)
    assert [levels.path(index) for index in range(size)] == [inclusion_path(hashes, index) for index in range(size)]
