"""Talking to the business database, each purpose as the user that may do just that."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

import pymysql
from pydantic import SecretStr
from pymysql.constants import CLIENT
from pymysql.cursors import DictCursor

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from stack import tls

Role: TypeAlias = Literal["app", "cdc", "reader"]
SCHEMA_FILE = Path(__file__).parent / "schema.sql"

Connection: TypeAlias = "pymysql.Connection[DictCursor]"

# Codes of MariaDB that mean: nobody there, and not let in.
NOT_THERE = {2002, 2003, 2006, 2013}
NOT_LET_IN = {1044, 1045, 1142, 1049}


@contextmanager
def connect(settings: PipelineSettings, role: Role = "app") -> Iterator[Connection]:
    """Opens a connection whose transactions are ended by the caller.

    Args:
        settings: Where the database is, and the passwords.
        role: The business application, the change log's reader, or one that only selects.

    Raises:
        PipelineError: The database does not answer, or refuses what is asked of it.
    """
    where = f"{settings.database_host}:{settings.database_port}"
    user = f"gridseal_{role}"
    password: SecretStr = getattr(settings, f"database_{role}_password")
    try:
        connection = pymysql.connect(
            host=settings.database_host,
            port=settings.database_port,
            user=user,
            password=password.get_secret_value(),
            database=settings.database_name,
            charset="utf8mb4",
            cursorclass=DictCursor,
            connect_timeout=10,
            # An update that finds its row counts it, whether values change or not.
            client_flag=CLIENT.FOUND_ROWS,
            ssl=tls.client_context(settings.tls_dir) if settings.tls_dir else None,
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
            message = f"database at {where} does not let {user} in ({error.args[-1]})"
            raise PipelineError(
                message, f"check GRIDSEAL_DATABASE_{role.upper()}_PASSWORD in .env; see `gridseal doctor`", 2
            ) from error
        raise PipelineError(f"database at {where} refuses: {error}", "see `gridseal doctor`", 1) from error


def create_schema(connection: Connection) -> None:
    """Creates the tables that are missing.

    Args:
        connection: Open connection.
    """
    text = "\n".join(line for line in SCHEMA_FILE.read_text("utf-8").splitlines() if not line.lstrip().startswith("--"))
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
