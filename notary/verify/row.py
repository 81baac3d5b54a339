"""A row as bytes: what is hashed is the row itself, never the file that holds it."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from blake3 import blake3

from .hashes import SIZE, leaf_hash, lengthened, named_hash

TAGS = {
    "STRING": 1,
    "BYTES": 2,
    "BOOLEAN": 3,
    "INT": 4,
    "BIGINT": 4,
    "DATE": 5,
    "TIMESTAMP": 6,
    "DECIMAL": 7,
    "DOUBLE": 8,
}
"""First byte of a cell by the name of its type."""

TYPES = frozenset(
    {"STRING", "BYTES", "BOOLEAN", "INT", "BIGINT", "DATE", "TIMESTAMP(3)", "TIMESTAMP(6)", "DOUBLE"}
    | {f"DECIMAL({digits},{scale})" for digits in range(1, 39) for scale in range(digits + 1)}
)
"""All types, as contracts write them."""

MAX_ROW_BYTES = 2 << 20
"""Of the cells of a row: what is sealed must fit a proof file."""

_Value = TypeVar("_Value")
_EPOCH = datetime(1970, 1, 1)
_ONE_NAN = bytes.fromhex("000000000000f87f")


@dataclass(frozen=True)
class Column:
    """A column of a schema; ``type`` as in the contract, such as DECIMAL(10,3)."""

    name: str
    type: str

    @property
    def kind(self) -> str:
        """The type without its numbers."""
        return self.type.partition("(")[0]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the type: digits of a DECIMAL in all and after the point, those of a TIMESTAMP's second."""
        return tuple(int(number) for number in self.type.rstrip(")").partition("(")[2].split(",") if number)


@dataclass(frozen=True)
class Schema:
    """What the rows of a sealed partition are.

    Attributes:
        table: Such as ads.customer_daily_bill.
        columns: In the order of their cells.
        key: Names of the columns by which rows are sorted, and none is there twice.
        disclosable: Whether a proof may show some cells of a row and hide others: each has a hash and a salt.
    """

    table: str
    columns: Sequence[Column]
    key: Sequence[str]
    disclosable: bool = False

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return [column.name for column in self.columns]

    @cached_property
    def id(self) -> bytes:
        """Hash of all that it says: a leaf of one schema is never one of another, even if the cells are alike."""
        columns = [text for column in self.columns for text in (column.name, column.type)]
        parts = ([self.table], columns, self.key, ["cells" if self.disclosable else "row"])
        return named_hash("schema", lengthened(*(lengthened(*(text.encode() for text in texts)) for texts in parts)))


def encode_row(schema: Schema, row: Mapping[str, Any]) -> bytes:
    """Cells of a row, one after the other.

    Raises:
        ValueError: The row has other columns than the schema, a value is none of its type, or the row is too long for
            a proof.
    """
    if row.keys() != set(schema.names):
        raise ValueError(f"the row has the columns {sorted(row)}, the schema of {schema.table} {sorted(schema.names)}")
    encoded = b"".join(encode_cell(column, row[column.name]) for column in schema.columns)
    if len(encoded) > MAX_ROW_BYTES:
        raise ValueError(f"a row of {schema.table} has {len(encoded):,} bytes, at most {MAX_ROW_BYTES:,}")
    return encoded


def encode_cell(column: Column, value: Any) -> bytes:
    """A cell: tag of the type, 1 if it is null or 0, length of the value in 4 bytes, value.

    Raises:
        ValueError: The value is none of the column's type.
    """
    if column.type not in TYPES:
        raise ValueError(f"{column.name}: {column.type} is no type")
    head = bytes([TAGS[column.kind], value is None])
    try:
        return head + lengthened(b"" if value is None else _encode_value(column, value))
    except (TypeError, OverflowError, ArithmeticError, UnicodeError) as error:
        raise ValueError(f"{column.name}: {value!r:.80} is no {column.type}") from error


