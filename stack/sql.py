"""The Spark SQL endpoint: a warm session, started on demand."""

import json
import os
import sys
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from stack.java import PATIENT_COMPILER, java_home
from stack.layout import Layout
from stack.probe import accepts
from stack.service import Service
from stack.settings import StackSettings, env_name

_MODULE = "gridseal.sql_endpoint"


def services(settings: StackSettings) -> list[Service]:
    """The endpoint."""
    layout = Layout.of(settings)
    waiting = "the endpoint does not answer yet"
    return [
        Service(
            name="sql",
            command=(sys.executable, "-m", _MODULE),
            prepare=lambda: None,
            ready=lambda: "" if accepts(settings.host, settings.sql_port) else waiting,
            ports=("sql_port",),
            address=f"{settings.host}:{settings.sql_port}",
            environment={
                "JAVA_HOME": str(java_home()),
                # Read by every start of java, so by Spark's.
                "JDK_JAVA_OPTIONS": " ".join(PATIENT_COMPILER),
                "HADOOP_CONF_DIR": str(layout.hadoop_conf),
                # Spark would listen on the address that the machine's name stands for.
                "SPARK_LOCAL_IP": settings.host,
                **settings_environment(settings),
            },
            on_demand=True,
            stop_first=True,
        )
    ]


def settings_environment(settings: StackSettings) -> dict[str, str]:
    """The settings as variables, so that a process of ours sees those of the caller.

    Passwords are left out: a process that needs one reads it from .env.
    """
    values = {}
    for name, value in settings:
        if isinstance(value, SecretStr) or value is None:
            continue
        if name in ("var_dir", "build_dir", "warehouse_dir"):
            value = Path(value).absolute()
        plain = isinstance(value, str | int | float | Decimal | os.PathLike) and not isinstance(value, bool)
        values[env_name(name)] = str(value) if plain else json.dumps(value, default=str)
    return values
