"""Column types: what Flink and Spark read alike is taken, all else is refused."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from warehouse.errors import WarehouseError
from warehouse.types import ColumnType, parse_type

# Spark's own name of each type without digits; the test's own list, not the library's.
SPARK_NAMES = {
    "STRING": "STRING",
    "INT": "INT",
    "BIGINT": "BIGINT",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "BYTES": "BINARY",
    "DOUBLE": "DOUBLE",
    "TIMESTAMP(3)": "TIMESTAMP",
    "TIMESTAMP(6)": "TIMESTAMP",
}
REFUSED = {
    "CHAR(3)": "write STRING",
    "VARCHAR(64)": "write STRING",
    "VARCHAR": "write STRING",
    "TIMESTAMP_LTZ(3)": "write TIMESTAMP(3) in UTC",
    "TIME": "write INT (seconds of the day)",
    "TIME(0)": "write INT (seconds of the day)",
    "TINYINT": "Spark reads INT; write INT",
    "SMALLINT": "Spark reads INT; write INT",
    "FLOAT": "write DECIMAL(p,s) or DOUBLE",
    "BINARY(8)": "write BYTES",
    "VARBINARY(8)": "write BYTES",
    "ARRAY<INT>": "write one row a value",
    "MAP<STRING, INT>": "write one row an entry",
    "ROW<a INT>": "write one column a field",
    "DECIMAL": "write DECIMAL(p,s) with s <= p <= 38",
    "DECIMAL(10)": "write DECIMAL(p,s) with s <= p <= 38",
    "DECIMAL(39,2)": "write DECIMAL(p,s) with s <= p <= 38",
    "DECIMAL(5,6)": "write DECIMAL(p,s) with s <= p <= 38",
    "DECIMAL(0,0)": "write DECIMAL(p,s) with s <= p <= 38",
    "TIMESTAMP": "write TIMESTAMP(3) or TIMESTAMP(6), in UTC",
    "TIMESTAMP(0)": "write TIMESTAMP(3) or TIMESTAMP(6), in UTC",
    "TIMESTAMP(9)": "write TIMESTAMP(3) or TIMESTAMP(6), in UTC",
    "TIMESTAMP(3,3)": "write TIMESTAMP(3) or TIMESTAMP(6), in UTC",
    "INT(11)": "allowed: STRING, INT",
    "INTEGER": "allowed: STRING, INT",
    "TEXT": "allowed: STRING, INT",
    "NUMERIC(10,3)": "allowed: STRING, INT",
    "TIMESTAMP(3) WITH TIME ZONE": "allowed: STRING, INT",
    "STRING NOT NULL": "allowed: STRING, INT",
    "": "allowed: STRING, INT",
}
NAMES = ("STRING", "INT", "BIGINT", "BOOLEAN", "DATE", "BYTES", "DOUBLE", "DECIMAL", "TIMESTAMP")
FULL_WIDTH_THREE = "\uff13"
OTHER_NAMES = ("VARCHAR", "CHAR", "TIME", "FLOAT", "TIMESTAMP_LTZ", "ARRAY", "NUMERIC", "INTEGER", "INTERVAL")


@pytest.mark.parametrize("text", REFUSED)
def test_refused_types_say_what_to_write_instead(text: str) -> None:
    with pytest.raises(WarehouseError, match=re.escape(REFUSED[text])) as refused:
        parse_type(text, "dws.site_day.energy")
    message = str(refused.value)
    assert message.startswith("dws.site_day.energy: type ")
    assert text in message
    assert refused.value.exit_code == 2
    assert refused.value.hint == "edit warehouse/dws/site_day/contract.odcs.yaml, then: gridseal tables"


@pytest.mark.parametrize("text", SPARK_NAMES)
def test_types_without_digits(text: str) -> None:
    kind = parse_type(f" {text.lower()} ", "t.c")
    assert (kind.flink, kind.spark, str(kind)) == (text, SPARK_NAMES[text], text)


@pytest.mark.parametrize("precision", range(1, 39))
def test_decimals(precision: int) -> None:
    for scale in range(precision + 1):
        text = f"DECIMAL({precision},{scale})"
        kind = parse_type(f"Decimal( {precision} , {scale} )", "t.c")
        assert (kind.precision, kind.scale, kind.flink, kind.spark, kind.logical) == (
            precision,
            scale,
            text,
            text,
            "number",
        )


def test_every_type_has_a_logical_type_of_the_standard() -> None:
    logical = {name: parse_type(name, "t.c").logical for name in SPARK_NAMES}
    assert logical == {
        "STRING": "string",
        "INT": "integer",
        "BIGINT": "integer",
        "BOOLEAN": "boolean",
        "DATE": "date",
        "BYTES": "string",
        "DOUBLE": "number",
        "TIMESTAMP(3)": "timestamp",
        "TIMESTAMP(6)": "timestamp",
    }


def _digits() -> st.SearchStrategy[str]:
    number = st.one_of(st.integers(0, 45).map(str), st.sampled_from(["", "-1", "x", "\u00b2", FULL_WIDTH_THREE]))
    space = st.sampled_from(["", " "])
    return st.builds(
        lambda numbers, s: f"({f'{s},{s}'.join(numbers)}{s})", st.lists(number, min_size=1, max_size=3), space
    )


TEXTS = st.one_of(
    st.text(max_size=30),
    st.builds(
        lambda name, digits, tail: name + digits + tail,
        st.one_of(st.sampled_from(NAMES), st.sampled_from(OTHER_NAMES), st.sampled_from(NAMES).map(str.lower)),
        st.one_of(st.just(""), _digits()),
        st.sampled_from(["", " ", " NOT NULL", ")", " WITH TIME ZONE"]),
    ),
)


@settings(deadline=None)
@given(TEXTS)
@example(f"DECIMAL({FULL_WIDTH_THREE},1)")
@example("DECIMAL(38,38)")
def test_any_text_is_refused_with_a_reason_or_read_alike_by_flink_and_spark(text: str) -> None:
    kind = _parse_or_refuse(text)
    if kind is None:
        with pytest.raises(WarehouseError, match=r"allowed: |write "):
            parse_type(text, "dws.site_day.energy")
        return
    assert parse_type(kind.flink, "t.c") == kind
    written = re.sub(r"\b0+(?=\d)", "", "".join(text.split()).upper())
    assert written == kind.flink
    assert exp.DataType.build(kind.spark, dialect="spark") == _spark_type(kind)


def _parse_or_refuse(text: str) -> ColumnType | None:
    try:
        return parse_type(text, "dws.site_day.energy")
    except WarehouseError:
        return None


def _spark_type(kind: ColumnType) -> exp.DataType:
    if decimal := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind.flink):
        assert 0 <= int(decimal[2]) <= int(decimal[1]) <= 38
        return exp.DataType.build(kind.flink, dialect="spark")
    return exp.DataType.build(SPARK_NAMES[kind.flink], dialect="spark")
