"""Schemas and rows, at random, over all types of the contracts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from notary.verify.row import Column, Schema

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def _decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    # Not by arithmetic: that rounds to 28 digits.
    return st.integers(-most, most).map(lambda n: Decimal((int(n < 0), tuple(map(int, str(abs(n)))), -scale)))


def values(kind: str) -> st.SearchStrategy[Any]:
    """Values of a type, such as DECIMAL(10,3)."""
    name, _, numbers = kind.rstrip(")").partition("(")
    if name == "DECIMAL":
        precision, scale = map(int, numbers.split(","))
        return _decimals(precision, scale)
    if kind == "TIMESTAMP(3)":
        return values("TIMESTAMP(6)").map(lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000))
    return {
        "STRING": TEXT,
        "BYTES": st.binary(max_size=40),
        "BOOLEAN": st.booleans(),
        "INT": st.integers(-(1 << 31), (1 << 31) - 1),
        "BIGINT": st.integers(-(1 << 63), (1 << 63) - 1),
        "DATE": st.dates(date(1, 1, 1), date(9999, 12, 31)),
        "TIMESTAMP": st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
        "DOUBLE": st.floats(),
    }[name]


KINDS = st.one_of(
    st.sampled_from(["STRING", "BYTES", "BOOLEAN", "INT", "BIGINT", "DATE", "TIMESTAMP(3)", "TIMESTAMP(6)", "DOUBLE"]),
    st.integers(1, 38).flatmap(lambda p: st.integers(0, p).map(lambda s: f"DECIMAL({p},{s})")),
)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """A table of one to eight columns."""
    kinds = draw(st.lists(KINDS, min_size=1, max_size=8))
    columns = [Column(f"c{number}", kind) for number, kind in enumerate(kinds)]
    return Schema("dws.trial", tuple(columns), (columns[0].name,), draw(st.booleans()))


def rows(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of a table; any value may be null."""
    return st.fixed_dictionaries({c.name: st.none() | values(c.type) for c in schema.columns})
