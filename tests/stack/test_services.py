"""The real services: readiness, supervision, loopback, privileges, secrets."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pymysql
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError

import stack
from stack.catalog import all_services
from stack.database import USERS
from stack.errors import StackError
from stack.findings import doctor
from stack.layout import Layout
from stack.settings import StackSettings, secret_fields
from stack.supervision import Supervisor, orphans

pytestmark = pytest.mark.integration

IPV4_ANYWHERE = {"0.0.0.0", "::"}


def login(settings: StackSettings, user: str) -> pymysql.Connection:
    field = {name: field for name, field, _ in USERS}[user]
    return pymysql.connect(
        host=settings.host,
        port=settings.database_port,
        user=user,
        password=getattr(settings, field).get_secret_value(),
        autocommit=True,
    )


@pytest.fixture
def table(running_stack: StackSettings) -> Iterator[str]:
    with login(running_stack, "gridseal_app") as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE grid.stack_trial (id INT PRIMARY KEY)")
        yield "grid.stack_trial"
    with login(running_stack, "gridseal_admin") as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE grid.stack_trial")


@pytest.mark.parametrize("statement", ["DROP TABLE {}", "TRUNCATE TABLE {}"])
def test_application_cannot_remove_rows_behind_the_binlog(
    running_stack: StackSettings, table: str, statement: str
) -> None:
    with (
        login(running_stack, "gridseal_app") as connection,
        connection.cursor() as cursor,
        pytest.raises(pymysql.err.OperationalError, match="denied"),
    ):
        cursor.execute(statement.format(table))


def wait_ready(settings: StackSettings, name: str, not_pid: int, seconds: float = 90) -> stack.ServiceStatus:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = {service.name: service for service in stack.status(settings)}[name]
        if now.state == "ready" and now.pid != not_pid:
            return now
        time.sleep(0.5)
    raise AssertionError(f"{name} is {now}")


def test_every_service_is_ready(running_stack: StackSettings) -> None:
    services = [service for service in stack.status(running_stack) if not service.on_demand]
    assert {service.state for service in services} == {"ready"}
    assert all(service.pid and service.rss_mb > 10 and service.log.exists() for service in services)


def test_a_second_up_starts_nothing(running_stack: StackSettings) -> None:
    before = {service.name: service.pid for service in stack.status(running_stack)}
    told: list[tuple[str, str]] = []
    stack.up(running_stack, lambda name, state, _: told.append((name, state)))
    assert {state for _, state in told} == {"already ready"}
    assert {service.name: service.pid for service in stack.status(running_stack)} == before


def test_doctor_finds_nothing_wrong(running_stack: StackSettings, stack_env_file: Path) -> None:
    assert [finding for finding in doctor(running_stack, stack_env_file) if not finding.ok] == []


def test_changed_settings_are_refused_while_the_services_run(running_stack: StackSettings) -> None:
    changed = running_stack.model_copy(update={"kafka_port": 29092})
    with pytest.raises(StackError, match="GRIDSEAL_KAFKA_PORT changed from 21092 to 29092"):
        stack.up(changed)


@pytest.mark.parametrize("name", ["kafka", "database", "datanode", "zookeeper", "taskmanager", "chain"])
def test_a_killed_service_comes_back(running_stack: StackSettings, name: str) -> None:
    before = {service.name: service for service in stack.status(running_stack)}[name]
    assert before.pid
    psutil.Process(before.pid).kill()
    after = wait_ready(running_stack, name, before.pid)
    assert after.restarts == before.restarts + 1
    lines = Supervisor(Layout.of(running_stack)).log.read_text().splitlines()
    assert [line for line in lines if f"exited: {name} (terminated by SIGKILL; not expected)" in line]
    assert [line for line in lines if f"spawned: '{name}' with pid {after.pid}" in line]


def test_a_stopped_service_is_completed_by_up(running_stack: StackSettings) -> None:
    stack.stop(running_stack, "kafka")
    states = {service.name: service.state for service in stack.status(running_stack)}
    assert (states["kafka"], states["namenode"]) == ("stopped", "ready")
    told: set[tuple[str, str]] = set()
    stack.up(running_stack, lambda name, state, _: told.add((name, state)))
    assert {name for name, state in told if state == "starting"} == {"kafka"}


def test_every_socket_listens_on_loopback(running_stack: StackSettings) -> None:
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in orphans(Layout.of(running_stack).var)
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {ip.removeprefix("::ffff:") for ip, _ in listening} == {"127.0.0.1"}
    fields = {name for service in all_services(running_stack) if not service.on_demand for name in service.ports}
    ports = {getattr(running_stack, name) for name in fields}
    assert len(ports) > 10
    assert ports <= {port for _, port in listening}


def test_no_user_lacks_a_password(running_stack: StackSettings) -> None:
    with login(running_stack, "gridseal_admin") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT User, Host, Priv FROM mysql.global_priv ORDER BY User")
        users = {user: priv for user, _, priv in cursor.fetchall()}
    assert set(users) == {*(user for user, _, _ in USERS), "mariadb.sys"}
    assert '"account_locked":true' in users["mariadb.sys"]
    for user in ("", "root"):
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            pymysql.connect(host=running_stack.host, port=running_stack.database_port, user=user, password="")


@pytest.mark.parametrize("user", ["gridseal_cdc", "gridseal_reader"])
@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO {} VALUES (1)", "DELETE FROM {}", "DROP TABLE {}", "CREATE TABLE grid.x (i INT)"],
)
def test_a_user_that_reads_cannot_write(running_stack: StackSettings, table: str, user: str, statement: str) -> None:
    with login(running_stack, user) as connection, connection.cursor() as cursor:
        assert cursor.execute(f"SELECT * FROM {table}") == 0
        with pytest.raises(pymysql.OperationalError, match="denied"):
            cursor.execute(statement.format(table))


def test_the_application_stays_in_its_database(running_stack: StackSettings, table: str) -> None:
    with login(running_stack, "gridseal_app") as connection, connection.cursor() as cursor:
        assert cursor.execute(f"INSERT INTO {table} VALUES (1), (2)") == 2
        with pytest.raises(pymysql.OperationalError, match="denied"):
            cursor.execute("SELECT * FROM mysql.global_priv")
        with pytest.raises(pymysql.OperationalError, match="denied"):
            cursor.execute("CREATE DATABASE other")


def test_the_database_keeps_time_in_utc_and_logs_rows(running_stack: StackSettings) -> None:
    with login(running_stack, "gridseal_reader") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@time_zone, @@binlog_format, @@binlog_row_image, @@character_set_database")
        assert cursor.fetchone() == ("+00:00", "ROW", "FULL", "utf8mb4")


def test_a_message_to_an_undeclared_topic_makes_no_topic(running_stack: StackSettings) -> None:
    address = f"{running_stack.host}:{running_stack.kafka_port}"
    producer = KafkaProducer(bootstrap_servers=address, max_block_ms=2000)
    with pytest.raises((KafkaTimeoutError, UnknownTopicOrPartitionError)):
        producer.send("meter-readigns", b"{}").get(timeout=3)
    producer.close()
    admin = KafkaAdminClient(bootstrap_servers=address)
    assert "meter-readigns" not in admin.list_topics()
    admin.close()


def test_passwords_stand_in_no_command_and_no_log(running_stack: StackSettings) -> None:
    passwords = [getattr(running_stack, name).get_secret_value() for name in secret_fields()]
    layout = Layout.of(running_stack)
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    logs = [log.read_text(errors="replace") for log in layout.log.rglob("*") if log.is_file()]
    environments = [str(process.environ()) for process in orphans(layout.var)]
    assert len(logs) >= 8
    assert len(environments) >= 8
    for text in (*commands, *logs, *environments):
        assert not [password for password in passwords if password in text]


def test_what_a_killed_supervisor_leaves_is_stopped_before_a_new_start(running_stack: StackSettings) -> None:
    layout = Layout.of(running_stack)
    supervisor = Supervisor(layout)
    pid = supervisor.pid()
    assert pid
    psutil.Process(pid).kill()
    while supervisor.pid():
        time.sleep(0.1)
    left = {process.pid for process in orphans(layout.var)}
    assert len(left) == 9  # of the chain two: the node and what keeps its state
    stack.up(running_stack)
    now = {process.pid for process in orphans(layout.var)}
    assert len(now) == 10
    assert not left & now


def test_a_service_that_cannot_start_is_told_soon_with_its_log(running_stack: StackSettings) -> None:
    identity = Layout.of(running_stack).data / "kafka" / "meta.properties"
    whole = identity.read_text()
    stack.stop(running_stack, "kafka")
    identity.write_text("version=1\ncluster.id=of-another-cluster\nnode.id=7\n")
    began = time.monotonic()
    try:
        with pytest.raises(StackError, match="kafka did not get ready") as refused:
            stack.start(running_stack, "kafka")
    finally:
        stack.stop(running_stack, "kafka")
        identity.write_text(whole)
    assert time.monotonic() - began < 60
    assert "kafka.log" in refused.value.message
    assert "node" in refused.value.message.lower()
    assert refused.value.exit_code == 3
    stack.up(running_stack)
