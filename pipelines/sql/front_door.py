"""SQL for the analysts' own tools: Spark's Thrift server on the session of the endpoint, which only reads tables.

What a statement may do is enforced in ``java/``: a check of Spark's analyzer on whatever a statement has become.
"""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sql.session import Tables
from warehouse.errors import WarehouseError

USER = "analyst"
_PACKAGE = "io.gridseal.spark"
_MOST_ROWS = "spark.gridseal.sql.maxRows"
_CONNECTIONS = 16
_LOOK_S = 30


def session_options(settings: PipelineSettings, address: tuple[str, int]) -> dict[str, str]:
    """What the session of the endpoint needs from its start on."""
    jars = [settings.build_dir / "sql" / "gridseal-sql.jar", *(settings.build_dir / "jars" / "spark").glob("*.jar")]
    host, port = address
    # As properties of the JVM, since HiveServer2 reads some of them from nowhere else.
    hive = {
        "thrift.bind.host": host,
        "thrift.port": port,
        "thrift.max.worker.threads": _CONNECTIONS,
        "authentication": "CUSTOM",
        "custom.authentication.class": f"{_PACKAGE}.Password",
        "enable.doAs": "false",
        "async.exec.threads": settings.sql_statements,
        "logging.operation.enabled": "false",
    }
    java = [f"-Dhive.server2.{name}={value}" for name, value in hive.items()]
    # HDFS lets nobody but the owner of the lake write, so this JVM cannot, whatever its clients do. No variable of the
    # environment: Hive would take that for somebody to stand in for.
    java.append(f"-DHADOOP_USER_NAME={USER}")
    # The functions for XML read no file and no address that a document names.
    java += ["-Djavax.xml.accessExternalDTD=", "-Djavax.xml.accessExternalSchema=", "-XX:+ExitOnOutOfMemoryError"]
    return {
        # Not only among spark.jars: threads that greet a client have forgotten the loader of those after some others.
        "spark.driver.extraClassPath": os.pathsep.join(str(jar.resolve()) for jar in jars),
        "spark.driver.extraJavaOptions": " ".join(java),
        # One answer leaves room for those of others.
        "spark.driver.maxResultSize": f"{settings.sql_memory_mb // settings.sql_statements}m",
        "spark.sql.extensions": f"{_PACKAGE}.FrontDoor",
        # Files are read by the name of a table and not by their path.
        "spark.sql.runSQLOnFiles": "false",
        # A text is what it says: '${env:HOME}' would be the value of a variable.
        "spark.sql.variable.substitute": "false",
        "spark.sql.thriftServer.queryTimeout": str(settings.sql_timeout_seconds),
        _MOST_ROWS: str(settings.sql_max_rows),
    }


def open_front_door(session: Any, tables: Tables, password: str) -> None:
    """Listen for clients of jdbc:hive2; the process ends with its JVM, so that it is started anew.

    Args:
        session: Of the endpoint, made with ``session_options``; theirs are others, which share its tables.
        tables: Registers them.
        password: Of their one user.
    """
    java = session._jvm.io.gridseal.spark.FrontDoor
    _in_background(_end_with, session.sparkContext._gateway.proc)
    _in_background(_make_named_known, java, tables)
    java.open(session._jsparkSession, USER, password)
    _in_background(_make_all_known, tables)


def reading_session(session: Any) -> Any:
    """Another session on the same tables, as little able as an analyst's; whoever asks makes its tables known."""
    other = session.newSession()
    other.conf.set(_MOST_ROWS, "0")
    other.conf.set("spark.gridseal.sql.tablesKnown", "true")
    return other


def _in_background(work: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()


def _end_with(jvm: "subprocess.Popen[bytes]") -> None:
    jvm.wait()
    os._exit(1)


def _make_named_known(java: Any, tables: Tables) -> None:
    """Answer the statements that wait in ``FrontDoor``, which cannot call Python: it would listen on another port."""
    while True:
        statement = java.next()
        try:
            tables.ensure_named(statement.sql())
            statement.answer("")
        except (PipelineError, WarehouseError) as error:
            statement.answer(f"{error}; next: {error.hint}")
        except Exception as error:  # As Spark raises it; the thread must go on.
            statement.answer(first_line(error))


def _make_all_known(tables: Tables) -> None:
    """Tools list the tables before they name one, so each is known soon after it is there."""
    while True:
        for name in tables.unknown():
            # It has not been written yet, or HDFS is away: whoever names it is told.
            with suppress(Exception), tables.still:
                tables.ensure(name)
        time.sleep(_LOOK_S)


def first_line(error: Exception) -> str:
    """What an error of Spark says to people."""
    java = getattr(error, "java_exception", None)
    text = str(java.getMessage() if java is not None else getattr(error, "desc", None) or error)
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
