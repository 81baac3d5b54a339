"""Rows as bytes: no two rows are the same bytes, and one row is always the same."""

import struct
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary.verify.row import MAX_ROW_BYTES, TYPES, Column, Schema, encode_cell, encode_row, leaf
from tests.notary.values import KINDS, rows, schemas, values
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

SALT = bytes(range(32))


def cell(kind: str, value: Any) -> bytes:
    return encode_cell(Column("c", kind), value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are one to whoever reads a table: there is one NaN and one zero."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (one != one and other != other)
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("STRING", "Ève", "01 00 04000000 c3887665"),
        ("STRING", "", "01 00 00000000"),
        ("STRING", None, "01 01 00000000"),
        ("BYTES", b"\x00\xff", "02 00 02000000 00ff"),
        ("BOOLEAN", True, "03 00 01000000 01"),
        ("INT", -2, "04 00 08000000 feffffffffffffff"),
        ("BIGINT", 1 << 40, "04 00 08000000 0000000000010000"),
        ("DATE", date(1970, 1, 11), "05 00 08000000 0a00000000000000"),
        ("DATE", date(1969, 12, 31), "05 00 08000000 ffffffffffffffff"),
        ("TIMESTAMP(3)", datetime(1970, 1, 1, 0, 0, 1), "06 00 08000000 40420f0000000000"),
        ("DECIMAL(10,3)", Decimal("1.5"), "07 00 10000000 dc050000000000000000000000000000"),
        ("DECIMAL(10,3)", Decimal("-0.001"), "07 00 10000000 ffffffffffffffffffffffffffffffff"),
        ("DOUBLE", -0.0, "08 00 08000000 0000000000000000"),
        ("DOUBLE", struct.unpack("<d", b"\x01\x00\x00\x00\x00\x00\xf0\xff")[0], "08 00 08000000 000000000000f87f"),
    ],
)
def test_cells_by_hand(kind: str, value: Any, written: str) -> None:
    assert cell(kind, value) == bytes.fromhex(written)


@given(KINDS.flatmap(lambda kind: st.tuples(st.just(kind), *[st.none() | values(kind)] * 2)))
def test_two_values_are_two_cells(drawn: tuple[str, Any, Any]) -> None:
    kind, one, other = drawn
    assert (cell(kind, one) == cell(kind, other)) == same(one, other)


@given(schemas().flatmap(lambda schema: st.tuples(st.just(schema), rows(schema), rows(schema))))
def test_two_rows_are_two_leaves(drawn: tuple[Schema, dict[str, Any], dict[str, Any]]) -> None:
    schema, one, other = drawn
    alike = all(same(one[name], other[name]) for name in one)
    assert (encode_row(schema, one) == encode_row(schema, other)) == alike
    assert (leaf(schema, SALT, one) == leaf(schema, SALT, other)) == alike


@given(schemas().flatmap(lambda schema: st.tuples(st.just(schema), rows(schema))))
def test_bytes_move_between_no_two_cells(drawn: tuple[Schema, dict[str, Any]]) -> None:
    """A reader who knows the schema alone cuts the cells apart again, with nothing left over."""
    schema, row = drawn
    left = encode_row(schema, row)
    for column in schema.columns:
        length = int.from_bytes(left[2:6], "little")
        assert left[: 6 + length] == encode_cell(column, row[column.name])
        left = left[6 + length :]
    assert left == b""


def test_text_is_as_it_was_given() -> None:
    assert cell("STRING", "é") != cell("STRING", "e\N{COMBINING ACUTE ACCENT}")


def test_a_decimal_is_its_value_however_it_is_written() -> None:
    assert len({cell("DECIMAL(10,3)", Decimal(text)) for text in ("1.5", "1.50", "1.500", "15E-1", "0.0015E3")}) == 1


def test_a_time_is_a_moment_whatever_its_zone() -> None:
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=2)))
    assert len({cell("TIMESTAMP(6)", moment) for moment in (noon, there, noon.replace(tzinfo=None))}) == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("INT", 1 << 31),
        ("BIGINT", 1 << 63),
        ("INT", True),
        ("BOOLEAN", 1),
        ("STRING", b"text"),
        ("BYTES", "bytes"),
        ("DATE", datetime(2026, 11, 20)),
        ("TIMESTAMP(3)", date(2026, 11, 20)),
        ("DECIMAL(10,3)", Decimal("0.0001")),
        ("DECIMAL(3,1)", Decimal("100.0")),
        ("DECIMAL(3,1)", Decimal("1E+999999999")),
        ("DECIMAL(3,1)", Decimal("1E-999999999")),
        ("TIMESTAMP(3)", datetime(2026, 11, 20, 0, 0, 0, 1)),
        ("DOUBLE", Decimal("NaN")),
        ("STRING", "\ud800"),
        ("DECIMAL(10,3)", Decimal("NaN")),
        ("DECIMAL(10,3)", 1.5),
        ("DECIMAL(38,0)", Decimal(1 << 127)),
        ("DOUBLE", 1),
        ("DOUBLE", "NaN"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^c: .* is no "):
        cell(kind, value)


def test_a_row_has_the_columns_of_its_schema() -> None:
    schema = Schema("dws.trial", (Column("a", "INT"), Column("b", "INT")), ("a",))
    for row in ({"a": 1}, {"a": 1, "b": 2, "c": 3}):
        with pytest.raises(ValueError, match=r"the schema of dws\.trial \['a', 'b'\]"):
            encode_row(schema, row)


def test_a_schema_is_told_by_all_that_it_says() -> None:
    a, b = Column("a", "INT"), Column("b", "INT")
    others = [
        Schema("dws.trial", (a, b), ("a",)),
        Schema("dws.other", (a, b), ("a",)),
        Schema("dws.trial", (b, a), ("a",)),
        Schema("dws.trial", (a, b), ("b",)),
        Schema("dws.trial", (a, b), ("a", "b")),
        Schema("dws.trial", (a, Column("b", "BIGINT")), ("a",)),
        Schema("dws.trial", (a, Column("bI", "NT")), ("a",)),
        Schema("dws.trial", (a,), ("a",)),
    ]
    assert len({schema.id for schema in others}) == len(others)
    row = {"a": 1, "b": 2}
    assert leaf(others[0], SALT, row) != leaf(others[1], SALT, row)


def test_every_type_of_the_lake_has_a_cell() -> None:
    kinds = {str(column.type) for table in load_catalog(WarehouseSettings()) for column in table.columns}
    assert kinds <= TYPES


@pytest.mark.parametrize("kind", ["CHAR(3)", "INT(3)", "DECIMAL(2,9)", "DECIMAL(39,0)", "TIMESTAMP(9)", ""])
def test_what_is_no_type_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="is no type"):
        cell(kind, None)


def test_a_row_that_no_proof_can_hold_is_refused() -> None:
    schema = Schema("dws.trial", (Column("text", "STRING"),), ("text",))
    assert len(encode_row(schema, {"text": "x" * (MAX_ROW_BYTES - 6)})) == MAX_ROW_BYTES
    with pytest.raises(ValueError, match=r"a row of dws\.trial has 2,097,153 bytes, at most 2,097,152"):
        encode_row(schema, {"text": "x" * (MAX_ROW_BYTES - 5)})
