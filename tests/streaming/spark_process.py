"""What the tests let Spark do to a lake on this machine, in a process of its own."""

from collections.abc import Sequence
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.sql.session import WRITE_OPTIONS, Tables, open_session
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
    session = open_session(settings)
    Tables(session, load_catalog(settings), settings).ensure("dws.meter_day")
    if unguarded:
        for option in WRITE_OPTIONS:
            session.conf.unset(option)
    return [[tuple(row) for row in session.sql(statement).collect()] for statement in statements]
