"""Values of a row as JSON holds them: one text for one value, so that nothing is rounded on the way.

NULL is null and a BOOLEAN true or false; everything else is a string, for JSON's numbers lose digits in many readers.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .row import Column, Schema

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,37})(?:\.([0-9]{1,38}))?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)
_DOUBLE = re.compile(r"nan|-?inf|-?[0-9]{1,17}(?:\.[0-9]{1,17})?(?:e[+-][0-9]{1,3})?", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


def row_to_json(schema: Schema, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as an object of JSON.

    Raises:
        KeyError: The row lacks a column.
    """
    return {column.name: _write(column, row[column.name]) for column in schema.columns}


def row_from_json(schema: Schema, texts: Mapping[str, Any]) -> dict[str, Any]:
    """A row from an object of JSON.

    Raises:
        ValueError: It has other columns than the schema, or a text is none of its type.
    """
    names = [column.name for column in schema.columns]
    if list(texts) != names:
        raise ValueError(f"the row has the columns {list(texts)}, the schema {names}")
    return {column.name: _read(column, texts[column.name]) for column in schema.columns}


def _write(column: Column, value: Any) -> Any:
    if value is None or column.kind == "BOOLEAN":
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
            return f"{value:f}"
        case "DOUBLE":
            return repr(float(value))
    return str(value)


def _read(column: Column, text: Any) -> Any:
    if text is None:
        return None
    if column.kind == "BOOLEAN":
        if not isinstance(text, bool):
            raise _none_of_its_type(column, text)
        return text
    if not isinstance(text, str):
        raise _none_of_its_type(column, text)
    try:
        return _parse(column, text)
    except (ValueError, OverflowError) as error:
        raise _none_of_its_type(column, text) from error


def _parse(column: Column, text: str) -> Any:
    match column.kind:
        case "STRING":
            text.encode()  # A lone surrogate is no text.
            return text
        case "BYTES":
            return bytes.fromhex(_matched(_HEX, text))
        case "INT" | "BIGINT":
            return int(_matched(_INTEGER, text))
        case "DATE":
            return date.fromisoformat(_matched(_DATE, text))
        case "TIMESTAMP":
            return datetime.fromisoformat(_matched(_MOMENT, text).removesuffix("Z"))
        case "DECIMAL":
            return Decimal(_matched(_DECIMAL, text))
        case "DOUBLE":
            return float(_matched(_DOUBLE, text))
    raise ValueError(f"{column.type} is no type")


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError
    return text


def _none_of_its_type(column: Column, text: Any) -> ValueError:
    told = repr(text)
    return ValueError(f"{column.name}: {told if len(told) <= 80 else told[:77] + '...'} is no {column.type}")