def leaf(schema: Schema, salt: bytes, row: Mapping[str, Any]) -> bytes:
    """Leaf of a row.

    Raises:
        ValueError: As ``encode_row``; or the salt is not of 32 bytes.
    """
    encoded = encode_row(schema, row)
    if not schema.disclosable:
        return leaf_hash(schema.id, salt, encoded)
    salts = cell_salts(schema, salt)
    return leaf_of_cells(
        schema, [cell_hash(schema, own, c, row[c.name]) for own, c in zip(salts, schema.columns, strict=True)]
    )


def cell_salts(schema: Schema, salt: bytes) -> list[bytes]:
    """The salts of a row's cells, made from that of the row: BLAKE3(salt | place in 8 bytes).

    Raises:
        ValueError: The salt is not of 32 bytes.
    """
    if len(salt) != SIZE:
        raise ValueError(f"a salt has {SIZE} bytes, this one has {len(salt)}")
    return [blake3(salt + place.to_bytes(8, "little")).digest() for place in range(len(schema.columns))]


def cell_hash(schema: Schema, salt: bytes, column: Column, value: Any) -> bytes:
    """What a cell is in the leaf of a disclosable row: BLAKE3(schema id | salt of the cell | cell).

    Raises:
        ValueError: The value is none of the column's type; or the salt is not of 32 bytes.
    """
    return leaf_hash(schema.id, salt, encode_cell(column, value))


def leaf_of_cells(schema: Schema, hashes: Sequence[bytes]) -> bytes:
    """Leaf of a disclosable row: BLAKE3(schema id | 32 zeros | hashes of its cells), which have salts already."""
    return leaf_hash(schema.id, bytes(SIZE), b"".join(hashes))


def key_of(schema: Schema, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Values by which rows are sorted: numbers and times by size, texts and bytes by their bytes, false before true.

    Raises:
        ValueError: A column of the key is missing or null, or its values have no order.
    """
    kinds = {column.name: column.kind for column in schema.columns}
    values = []
    for name in schema.key:
        value = row.get(name)
        if value is None or kinds[name] == "DOUBLE":
            raise ValueError(f"{name} is no key: it is {'missing or null' if value is None else 'a DOUBLE'}")
        # Code points sort like the bytes of UTF-8.
        values.append(value.astimezone(UTC).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value)
    return tuple(values)


def _encode_value(column: Column, value: Any) -> bytes:
    match column.kind:
        case "STRING":
            return _of(str, value).encode()
        case "BYTES":
            return _of(bytes, value)
        case "BOOLEAN":
            return bytes([_of(bool, value)])
        case "INT" | "BIGINT":
            number = _of(int, value)
            number.to_bytes(4 if column.kind == "INT" else 8, "little", signed=True)
            return number.to_bytes(8, "little", signed=True)
        case "DATE":
            return (_of(date, value) - _EPOCH.date()).days.to_bytes(8, "little", signed=True)
        case "TIMESTAMP":
            moment = _of(datetime, value)
            naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
            micros = (naive - _EPOCH) // timedelta(microseconds=1)
            if micros % 10 ** (6 - column.numbers[0]):
                raise ArithmeticError
            return micros.to_bytes(8, "little", signed=True)
        case "DECIMAL":
            return unscaled(_of(Decimal, value), *column.numbers).to_bytes(16, "little", signed=True)
    # One NaN, and zero has no sign.
    double = _of(float, value)
    return _ONE_NAN if double != double else struct.pack("<d", double + 0.0)


def _of(kind: type[_Value], value: Any) -> _Value:
    if type(value) is not kind:
        raise TypeError
    return value


def unscaled(value: Decimal, digits: int, scale: int) -> int:
    """The integer that a DECIMAL is at its scale.

    Raises:
        ArithmeticError: It would have to be rounded, or has more digits.
        TypeError: It is no number.
    """
    sign, figures, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise TypeError
    if not any(figures):
        return 0
    shift = exponent + scale
    # Neither is worth the power of ten of an exponent that somebody made up.
    if len(figures) + shift > digits or -shift > len(figures):
        raise ArithmeticError
    number = int("".join(map(str, figures)))
    whole, rest = (number * int(10**shift), 0) if shift >= 0 else divmod(number, int(10**-shift))
    if rest:
        raise ArithmeticError
    return -whole if sign else whole
