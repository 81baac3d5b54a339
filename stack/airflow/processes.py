"""The processes of Airflow: scheduler, DAG processor, API server and triggerer."""

import fcntl
import json
import os
import secrets
import shlex
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote

from stack.airflow.names import ALARM_FILE, HOME, NAMESPACE, POOLS
from stack.airflow.postgres import DATABASE, ROLE, data_folder
from stack.airflow.postgres import NAME as DATABASE_SERVICE
from stack.environment import AIRFLOW, AIRFLOW_LOCK
from stack.errors import StackError
from stack.files import create_durably, write
from stack.layout import Layout
from stack.probe import get_json
from stack.service import Service
from stack.settings import StackSettings, env_name, secret_fields
from stack.sql import settings_environment
from stack.step import ROOT

DAGS = ROOT / "dags"
USERS = {"admin": "admin", "engineer": "user", "viewer": "viewer"}
"""Of the web page and REST, each with its role: of everything, of running DAGs, of looking."""
_LEVELS = {"WARN": "WARNING"}
_KEYS = ("airflow-fernet", "airflow-api", "airflow-jwt")


def services(settings: StackSettings) -> list[Service]:
    """The processes, which need their database."""
    layout = Layout.of(settings)
    variables = environment(settings)

    def process(name: str, part: str, *words: str) -> Service:
        return Service(
            name=name,
            command=(str(AIRFLOW / "bin" / "python"), "-m", "airflow", *words),
            prepare=lambda: _prepare(settings, layout),
            ready=lambda: _ready(settings, part),
            ports=("airflow_port",) if part == "metadatabase" else (),
            address=url(settings) if part == "metadatabase" else "",
            environment=variables,
            on_demand=True,
            needs=(DATABASE_SERVICE,),
            stop_first=True,
        )

    return [
        process("airflow-api", "metadatabase", "api-server"),
        # Their servers of logs would listen on every address; the logs lie on this machine.
        process("airflow-scheduler", "scheduler", "scheduler", "--skip-serve-logs"),
        process("airflow-dags", "dag_processor", "dag-processor"),
        process("airflow-triggerer", "triggerer", "triggerer", "--skip-serve-logs"),
    ]


def url(settings: StackSettings) -> str:
    """Airflow's web page; REST is below it."""
    return f"http://{settings.host}:{settings.airflow_port}"


def home(layout: Layout) -> Path:
    """AIRFLOW_HOME."""
    return layout.data / "airflow"


def environment(settings: StackSettings) -> dict[str, str]:
    """Variables of every process of Airflow; secrets are commands that read files which only we can read."""
    layout = Layout.of(settings)
    conf = layout.conf / "airflow"
    options = {
        "core.executor": "LocalExecutor",
        "core.parallelism": "4",
        "core.dags_folder": str(DAGS),
        "core.plugins_folder": str(DAGS / "plugins"),
        "core.load_examples": "False",
        "core.dags_are_paused_at_creation": "False",
        "core.simple_auth_manager_users": ",".join(f"{user}:{role}" for user, role in USERS.items()),
        "core.simple_auth_manager_passwords_file": str(conf / "passwords.json"),
        "core.execution_api_server_url": f"{url(settings)}/execution/",
        "core.fernet_key_cmd": _reads(_key(layout, "airflow-fernet")),
        "database.sql_alchemy_conn_cmd": _reads(conf / "database"),
        "api.host": settings.host,
        "api.port": str(settings.airflow_port),
        "api.base_url": url(settings),
        "api.workers": "1",
        "api.secret_key_cmd": _reads(_key(layout, "airflow-api")),
        "api_auth.jwt_secret_cmd": _reads(_key(layout, "airflow-jwt")),
        "dag_processor.refresh_interval": "10",
        # One that was changed is read at once.
        "dag_processor.min_file_process_interval": "300",
        # Tasks outlive a restart of the API server, which takes half a minute.
        "workers.execution_api_retries": "8",
        "workers.execution_api_timeout": "30",
        "workers.max_failed_heartbeats": "10",
        "scheduler.catchup_by_default": "False",
        "logging.base_log_folder": str(layout.log / "airflow"),
        "logging.logging_level": _LEVELS.get(settings.log_level, settings.log_level),
        "openlineage.config_path": str(conf / "openlineage.yml"),
        "openlineage.namespace": NAMESPACE,
        # Asking for the checkpoint is a command of its own.
        "openlineage.execution_timeout": "60",
    }
    return {
        "AIRFLOW_HOME": str(home(layout)),
        # Commands find the passwords that they need there, and nothing else.
        HOME: str(conf / "commands"),
        ALARM_FILE: str(conf / "alarm"),
        # The DAGs import what they are made of.
        "PYTHONPATH": str(ROOT),
        **{f"AIRFLOW__{name.replace('.', '__').upper()}": value for name, value in options.items()},
        **settings_environment(settings),
    }


