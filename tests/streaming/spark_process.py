"""What the tests let Spark do to a lake on this machine, in a process of its own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipelines.batch.spark import Made, make
from pipelines.settings import PipelineSettings
from pipelines.sql.server import RELATIONS, answer
from pipelines.sql.session import WRITE_OPTIONS, Tables, open_session
from pipelines.streaming.hudi import table_path
from warehouse.catalog import load_catalog


def query(
    settings: PipelineSettings, statements: Sequence[str], unguarded: bool = False
) -> list[list[tuple[Any, ...]]]:
    """Rows of statements about the tables of the lake.

    Args:
        settings: Where the lake is.
        statements: Spark SQL about dws.meter_day.
        unguarded: Without the options that keep a table's version.
    """
    session: Any = open_session(settings, RELATIONS)
    Tables(session, load_catalog(settings), settings).ensure("dws.meter_day")
    # As the parser of the endpoint does before each statement.
    session._jsparkSession.sessionState().catalog().invalidateAllCachedTables()
    if unguarded:
        for option in WRITE_OPTIONS:
            session.conf.unset(option)
    return [[tuple(row) for row in session.sql(statement).collect()] for statement in statements]


def put(settings: PipelineSettings, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Make these the rows of a table of the lake; columns that are not said are 1, or x."""
    session = open_session(settings)
    table = load_catalog(settings).table(name)
    schema = ", ".join(f"`{c.name}` {c.type.spark}" for c in table.columns)
    plain = {"STRING": "x", "DECIMAL": Decimal(1), "TIMESTAMP": datetime(2026, 11, 20)}
    filled = [tuple(row.get(c.name, plain.get(c.type.name, 1)) for c in table.columns) for row in rows]
    options = {
        **WRITE_OPTIONS,
        "hoodie.table.name": name.split(".")[1],
        "hoodie.database.name": table.layer,
        "hoodie.datasource.write.operation": "insert_overwrite_table",
        "hoodie.datasource.write.recordkey.field": ",".join(table.key),
        "hoodie.datasource.write.partitionpath.field": ",".join(table.partition_by),
        "hoodie.datasource.write.hive_style_partitioning": "true",
    }
    frame = session.createDataFrame(filled, schema)
    frame.write.format("hudi").options(**options).mode("append").save(table_path(table, settings.lake_uri))


def made(settings: PipelineSettings, name: str, partitions: Sequence[str] | None) -> tuple[Made, list[dict[str, Any]]]:
    """Make partitions of a table; what was done, and all of its rows, the names of their files among them."""
    session, catalog = open_session(settings), load_catalog(settings)
    table, known = catalog.table(name), Tables(session, catalog, settings)
    done = make(lambda: (session, known), catalog, table, partitions, {})
    known.ensure(name)
    columns = ", ".join((*table.column_names, "_hoodie_file_name"))
    found = session.sql(f"SELECT {columns} FROM {name} ORDER BY {', '.join(table.key)}").collect()
    return done, [row.asDict() for row in found]


def asked_at_once(settings: PipelineSettings, sql: str, times: int) -> list[dict[str, Any]]:
    """Answers of the SQL endpoint to a query that comes from as many clients at the same moment, before any other."""
    session, catalog = open_session(settings, RELATIONS), load_catalog(settings)
    tables = Tables(session, catalog, settings)
    with ThreadPoolExecutor(times) as pool:
        answers = [pool.submit(answer, {"sql": sql}, session, tables, catalog) for _ in range(times)]
    return [one.result() for one in answers]
