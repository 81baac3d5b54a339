"""Talking to the business database as the business application."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import pymysql
from pymysql.constants import CLIENT
from pymysql.cursors import DictCursor

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.grid import TABLE_KEYS, Row
from pipelines.sources.grid.rows import Key

USER = "gridseal_app"
SCHEMA_FILE = Path(__file__).parent / "schema.sql"

Connection: TypeAlias = "pymysql.Connection[DictCursor]"

# Codes of MariaDB that mean: nobody there, and not let in.
NOT_THERE = {2002, 2003, 2006, 2013}
NOT_LET_IN = {1044, 1045, 1142, 1049}


@contextmanager
def connect(settings: PipelineSettings) -> Iterator[Connection]:
    """Opens a connection whose transactions are ended by the caller.

    Args:
        settings: Where the database is, and the password of the application.

    Raises:
        PipelineError: The database does not answer, or refuses what is asked of it.
    """
    where = f"{settings.database_host}:{settings.database_port}"
    try:
        connection = pymysql.connect(
            host=settings.database_host,
            port=settings.database_port,
            user=USER,
            password=settings.database_app_password.get_secret_value(),
            database=settings.database_name,
            charset="utf8mb4",
            cursorclass=DictCursor,
            connect_timeout=10,
            # An update that finds its row counts it, whether values change or not.
            client_flag=CLIENT.FOUND_ROWS,
        )
        try:
            yield connection
        finally:
            connection.close()
    except pymysql.err.MySQLError as error:
        code = error.args[0] if error.args else 0
        if code in NOT_THERE:
            message, hint = (
                "no database answers",
                "see `gridseal status`; start the services with `gridseal up`",
            )
            raise PipelineError(f"{message} at {where} ({error.args[-1]})", hint, 3) from error
        if code in NOT_LET_IN:
            message = f"database at {where} does not let {USER} in ({error.args[-1]})"
            raise PipelineError(
                message, "check GRIDSEAL_DATABASE_APP_PASSWORD in .env; see `gridseal doctor`", 2
            ) from error
        raise PipelineError(f"database at {where} refuses: {error}", "see `gridseal doctor`", 1) from error


def create_schema(connection: Connection) -> None:
    """Creates the tables that are missing.

    Args:
        connection: Open connection.
    """
    text = "\n".join(
        line for line in SCHEMA_FILE.read_text("utf-8").splitlines() if not line.lstrip().startswith("--")
    )
    with connection.cursor() as cursor:
        for statement in filter(None, map(str.strip, text.split(";"))):
            # A table that exists is what is wanted, not worth a warning.
            cursor.execute(statement)


def set_clock(connection: Connection, instant: datetime | None) -> None:
    """Sets the session's clock, which the binary log and updated_at follow.

    Args:
        connection: Open connection.
        instant: Simulated time; None for the real time.
    """
    with connection.cursor() as cursor:
        if instant is None:
            cursor.execute("SET SESSION timestamp = DEFAULT")
        else:
            cursor.execute("SET SESSION timestamp = %s", (instant.timestamp(),))


def read_row(connection: Connection, table: str, key: Key, lock: bool = False) -> Row | None:
    """One row, or None.

    Args:
        connection: Open connection.
        table: Business table.
        key: Value of its key column.
        lock: Keep others from changing it until the transaction ends.
    """
    with connection.cursor() as cursor:
        # Names come from the declaration of the tables, never from outside; values are bound.
        cursor.execute(
            f"SELECT * FROM {table} WHERE {TABLE_KEYS[table]} = %s" + (" FOR UPDATE" if lock else ""),  # noqa: S608
            (key,),
        )
        row: Row | None = cursor.fetchone()
        return row


def read_keys(connection: Connection, table: str, first: int, last: int) -> list[int]:
    """Whole-number keys of a table, in order.

    Args:
        connection: Open connection.
        table: Business table.
        first: Smallest key.
        last: Largest key.
    """
    column = TABLE_KEYS[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {table} WHERE {column} BETWEEN %s AND %s ORDER BY {column}",  # noqa: S608
            (first, last),
        )
        return [row[column] for row in cursor.fetchall()]


def insert_row(connection: Connection, table: str, row: Mapping[str, Any]) -> None:
    """Inserts a row; updated_at is left to the session's clock.

    Args:
        connection: Open connection.
        table: Business table.
        row: The row.
    """
    columns = [name for name in row if name != "updated_at"]
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
            [row[name] for name in columns],
        )


def update_row(connection: Connection, table: str, key: Key, values: Mapping[str, Any]) -> int:
    """Updates columns of a row; updated_at moves even when no value does.

    Args:
        connection: Open connection.
        table: Business table.
        key: Value of its key column.
        values: New values.

    Returns:
        Number of rows with that key.
    """
    columns = [name for name in values if name != "updated_at"]
    assignments = ", ".join([*(f"{name} = %s" for name in columns), "updated_at = CURRENT_TIMESTAMP(6)"])
    with connection.cursor() as cursor:
        return cursor.execute(
            f"UPDATE {table} SET {assignments} WHERE {TABLE_KEYS[table]} = %s",  # noqa: S608
            [*(values[name] for name in columns), key],
        )


def delete_row(connection: Connection, table: str, key: Key) -> int:
    """Deletes a row.

    Args:
        connection: Open connection.
        table: Business table.
        key: Value of its key column.

    Returns:
        Number of rows with that key.
    """
    with connection.cursor() as cursor:
        return cursor.execute(f"DELETE FROM {table} WHERE {TABLE_KEYS[table]} = %s", (key,))  # noqa: S608
