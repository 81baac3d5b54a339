"""Column types that Flink, Hudi and Spark store and read alike, and why the others are refused."""

import re
from dataclasses import dataclass

from warehouse.errors import WarehouseError

_EXACT = {"STRING", "INT", "BIGINT", "BOOLEAN", "DATE", "BYTES", "DOUBLE"}
_LOGICAL = {
    "STRING": "string",
    "INT": "integer",
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "BYTES": "string",
    "DOUBLE": "number",
    "DECIMAL": "number",
    "TIMESTAMP": "timestamp",
}
_REFUSED = {
    "CHAR": "Flink pads or cuts it, Spark reads a plain string; write STRING",
    "VARCHAR": "Flink cuts at the length, Spark reads a plain string; write STRING",
    "TIMESTAMP_LTZ": "Hudi's Flink writer stores local time, Spark reads it without a zone; write TIMESTAMP(3) in UTC",
    "TIME": "Spark has no such type; write INT (seconds of the day)",
    "TINYINT": "Avro has no such type, so Spark reads INT; write INT",
    "SMALLINT": "Avro has no such type, so Spark reads INT; write INT",
    "FLOAT": "Flink and Spark print and widen it differently; write DECIMAL(p,s) or DOUBLE",
    "BINARY": "Flink pads it to its length; write BYTES",
    "VARBINARY": "Flink cuts at the length; write BYTES",
    "ARRAY": "nested values have no canonical row; write one row a value",
    "MAP": "nested values have no canonical row; write one row an entry",
    "ROW": "nested values have no canonical row; write one column a field",
}
_TYPE = re.compile(r"^([A-Z_]+)(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$", re.ASCII)

ALLOWED = "STRING, INT, BIGINT, BOOLEAN, DATE, BYTES, DOUBLE, DECIMAL(p,s) with p <= 38, TIMESTAMP(3), TIMESTAMP(6)"


@dataclass(frozen=True)
class ColumnType:
    """A column type, such as DECIMAL(10,3).

    Attributes:
        name: STRING, INT, BIGINT, BOOLEAN, DATE, BYTES, DOUBLE, DECIMAL or TIMESTAMP.
        precision: Digits of a DECIMAL, or fractional digits of seconds of a TIMESTAMP; else 0.
        scale: Digits after the point of a DECIMAL; else 0.
    """

    name: str
    precision: int = 0
    scale: int = 0

    @property
    def logical(self) -> str:
        """The logicalType of the Open Data Contract Standard."""
        return _LOGICAL[self.name]

    @property
    def flink(self) -> str:
        """The type in Flink's DDL."""
        return str(self)

    @property
    def spark(self) -> str:
        """The type in Spark's DDL."""
        return {"TIMESTAMP": "TIMESTAMP", "BYTES": "BINARY"}.get(self.name, str(self))

    def __str__(self) -> str:
        if self.name == "DECIMAL":
            return f"DECIMAL({self.precision},{self.scale})"
        return f"{self.name}({self.precision})" if self.name == "TIMESTAMP" else self.name


def parse_type(text: str, where: str) -> ColumnType:
    """Read a physicalType of a contract.

    Args:
        text: Such as ``DECIMAL(10,3)``.
        where: Table and column, for the message.

    Raises:
        WarehouseError: The type is unknown, or Flink and Spark would read it differently.
    """
    match = _TYPE.match(text.strip().upper())
    name = match.group(1) if match else text.strip().upper().split("(")[0].split("<")[0]
    if name in _REFUSED:
        raise WarehouseError(f"{where}: type {text} is refused: {_REFUSED[name]}", _mend(where))
    if not match:
        raise WarehouseError(f"{where}: type {text!r} is not known; allowed: {ALLOWED}", _mend(where))
    first, second = (int(g) if g is not None else None for g in match.groups()[1:])
    if name in _EXACT and first is None:
        return ColumnType(name)
    if name == "DECIMAL" and first is not None and second is not None and 1 <= first <= 38 and second <= first:
        return ColumnType(name, first, second)
    if name == "DECIMAL":
        raise WarehouseError(
            f"{where}: type {text} is refused: without both digits Flink and Spark assume different ones;"
            " write DECIMAL(p,s) with s <= p <= 38",
            _mend(where),
        )
    if name == "TIMESTAMP" and first in (3, 6) and second is None:
        return ColumnType(name, first)
    if name == "TIMESTAMP":
        raise WarehouseError(
            f"{where}: type {text} is refused: Hudi stores milliseconds or microseconds only, and Flink and Spark"
            " assume different precisions; write TIMESTAMP(3) or TIMESTAMP(6), in UTC",
            _mend(where),
        )
    raise WarehouseError(f"{where}: type {text!r} is not known; allowed: {ALLOWED}", _mend(where))


def _mend(where: str) -> str:
    folder = where.rsplit(".", 1)[0].replace(".", "/")
    return f"edit warehouse/{folder}/contract.odcs.yaml, then: gridseal tables"
