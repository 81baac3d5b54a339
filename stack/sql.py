"""The Spark SQL endpoint: a warm session, started on demand."""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from stack.files import write
from stack.java import PATIENT_COMPILER, THROUGHPUT_COLLECTOR, java_home
from stack.layout import Layout
from stack.probe import accepts
from stack.service import Service
from stack.settings import StackSettings, env_name

_MODULE = "gridseal.sql_endpoint"


def services(settings: StackSettings) -> list[Service]:
    """The endpoint."""
    layout = Layout.of(settings)
    waiting = "the endpoint does not answer yet"
    ports = (settings.sql_port, settings.sql_jdbc_port)
    return [
        Service(
            name="sql",
            command=(sys.executable, "-m", _MODULE),
            prepare=lambda: _write_password(settings),
            ready=lambda: "" if all(accepts(settings.host, port) for port in ports) else waiting,
            ports=("sql_port", "sql_jdbc_port"),
            address=f"jdbc:hive2://{settings.host}:{settings.sql_jdbc_port}/ads",
            environment={
                "JAVA_HOME": str(java_home()),
                # Read by every start of java, so by Spark's.
                "JDK_JAVA_OPTIONS": " ".join((*PATIENT_COMPILER, THROUGHPUT_COLLECTOR)),
                "HADOOP_CONF_DIR": str(layout.hadoop_conf),
                # Spark would listen on the address that the machine's name stands for.
                "SPARK_LOCAL_IP": settings.host,
                **settings_environment(settings),
            },
            on_demand=True,
            stop_first=True,
        )
    ]


def password_file(settings: StackSettings) -> Path:
    """Where the endpoint reads the password of its user: neither in its command line nor in its environment."""
    return Layout.of(settings).conf / "sql" / "password"


def _write_password(settings: StackSettings) -> None:
    write(password_file(settings), settings.sql_password.get_secret_value())


def settings_environment(settings: StackSettings) -> dict[str, str]:
    """The settings as variables, so that a process of ours sees those of the caller.

    Passwords are left out: a process that needs one reads it from .env.
    """
    values = {}
    for name, value in settings:
        if isinstance(value, SecretStr) or value is None:
            continue
        if isinstance(value, Path):
            value = value.absolute()
        plain = isinstance(value, str | int | float | Decimal | os.PathLike) and not isinstance(value, bool)
        values[env_name(name)] = str(value) if plain else json.dumps(value, default=str)
    return values
