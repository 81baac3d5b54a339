"""PostgreSQL: what Airflow knows of its runs. One database, one user who may log in."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

from stack.airflow.unprivileged import DATA, USER
from stack.errors import StackError
from stack.layout import Layout
from stack.probe import accepts
from stack.service import Service
from stack.settings import StackSettings, env_name

NAME = "airflow-database"
PROGRAMS = Path("/usr/lib/postgresql/15/bin")
DATABASE = "postgres"
"""The one that every PostgreSQL comes with: there is no need of another."""
ROLE = "airflow"


def services(settings: StackSettings) -> list[Service]:
    """The database."""
    layout = Layout.of(settings)
    options = [f"-c{name}={value}" for name, value in _options(settings).items()]
    waiting = "the database does not answer yet"
    return [
        Service(
            name=NAME,
            command=_command(data_folder(layout), "postgres", "-D", DATA, *options),
            prepare=lambda: _prepare(settings, layout),
            ready=lambda: "" if accepts(settings.host, settings.airflow_database_port) else waiting,
            ports=("airflow_database_port",),
            address=f"{settings.host}:{settings.airflow_database_port}",
            on_demand=True,
            # By the default, TERM, it would wait until everybody has gone.
            stop_signal="INT",
        )
    ]


def data_folder(layout: Layout) -> Path:
    """What the database stores."""
    return layout.data / "postgres"


def _options(settings: StackSettings) -> dict[str, str]:
    return {
        "listen_addresses": settings.host,
        "port": str(settings.airflow_database_port),
        # No socket: it would want a folder that its user may write.
        "unix_socket_directories": "",
        "max_connections": "60",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "password_encryption": "scram-sha-256",  # pragma: allowlist secret
    }


def _command(data: Path, program: str, *words: str) -> tuple[str, ...]:
    module = ("-m", "stack.airflow.unprivileged")
    return (sys.executable, *module, str(data), str(PROGRAMS / program), *words)


def _prepare(settings: StackSettings, layout: Layout) -> None:
    password = settings.airflow_database_password.get_secret_value()
    if not password:
        raise StackError(f"no value for {env_name('airflow_database_password')} in .env", hint="make up", exit_code=2)
    data = data_folder(layout)
    if not data.exists():
        # It gets its name once it is whole; what an interrupted start has left goes.
        fresh = data.with_name(f"{data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        words = ("--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=reject")
        _run(layout, fresh, "initdb", "-D", DATA, *words)
        fresh.rename(data)
    access = data / "pg_hba.conf"
    access.write_text(f"host {DATABASE} {ROLE} samehost scram-sha-256\n", encoding="utf-8")
    if os.geteuid() == 0:
        user = pwd.getpwnam(USER)
        os.chown(access, user.pw_uid, user.pw_gid)
    # Nobody else can log in, so that its own user is made, and given the password of now, before it lets anyone in.
    quoted = "'" + password.replace("'", "''") + "'"
    statements = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}')"
        f" THEN CREATE ROLE {ROLE} LOGIN; END IF; END $$",
        f"ALTER ROLE {ROLE} PASSWORD {quoted}",
        f"ALTER SCHEMA public OWNER TO {ROLE}",
    )
    # As `postgres --single -j` reads them: each ends with a semicolon and an empty line.
    given = "".join(f"{statement};\n\n" for statement in statements)
    _run(layout, data, "postgres", "--single", "-j", "-D", DATA, DATABASE, given=given)


def _run(layout: Layout, data: Path, program: str, *words: str, given: str = "") -> None:
    log = layout.log / f"{NAME}-{program}.log"
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            _command(data, program, *words), input=given, stdout=output, stderr=output, text=True, check=False
        )
    if done.returncode:
        raise StackError(f"PostgreSQL's {program} failed (exit {done.returncode}); see {log}", hint=f"tail {log}")
