"""Business database to DIM and DWD: every row of now, column by column."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pipelines.reconcile.line import Line
from pipelines.settings import PipelineSettings
from pipelines.sources.business.database import connect
from pipelines.sql.client import SqlClient
from warehouse.catalog import CURRENT, Catalog
from warehouse.contract import Table

_EXAMPLES = 3


def compare_business(settings: PipelineSettings, catalog: Catalog, sql: SqlClient) -> list[Line]:
    """One line a business table: its rows now, and those of them that the lake holds with equal columns.

    Raises:
        PipelineError: The database or the SQL endpoint does not answer.
    """
    lines = []
    with connect(settings, "reader") as connection, connection.cursor() as cursor:
        for source, table in _pairs(catalog):
            columns = [c for c in table.column_names if c in {f.name for f in source.fields}]
            key = [c for c in table.key if c != "valid_from"]
            quoted = ", ".join(f"`{c}`" for c in columns)
            cursor.execute(f"SELECT {quoted} FROM `{source.origin.name}`")
            theirs = {_key(row, key): row for row in cursor.fetchall()}
            name = table.name + CURRENT if table.history else table.name
            ours = {_key(row, key): row for row in sql.query(f"SELECT {', '.join(columns)} FROM {name}").records()}
            lines.append(_line(source.origin.name, name, theirs, ours))
    return lines


def _pairs(catalog: Catalog) -> list[tuple[Table, Table]]:
    """Each change table with the table that keeps the current state of it."""
    pairs = []
    for source in catalog:
        if source.source and source.source.kind == "mysql":
            name = source.origin.name
            state = next((t for t in (f"dim.{name}", f"dwd.{name}") if t in catalog.tables), None)
            if state:
                pairs.append((source, catalog.table(state)))
    return pairs


def _key(row: dict[str, Any], key: list[str]) -> tuple[Any, ...]:
    return tuple(row[c] for c in key)


def _line(source: str, name: str, theirs: dict[Any, Any], ours: dict[Any, Any]) -> Line:
    equal = sum(1 for k, row in theirs.items() if k in ours and _plain(row) == _plain(ours[k]))
    surplus = [k for k in ours if k not in theirs]
    differing = [k for k, row in theirs.items() if k not in ours or _plain(row) != _plain(ours[k])]
    notes = []
    if differing:
        notes.append(f"missing or different: {_some(differing)}")
    if surplus:
        notes.append(f"not in the database: {_some(surplus)}")
    # A surplus row counts against the equal ones: the numbers agree only if the two sets are the same.
    here = Decimal(equal - len(surplus))
    return Line(name, f"rows of {source}, all columns", Decimal(len(theirs)), here, "; ".join(notes))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _comparable(value) for name, value in row.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date | Decimal | str) or value is None:
        return value
    return int(value)


def _some(keys: list[tuple[Any, ...]]) -> str:
    shown = ", ".join("/".join(map(str, key)) for key in sorted(keys)[:_EXAMPLES])
    return shown + (f" and {len(keys) - _EXAMPLES} more" if len(keys) > _EXAMPLES else "")
