"""The SQL endpoint: keeps one Spark session warm and answers queries over loopback.

Whoever connects proves that it can read the key file (mode 0600) before a byte of a query is read.
"""

import os
import secrets
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sql.session import Tables, open_session
from pipelines.sql.time_travel import as_of, refuse_forgotten
from warehouse.catalog import Catalog
from warehouse.errors import WarehouseError
from warehouse.template import references

_READING_COMMANDS = ("Show", "Describe", "Explain")
RELATIONS = 1000


def key_file(settings: PipelineSettings) -> Path:
    """File of the key that client and server share."""
    return settings.var_dir / "run" / "sql.key"


def serve(settings: PipelineSettings, catalog: Catalog, address: tuple[str, int]) -> None:
    """Answer queries until the process is ended.

    Args:
        settings: Where the lake is.
        catalog: The tables.
        address: Host and port to listen on.
    """
    key = _make_key(key_file(settings))
    session = open_session(settings, RELATIONS)
    tables = Tables(session, catalog, settings)
    session.sql("SELECT 1").collect()
    with Listener(address, family="AF_INET", backlog=16, authkey=key) as listener:
        while True:
            try:
                connection = listener.accept()
            except (AuthenticationError, OSError, EOFError):  # A probe, or a client without the key.
                continue
            threading.Thread(target=_answer_all, args=(connection, session, tables, catalog), daemon=True).start()


def _make_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = secrets.token_bytes(32)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
    return key


def _answer_all(connection: Connection, session: Any, tables: Tables, catalog: Catalog) -> None:
    with connection:
        while True:
            try:
                request = connection.recv()
            except (EOFError, OSError):
                return
            try:
                connection.send(answer(request, session, tables, catalog))
            except (BrokenPipeError, ConnectionError):
                return


def answer(request: dict[str, Any], session: Any, tables: Tables, catalog: Catalog) -> dict[str, Any]:
    """Rows of a query, or what was wrong with it.

    Args:
        request: ``sql``, and ``as_of`` if it asks the past.
        session: The Spark session.
        tables: Its tables.
        catalog: What the tables are.
    """
    try:
        sql = request["sql"].strip().rstrip(";")
        with tables.still:
            for name in references(sql):
                tables.ensure(name)
        if request.get("as_of"):
            refuse_forgotten(tables.settings, catalog, references(sql), request["as_of"])
            sql = as_of(sql, request["as_of"], catalog)
        _only_reading(session, sql)
        with tables.still:
            tables.list_anew()
            frame = session.sql(sql)
        columns = [(f.name, f.dataType.simpleString()) for f in frame.schema.fields]
        return {"columns": columns, "rows": [tuple(row) for row in frame.collect()]}
    except (PipelineError, WarehouseError) as error:
        return {"error": str(error), "hint": error.hint, "exit_code": error.exit_code}
    except Exception as error:  # Spark raises many kinds; the client shows the first line of any.
        return {
            "error": _first_line(error),
            "hint": "gridseal tables; gridseal describe TABLE",
            "exit_code": 2,
        }


def _only_reading(session: Any, sql: str) -> None:
    """Refuse statements that write: Spark must never change a table that Flink writes."""
    plan = session._jsparkSession.sessionState().sqlParser().parsePlan(sql)
    name = plan.getClass().getSimpleName()
    if _is_command(session, plan) and not name.startswith(_READING_COMMANDS):
        raise PipelineError(
            f"{name} is refused; allowed: SELECT, WITH, SHOW, DESCRIBE, EXPLAIN",
            "gridseal sql --help",
            exit_code=2,
        )


def _is_command(session: Any, plan: Any) -> bool:
    classes = session._jvm.java.lang.Class
    command = classes.forName("org.apache.spark.sql.catalyst.plans.logical.Command")
    statement = classes.forName("org.apache.spark.sql.catalyst.plans.logical.ParsedStatement")
    return bool(command.isInstance(plan) or statement.isInstance(plan))


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "desc", None) or error)
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0].strip() if lines else type(error).__name__
