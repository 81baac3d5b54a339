"""Tables in this process, asked in Spark's SQL."""

from typing import Any

import duckdb
import sqlglot


class Duck:
    """Answers in the place of the endpoint."""

    def __init__(self) -> None:
        self.tables = duckdb.connect()
        self.tables.execute("CREATE SCHEMA ods")

    def query(self, sql: str) -> Any:
        """Rows of a query of Spark's."""
        rows = self.tables.execute(sqlglot.transpile(sql, read="spark", write="duckdb")[0]).fetchall()
        return type("Result", (), {"rows": rows})

    def fill(self, name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        """Make a table."""
        self.tables.execute(f"CREATE TABLE {name} ({columns})")
        self.tables.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