def _key(layout: Layout, name: str) -> Path:
    return layout.keys / f"{name}.key"


def _reads(file: Path) -> str:
    return f"cat {shlex.quote(str(file))}"


def _ready(settings: StackSettings, part: str) -> str:
    health = get_json(f"{url(settings)}/api/v2/monitor/health")
    if not isinstance(health, dict):
        return "the API does not answer yet"
    status = health.get(part, {}).get("status")
    return "" if status == "healthy" else f"{part} is {status or 'not there yet'}"


def _prepare(settings: StackSettings, layout: Layout) -> None:
    # All of them are prepared at once, and the first one does it.
    with (layout.run / "airflow.prepare").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        configure(settings, layout)
        pins = AIRFLOW_LOCK.read_text(encoding="utf-8")
        # In the database's folder: another database knows nothing of it.
        migrated = data_folder(layout) / "migrated"
        if not migrated.exists() or migrated.read_text(encoding="utf-8") != pins:
            _airflow(settings, layout, "db", "migrate")
            for pool, slots in POOLS.items():
                _airflow(settings, layout, "pools", "set", pool, str(slots), "one at a time on a small machine")
            write(migrated, pins)


def configure(settings: StackSettings, layout: Layout) -> None:
    """Writes keys and passwords, for their owner only, and makes the folders."""
    for name in _KEYS:
        create_durably(_key(layout, name), _fresh_key(name))
    conf = layout.conf / "airflow"
    home(layout).mkdir(exist_ok=True)
    (layout.var / "lineage").mkdir(exist_ok=True)
    write(conf / "commands" / ".env", _dotenv(settings))
    write(conf / "alarm", settings.alarm_url.get_secret_value() if settings.alarm_url else "")
    passwords = {user: getattr(settings, f"airflow_{user}_password").get_secret_value() for user in USERS}
    write(conf / "passwords.json", json.dumps(passwords))
    events = {"type": "file", "log_file_path": str(layout.var / "lineage" / "events.jsonl"), "append": True}
    write(conf / "openlineage.yml", json.dumps({"transport": events}))
    password = quote(settings.airflow_database_password.get_secret_value(), safe="")
    place = f"{settings.host}:{settings.airflow_database_port}/{DATABASE}"
    write(conf / "database", f"postgresql+psycopg2://{ROLE}:{password}@{place}")


def _dotenv(settings: StackSettings) -> str:
    given = {name: getattr(settings, name).get_secret_value() for name in secret_fields()}
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in given.items() if value}
    return "".join(f"{env_name(name)}='{value}'\n" for name, value in quoted.items())


def _fresh_key(name: str) -> bytes:
    # Fernet's is 32 bytes in URL-safe Base64; the others are text of any kind.
    return urlsafe_b64encode(secrets.token_bytes(32)) if name == "airflow-fernet" else secrets.token_hex(64).encode()


def _airflow(settings: StackSettings, layout: Layout, *words: str) -> None:
    log = layout.log / "airflow-prepare.log"
    with log.open("a", encoding="utf-8") as output:
        done = subprocess.run(
            [AIRFLOW / "bin" / "airflow", *words],
            env={"PATH": os.environ.get("PATH", os.defpath), **environment(settings)},
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise StackError(f"airflow {' '.join(words)} failed (exit {done.returncode}); see {log}", hint=f"tail {log}")
