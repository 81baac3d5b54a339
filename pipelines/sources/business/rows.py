"""Single rows of the business tables, read and written within the caller's transaction."""

from collections.abc import Mapping

from pipelines.sources.business.database import Connection
from pipelines.sources.grid import TABLE_KEYS, Row
from pipelines.sources.grid.rows import Key, Value


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
            f"SELECT * FROM {table} WHERE {TABLE_KEYS[table]} = %s" + (" FOR UPDATE" if lock else ""),
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
            f"SELECT {column} FROM {table} WHERE {column} BETWEEN %s AND %s ORDER BY {column}",
            (first, last),
        )
        return [row[column] for row in cursor.fetchall()]


def insert_row(connection: Connection, table: str, row: Mapping[str, Value]) -> None:
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
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
            [row[name] for name in columns],
        )


def update_row(connection: Connection, table: str, key: Key, values: Mapping[str, Value]) -> int:
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
            f"UPDATE {table} SET {assignments} WHERE {TABLE_KEYS[table]} = %s",
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
        return cursor.execute(f"DELETE FROM {table} WHERE {TABLE_KEYS[table]} = %s", (key,))
