"""The client of the SQL endpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sql.server import key_file


@dataclass(frozen=True)
class Result:
    """Rows of a query.

    Attributes:
        columns: Name and Spark type of each column.
        rows: One tuple a row; decimals, dates and times as Python's own types, times without a zone in UTC.
    """

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(name for name, _ in self.columns)

    def records(self) -> list[dict[str, Any]]:
        """One dictionary a row."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


class SqlClient:
    """A connection to the endpoint; not for use by several threads at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def query(self, sql: str, as_of: datetime | None = None, timeout_s: float | None = None) -> Result:
        """Run a query.

        Args:
            sql: Spark SQL that reads; tables by their layer names.
            as_of: Read every table as it was then; a time with a zone.
            timeout_s: Wait that long at most; the connection is of no use after it was too short.

        Raises:
            PipelineError: The query is wrong, takes too long, or the endpoint has gone.
        """
        try:
            self._connection.send({"sql": sql, "as_of": as_of})
            if not self._connection.poll(timeout_s):
                raise PipelineError(f"the SQL endpoint has not answered within {timeout_s:.0f} s", "gridseal status", 3)
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise PipelineError(
                "the SQL endpoint has gone while it was asked", "gridseal status", exit_code=3
            ) from error
        if "error" in answer:
            raise PipelineError(answer["error"], answer["hint"], answer["exit_code"])
        return Result(tuple(answer["columns"]), tuple(answer["rows"]))


@contextmanager
def connect(settings: PipelineSettings, address: tuple[str, int]) -> Iterator[SqlClient]:
    """Open a connection to a running endpoint.

    Raises:
        PipelineError: It does not run, or its key cannot be read.
    """
    try:
        key = key_file(settings).read_bytes()
        connection = Client(address, family="AF_INET", authkey=key)
    except (OSError, EOFError, AuthenticationError) as error:
        raise PipelineError(
            f"the SQL endpoint {address[0]}:{address[1]} does not answer: {error}",
            "gridseal status",
            exit_code=3,
        ) from error
    with connection:
        yield SqlClient(connection)
