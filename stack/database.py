"""MariaDB, the business database: one user per purpose, each with the least privilege that serves it."""

import os
import shutil
import subprocess
from pathlib import Path

from stack import tls
from stack.errors import StackError
from stack.files import write
from stack.layout import Layout
from stack.service import Service
from stack.settings import LogLevel, StackSettings, env_name

DATABASE = "grid"

# MariaDB has no levels, only how many warnings it logs beside its errors; 2 is its default.
_LOG_WARNINGS: dict[LogLevel, str] = {"DEBUG": "4", "INFO": "2", "WARN": "1", "ERROR": "0"}

# User, setting of its password, and its grants. `gridseal_app` is the business application.
USERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("gridseal_admin", "database_admin_password", ("ALL PRIVILEGES ON *.* TO {user} WITH GRANT OPTION",)),
    (
        "gridseal_app",
        "database_app_password",
        (
            # No DROP: TRUNCATE and DROP TABLE leave no row change in the binlog, so their rows would stay in the lake.
            f"SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, REFERENCES ON {DATABASE}.* TO {{user}}",
        ),
    ),
    (
        "gridseal_cdc",
        "database_cdc_password",
        (
            "RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {user}",
            f"SELECT ON {DATABASE}.* TO {{user}}",
        ),
    ),
    ("gridseal_reader", "database_reader_password", (f"SELECT ON {DATABASE}.* TO {{user}}",)),
)


def services(settings: StackSettings) -> list[Service]:
    """The database."""
    layout = Layout.of(settings)
    return [
        Service(
            name="database",
            command=(
                _program("mariadbd"),
                f"--defaults-file={layout.conf / 'mariadb' / 'my.cnf'}",
                *_as_user(),
            ),
            prepare=lambda: _prepare(settings, layout),
            ready=lambda: _ready(settings),
            ports=("database_port",),
            address=f"{settings.host}:{settings.database_port}",
        )
    ]


def options(settings: StackSettings, layout: Layout) -> dict[str, str]:
    """Options of my.cnf."""
    return {
        "datadir": str(layout.data / "mariadb"),
        "socket": str(layout.socket("mariadb.sock")),
        "pid-file": str(layout.run / "mariadb.pid"),
        "port": str(settings.database_port),
        "bind-address": settings.host,
        **(_secured(settings.tls_dir) if settings.tls_dir else {}),
        "init-file": str(layout.conf / "mariadb" / "users.sql"),
        "character-set-server": "utf8mb4",
        "collation-server": "utf8mb4_unicode_ci",
        "default-time-zone": "+00:00",
        # What the change data capture reads: every column of every changed row.
        "server-id": "1",
        "log-bin": "binlog",
        # A reader that stalls longer than this is disconnected, and the job then goes back to its checkpoint.
        "net-write-timeout": "3600",
        "binlog-format": "ROW",
        "binlog-row-image": "FULL",
        "expire-logs-days": "7",
        "innodb-buffer-pool-size": f"{settings.database_memory_mb}M",
        "log-warnings": _LOG_WARNINGS[settings.log_level],
        "performance-schema": "OFF",
        "skip-name-resolve": "ON",
        "local-infile": "OFF",
    }


def _secured(folder: Path) -> dict[str, str]:
    pair = str(folder / tls.HOST)
    return {"ssl-ca": str(folder / tls.TRUST), "ssl-cert": pair, "ssl-key": pair, "require-secure-transport": "ON"}


def users_sql(settings: StackSettings) -> str:
    """Statements that make our users and remove those without a password, one a line as init-file wants them.

    The server runs them before it lets anyone in, at each start: a password changed in .env is in force after
    the next start, and there is no moment at which a user without a password exists.
    """
    lines = [
        # None of this is the business's data: the binary log, which others read, need not hold it.
        "SET SESSION sql_log_bin = 0",
        # A fresh MariaDB comes with a root and anonymous users, none of whom has a password.
        "DELETE FROM mysql.global_priv WHERE User IN ('', 'root')",
        "DELETE FROM mysql.db WHERE User = ''",
        "FLUSH PRIVILEGES",
        f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    ]
    for user, field, grants in USERS:
        # Any host: the server listens only where the setting `host` says.
        account = f"{_quote(user)}@'%'"
        password = getattr(settings, field).get_secret_value()
        lines.append(f"CREATE OR REPLACE USER {account} IDENTIFIED BY {_quote(password)}")
        lines += [f"GRANT {grant.format(user=account)}" for grant in grants]
    return "".join(f"{line};\n" for line in lines)


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/bin")
    if not found:
        raise StackError(f"MariaDB's {name} is not installed", hint="make setup")
    return found


def _as_user() -> tuple[str, ...]:
    # MariaDB refuses root unless told. All services run as the person who starts them, because the state
    # lies in that person's folder, which another user (mysql) may not even be able to enter; nobody but
    # gridseal_admin has the privilege FILE.
    return ("--user=root",) if os.geteuid() == 0 else ()


def _prepare(settings: StackSettings, layout: Layout) -> None:
    for _, field, _ in USERS:
        if not getattr(settings, field).get_secret_value():
            raise StackError(f"no value for {env_name(field)} in .env", hint="make up", exit_code=2)
    conf = layout.conf / "mariadb"
    lines = "".join(f"{name}={value}\n" for name, value in options(settings, layout).items())
    write(conf / "my.cnf", f"[mariadbd]\n{lines}")
    write(conf / "users.sql", users_sql(settings))
    if not (layout.data / "mariadb").exists():
        _install(layout)


def _install(layout: Layout) -> None:
    # Made aside and moved in place when whole: an interrupted start leaves no half a database.
    fresh = layout.data / "mariadb.new"
    shutil.rmtree(fresh, ignore_errors=True)
    log = layout.log / "database-install.log"
    command = [
        _program("mariadb-install-db"),
        "--no-defaults",
        f"--datadir={fresh}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        *_as_user(),
    ]
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise StackError(
            f"MariaDB could not make its folder {fresh} (exit {done.returncode}); see {log}",
            hint=f"tail {log}",
        )
    Path(fresh).rename(layout.data / "mariadb")


def _ready(settings: StackSettings) -> str:
    import pymysql

    for user, field, _ in USERS:
        try:
            connection = pymysql.connect(
                host=settings.host,
                port=settings.database_port,
                user=user,
                password=getattr(settings, field).get_secret_value(),
                connect_timeout=3,
                read_timeout=3,
                ssl=tls.client_context(settings.tls_dir) if settings.tls_dir else None,
            )
        except pymysql.MySQLError as error:
            return f"{user} cannot log in yet: {error.args[-1]}"
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    return ""
