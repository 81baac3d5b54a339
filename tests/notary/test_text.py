"""A row goes through JSON and comes back as the same bytes; what is no value is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary.verify.row import Column, Schema, encode_row
from notary.verify.text import row_from_json, row_to_json, value_from_text
from tests.notary.values import rows, schemas


@given(schemas().flatmap(lambda schema: st.tuples(st.just(schema), rows(schema))))
def test_there_and_back(drawn: tuple[Schema, dict[str, Any]]) -> None:
    schema, row = drawn
    back = row_from_json(schema, json.loads(json.dumps(row_to_json(schema, row))))
    assert encode_row(schema, back) == encode_row(schema, row)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("INT", 1),
        ("INT", "01"),
        ("INT", "+1"),
        ("INT", "1 "),
        ("INT", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("INT", "1e3"),
        ("INT", "2147483648"),
        ("INT", "-2147483649"),
        ("BIGINT", "9223372036854775808"),
        ("BIGINT", "9" * 5000),
        ("BOOLEAN", "true"),
        ("BOOLEAN", 1),
        ("STRING", 1),
        ("STRING", "\ud800"),
        ("STRING", ["x"]),
        ("BYTES", "0"),
        ("BYTES", "FF"),
        ("BYTES", "f f"),
        ("DATE", "2026-02-30"),
        ("DATE", "20260230"),
        ("TIMESTAMP(3)", "2026-11-20T12:00:00"),
        ("TIMESTAMP(3)", "2026-11-20T12:00:00.000000+01:00"),
        ("TIMESTAMP(3)", "2026-11-20T24:00:00.000000Z"),
        ("TIMESTAMP(3)", "2026-11-20T12:00:00.000001Z"),
        ("DECIMAL(10,3)", "1,5"),
        ("DECIMAL(10,3)", "1e3"),
        ("DECIMAL(10,3)", "NaN"),
        ("DECIMAL(10,3)", "1."),
        ("DOUBLE", "one"),
        ("DOUBLE", "1_0"),
        ("DOUBLE", "NaN"),
        ("DOUBLE", "9007199254740993"),
        ("DOUBLE", "9007199254740993.0"),
        ("DOUBLE", "1e+999"),
        ("DOUBLE", "0.99999999999999999"),
        ("DOUBLE", "-0.0"),
        ("INT", "-0"),
        ("DECIMAL(10,3)", "1.5"),
        ("DECIMAL(10,3)", "1.5000"),
        ("DECIMAL(10,3)", "-0.000"),
        ("DECIMAL(10,0)", "1."),
    ],
)
def test_what_is_no_value_is_refused_with_its_column_and_its_type(kind: str, text: Any) -> None:
    schema = Schema("dws.trial", (Column("c", kind),), ("c",))
    with pytest.raises(ValueError, match=r"^c: .{1,80} is no " + kind.replace("(", r"\(").replace(")", r"\)")):
        row_from_json(schema, {"c": text})


@pytest.mark.parametrize("value", [0.012345678901234568, 0.00012345678901234567, 5e-324, 1.7976931348623157e308])
def test_a_double_is_written_with_all_its_digits(value: float) -> None:
    schema = Schema("dws.trial", (Column("c", "DOUBLE"),), ("c",))
    assert row_from_json(schema, row_to_json(schema, {"c": value})) == {"c": value}


@pytest.mark.parametrize("texts", [{"b": "1", "a": "1"}, {"a": "1", "b": "1", "c": "1"}, {"c": "1"}])
def test_the_columns_of_a_row_are_those_of_its_schema_in_their_order(texts: dict[str, Any]) -> None:
    schema = Schema("dws.trial", (Column("a", "INT"), Column("b", "INT")), ("a",))
    with pytest.raises(ValueError, match="the row has the columns"):
        row_from_json(schema, texts)


@pytest.mark.parametrize(
    ("kind", "typed", "written"),
    [
        ("INT", "7", "7"),
        ("INT", " 7", "7"),
        ("DECIMAL(10,3)", "1.5", "1.500"),
        ("DATE", "2026-11-20", "2026-11-20"),
        ("TIMESTAMP(3)", "2026-11-20 07:30", "2026-11-20T07:30:00.000000Z"),
        ("TIMESTAMP(3)", "2026-11-20T07:30:00+01:00", "2026-11-20T06:30:00.000000Z"),
        ("BOOLEAN", "True", "true"),
        ("STRING", "M00001", "M00001"),
        ("BYTES", "00FF", "00ff"),
    ],
)
def test_a_value_may_be_typed_with_less(kind: str, typed: str, written: str) -> None:
    column = Column("c", kind)
    schema = Schema("dws.trial", (column,), ("c",))
    value = row_to_json(schema, {"c": value_from_text(column, typed)})["c"]
    assert str(value).lower() == written.lower()


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("INT", "x"), ("INT", str(1 << 31)), ("DECIMAL(4,2)", "1.555"), ("TIMESTAMP(3)", "noon"), ("BOOLEAN", "yes")],
)
def test_what_is_typed_wrongly_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(ValueError, match=r"^c: .* is no "):
        value_from_text(Column("c", kind), typed)
