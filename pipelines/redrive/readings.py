"""What tells one reading from another, and which of them the lake holds already."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pipelines.errors import PipelineError
from pipelines.redrive.parse import Identity
from pipelines.sql.client import SqlClient
from warehouse.catalog import Catalog
from warehouse.table import Table


def identity_columns(catalog: Catalog, table: Table) -> tuple[str, str]:
    """Key and time of the facts of an ODS table: of several messages with both alike the first counts.

    Raises:
        PipelineError: No transform joins these facts by ``as_of``.
    """
    for join in catalog.joins.values():
        if join.facts == table.name:
            return join.key, join.time
    raise PipelineError(
        f"no transform joins {table.name} by as_of, so nothing says which of its messages are the same",
        "see as_of in docs/architecture.md",
        2,
    )


def found_in_lake(catalog: Catalog, table: Table, sql: SqlClient, identities: Sequence[Identity]) -> set[Identity]:
    """Those of the identities that a row of the table has.

    Raises:
        PipelineError: The SQL endpoint does not answer.
    """
    if not identities:
        return set()
    key, time = (table.column(name) for name in identity_columns(catalog, table))
    # Hexadecimal: a key is what somebody sent, and must not be read as SQL.
    values = ", ".join(f"({n}, {_hex(k)}, {_hex(t)})" for n, (k, t) in enumerate(identities))
    days = ", ".join(f"'{day}'" for day in sorted({_day(t, catalog.settings.grid_timezone) for _, t in identities}))
    rows = sql.query(
        f"SELECT DISTINCT wanted.place FROM VALUES {values} AS wanted(place, k, t)"
        f" JOIN {table.name} AS r ON r.{key.name} = CAST(wanted.k AS {key.type.spark})"
        f" AND r.{time.name} = CAST(wanted.t AS {time.type.spark})"
        f" WHERE r.{table.partition_by[0]} IN ({days})"
    ).rows
    return {identities[int(place)] for (place,) in rows}


def _hex(text: str) -> str:
    return f"DECODE(X'{text.encode().hex()}', 'UTF-8')"


def _day(time: str, zone: str) -> str:
    return f"{datetime.fromisoformat(time).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d}"
