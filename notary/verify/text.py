"""Values of a row as JSON holds them: one text for one value, so that nothing is rounded on the way.

NULL is null and a BOOLEAN true or false; everything else is a string, for JSON's numbers lose digits in many readers.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .row import Column, Schema, encode_cell, unscaled

_SHORT = 64
"""Characters of the longest number or time."""


def row_to_json(schema: Schema, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row, or some columns of one, as an object of JSON."""
    return {column.name: _write(column, row[column.name]) for column in schema.columns if column.name in row}


def row_from_json(schema: Schema, texts: Mapping[str, Any]) -> dict[str, Any]:
    """A row, or some columns of one, from an object of JSON.

    Raises:
        ValueError: It has columns that the schema has not, or has them in another order, or a text is none of its type.
    """
    columns = [column for column in schema.columns if column.name in texts]
    if list(texts) != [column.name for column in columns]:
        names = [column.name for column in schema.columns]
        raise ValueError(f"the row has the columns {list(texts)!s:.80}, the schema {names!s:.80}")
    return {column.name: _read(column, texts[column.name]) for column in columns}


def value_from_text(column: Column, text: str) -> Any:
    """A value as somebody types it: as in a proof, or with fewer digits after the point or of the time.

    Raises:
        ValueError: It is none of the column's type.
    """
    try:
        if column.kind == "BOOLEAN":
            return {"true": True, "false": False}[text.lower()]
        return _read(column, _write(column, _parse(column, text)))
    except (KeyError, ValueError, TypeError, OverflowError, ArithmeticError) as error:
        raise ValueError(f"{column.name}: {text!r:.80} is no {column.type}") from error


def _write(column: Column, value: Any) -> Any:
    if value is None or column.kind in ("BOOLEAN", "STRING"):
        return value
    match column.kind:
        case "BYTES":
            return value.hex()
        case "TIMESTAMP":
            moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return moment.isoformat(timespec="microseconds") + "Z"
        case "DATE":
            return value.isoformat()
        case "DECIMAL":
            digits, scale = column.numbers
            number = unscaled(value, digits, scale)
            text = f"{abs(number):0{scale + 1}}"
            return ("-" if number < 0 else "") + (f"{text[:-scale]}.{text[-scale:]}" if scale else text)
        case "DOUBLE":
            return repr(value + 0.0)
    return str(value)


def _read(column: Column, text: Any) -> Any:
    """The one value that is written like this; what is only nearly so, such as 1.50000 or -0, is refused."""
    if text is None:
        return None
    try:
        value = _parse(column, text)
        if _write(column, value) == text:
            encode_cell(column, value)  # Which knows the range of the type.
            return value
    except (ValueError, TypeError, OverflowError, ArithmeticError):
        pass
    raise ValueError(f"{column.name}: {text!r:.80} is no {column.type}")


def _parse(column: Column, text: Any) -> Any:
    if column.kind == "BOOLEAN":
        if type(text) is bool:
            return text
        raise TypeError
    if type(text) is not str:
        raise TypeError
    if column.kind == "STRING":
        text.encode()  # A lone surrogate is no text.
        return text
    if column.kind == "BYTES":
        return bytes.fromhex(text)
    if len(text) > _SHORT:
        raise ValueError
    match column.kind:
        case "INT" | "BIGINT":
            return int(text)
        case "DATE":
            return date.fromisoformat(text)
        case "TIMESTAMP":
            return datetime.fromisoformat(text.removesuffix("Z"))
        case "DECIMAL":
            return Decimal(text)
    return float(text)
