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
from pipelines.sql.front_door import first_line, open_front_door, reading_session, session_options
from pipelines.sql.session import Tables, open_session
from pipelines.sql.time_travel import as_of, refuse_forgotten
from warehouse.catalog import Catalog
from warehouse.errors import WarehouseError

RELATIONS = 1000


def key_file(settings: PipelineSettings) -> Path:
    """File of the key that client and server share."""
    return settings.var_dir / "run" / "sql.key"


def serve(
    settings: PipelineSettings, catalog: Catalog, address: tuple[str, int], jdbc_port: int, password: str
) -> None:
    """Answer queries until the process is ended.

    Args:
        settings: Where the lake is.
        catalog: The tables.
        address: Host and port to listen on.
        jdbc_port: Port on the same host for clients of jdbc:hive2.
        password: Of their user.
    """
    key = _make_key(key_file(settings))
    session = open_session(settings, RELATIONS, session_options(settings, (address[0], jdbc_port)))
    tables = Tables(session, catalog, settings)
    session.sql("SELECT 1").collect()
    open_front_door(session, tables, password)
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
        own = reading_session(session)
        while True:
            try:
                request = connection.recv()
            except (EOFError, OSError):
                return
            try:
                connection.send(answer(request, own, tables, catalog))
            except (BrokenPipeError, ConnectionError):
                return


def answer(request: dict[str, Any], session: Any, tables: Tables, catalog: Catalog) -> dict[str, Any]:
    """Rows of a query, or what was wrong with it.

    Args:
        request: ``sql``, and ``as_of`` if it asks the past.
        session: Of Spark, which only reads.
        tables: Its tables.
        catalog: What the tables are.
    """
    try:
        sql = request["sql"].strip().rstrip(";")
        names = tables.ensure_named(sql)
        if request.get("as_of"):
            refuse_forgotten(tables.settings, catalog, names, request["as_of"])
            sql = as_of(sql, request["as_of"], catalog)
        with tables.still:
            frame = session.sql(sql)
        columns = [(f.name, f.dataType.simpleString()) for f in frame.schema.fields]
        return {"columns": columns, "rows": [tuple(row) for row in frame.collect()]}
    except (PipelineError, WarehouseError) as error:
        return {"error": str(error), "hint": error.hint, "exit_code": error.exit_code}
    except Exception as error:  # Spark raises many kinds; the client shows the first line of any.
        return {
            "error": first_line(error),
            "hint": "gridseal tables; gridseal describe TABLE",
            "exit_code": 2,
        }
