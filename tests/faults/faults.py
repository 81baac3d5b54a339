"""What breaks: each fault is a name and what is done to the running lake until nothing more is to be done."""

import hashlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import psutil
import pymysql

import stack
from gridseal.errors import CHANGED_SINCE, FINE
from notary.office import open_office
from pipelines.errors import PipelineError
from pipelines.sources.topics import METER_READINGS
from pipelines.streaming.cluster import current_job, last_failure, source_failure
from pipelines.streaming.hudi import table_path
from pipelines.streaming.pause import paused
from pipelines.streaming.restore import newest_restore_point
from pipelines.streaming.submit import start, stop, wait_until_running
from pipelines.webhdfs import open_client
from stack.supervision import orphans
from tests.faults.load import OPTIONS
from tests.lake.lake import Lake, at

PATIENCE_S = 300
# HDFS wants room for a whole block of 128 MiB for each of the files that are being written.
DISK_MIB = 32 * 1024
_KEPT_MIB = 4
NIGHT, NIGHT_S = "2026-06-30", 6
_LOOK_S = 0.02


@dataclass(frozen=True)
class Fault:
    """Something that breaks while readings and changes flow.

    Attributes:
        name: What breaks.
        strike: Breaks it, and mends what would not mend itself.
    """

    name: str
    strike: Callable[[Lake], None]


def kill(name: str) -> Fault:
    """SIGKILL of one service."""
    return Fault(f"SIGKILL of {name}", lambda lake: kill_service(lake, name))


def kill_service(lake: Lake, name: str) -> None:
    (service,) = [found for found in stack.status(lake.settings) if found.name == name]
    psutil.Process(service.pid).kill()


def kill_everything(lake: Lake) -> None:
    """As a power cut: every process and the supervisor, then up again."""
    for process in orphans(lake.settings.var_dir.absolute()):
        # Some end with their parents.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    until(lambda: not orphans(lake.settings.var_dir.absolute()), "the processes are gone")
    stack.up(lake.settings)
    stack.start(lake.settings, "sql")


def kill_after_checkpoints(lake: Lake) -> None:
    """When a checkpoint is whole and Hudi's commits of it are not: JobManager and TaskManager in turn."""
    for name in ("jobmanager", "taskmanager", "jobmanager", "taskmanager"):
        until(lambda: whole(lake), "every task runs")
        before = newest_restore_point(lake.settings)
        deadline = time.monotonic() + PATIENCE_S
        # On HDFS; Flink's REST tells of it up to three seconds later.
        while newest_restore_point(lake.settings) == before:
            assert time.monotonic() < deadline, "no checkpoint"
            time.sleep(_LOOK_S)
        kill_service(lake, name)
        time.sleep(5)


def break_a_night(lake: Lake) -> None:
    """A night is sealed and anchored while the chain, the NameNode and the run itself are killed; then it is whole."""
    night = ("notarize", "--night", NIGHT)
    for victim in ("chain", "namenode", "the run", "chain"):
        run = subprocess.Popen(lake.program(*night), env=lake.environment, stdout=DEVNULL, stderr=DEVNULL)
        time.sleep(NIGHT_S)
        if victim == "the run":
            run.kill()
        else:
            kill_service(lake, victim)
        run.wait(PATIENCE_S)
    until(lambda: lake.command(*night).returncode == 0, "the night is anchored")
    status = json.loads(lake.command("notary", "status", "--format", "json").stdout)
    assert {one["state"] for one in status} == {"finalized"}
    with open_office(lake.settings, lake.catalog) as office:
        assert status[0]["seals"] == len(office.log)
    # Rows have changed since they were sealed, and each change has its commit.
    audited = lake.command("audit")
    assert audited.returncode in (FINE, CHANGED_SINCE), audited.stdout


def leave_instants(lake: Lake) -> None:
    """What a writer leaves that was killed in the middle of a commit."""
    with paused(lake.settings, lake.catalog, lambda _: None):
        client = open_client(lake.settings)
        for name in ("ods.meter_reading", "dwd.meter_reading", "ods.dead_letter", "ods.customer_change"):
            table = lake.catalog.table(name)
            instant = datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")[:17]
            folder = f"{table_path(table, lake.settings.lake_path)}/.hoodie/{instant}"
            merged = table.table_type == "MERGE_ON_READ"
            for state in (
                ("deltacommit.requested", "deltacommit.inflight") if merged else ("commit.requested", "inflight")
            ):
                client.write(f"{folder}.{state}", b"")


def fill_disk(lake: Lake) -> None:
    """The disk of the DataNode has no room left for a while."""
    with small_disk(lake) as disk:
        wait_until_running(lake.settings, PATIENCE_S)
        resize(disk, (shutil.disk_usage(disk).used >> 20) + _KEPT_MIB)
        until(lambda: not whole(lake), "the job fails for want of room")
        time.sleep(20)
        resize(disk, DISK_MIB)
        wait_until_running(lake.settings, PATIENCE_S)


def alter_harmlessly(lake: Lake) -> None:
    """More columns and wider ones; rows change before, between and after."""
    alter(
        lake,
        "ALTER TABLE customer ADD COLUMN note VARCHAR(20) NULL AFTER name",
        "ALTER TABLE customer ADD COLUMN IF NOT EXISTS remark TEXT",
    )
    time.sleep(5)
    alter(
        lake,
        "ALTER TABLE customer MODIFY name VARCHAR(200) NOT NULL, MODIFY contract_kw DECIMAL(12, 2) NOT NULL,"
        " MODIFY feeder_id BIGINT NOT NULL",
    )
    time.sleep(5)
    alter(lake, "ALTER TABLE customer DROP COLUMN note, DROP COLUMN remark")


def rename_column(lake: Lake) -> None:
    """A column that a contract needs is gone for a while; then it is back, and what it held is written again."""
    (key, *_) = lake.free("equipment")
    moment = at(lake.next_day, 18)
    alter(
        lake,
        "ALTER TABLE equipment CHANGE status state VARCHAR(16) NOT NULL",
        f"SET SESSION timestamp = {moment.replace(tzinfo=UTC).timestamp()}",
        f"UPDATE equipment SET name = 'between' WHERE equipment_id = {key}",
    )
    missing = "grid.equipment has no column status any more, which ods.equipment_change needs; put it back"
    assert until_told(lake).startswith(missing)
    alter(lake, "ALTER TABLE equipment CHANGE state status VARCHAR(16) NOT NULL")
    wait_until_running(lake.settings, PATIENCE_S)
    with lake.changes("column") as hand:
        # Within the same second, so that it is this change that counts.
        hand.update(moment, "equipment", key, name="after", status="replaced")


def crash_parser(lake: Lake) -> None:
    """Messages made to exhaust the stack or the memory of whoever reads them."""
    nested = b"[" * 65_000
    payloads = [nested, b'{"meter_id":' + nested, b'{"a":' * 13_000, b'{"active_power":' + b"9" * 65_000 + b"}"]
    send(lake, payloads)
    found = until(lambda: dead_letters(lake, payloads), "they are dead letters", 120)
    assert len(found) == len(payloads)


def send_from_the_future(lake: Lake) -> None:
    """Readings that say they are of the day after tomorrow."""
    payloads = [
        b'{"meter_id":"M00001","event_time":"2999-01-01T00:00:00Z","active_power":1.5,"voltage":230.0,"current":1.0,"seq":1}'
    ]
    send(lake, payloads)
    ((reason,),) = until(lambda: dead_letters(lake, payloads), "they are dead letters", 120)
    assert reason.startswith("event_time: 2999-01-01T00:00:00Z is "), reason
    assert " s after the message's own time " in reason, reason


def set_clock_back(lake: Lake) -> None:
    """A change whose time lies before that of the change before it."""
    (key, *_) = lake.free("tariff")
    day = lake.next_day
    with lake.changes("clock") as hand:
        hand.update(at(day, 20), "tariff", key, name="of eight")
        hand.update(at(day, 19), "tariff", key, name="of seven")
        current = f"SELECT name FROM dim.tariff_current WHERE tariff_id = {key}"
        past = f"SELECT name FROM dim.tariff WHERE tariff_id = {key} AND valid_to = TIMESTAMP '{at(day, 20)}'"
        # The later time counts, though it was written first; the other is a version of the hour before.
        until(lambda: lake.query(past) == [("of seven",)], "the change is a version of the past", 120)
        assert lake.query(current) == [("of eight",)]
        # Until then the reconciliation names the row: the database says otherwise.
        hand.update(at(day, 21), "tariff", key, name="of nine")
    until(lambda: lake.query(current) == [("of nine",)], "the change after it is in force", 120)


def expire_messages(lake: Lake) -> None:
    """Messages are deleted before they are read; somebody gives them up."""
    from kafka import KafkaAdminClient, TopicPartition

    from pipelines.sources.broker import end_offsets

    settings = lake.settings
    assert lake.command("pipeline", "stop").returncode == 0
    begins = end_offsets(settings, METER_READINGS.name)
    # The load sends the day before meanwhile.
    lake.feed(lake.next_day + timedelta(days=1), OPTIONS)
    ends = end_offsets(settings, METER_READINGS.name)
    partition = max(ends, key=lambda number: ends[number] - begins[number])
    first = begins[partition] + (ends[partition] - begins[partition]) // 2
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    admin.delete_records({TopicPartition(METER_READINGS.name, partition): first}, timeout_ms=10_000)
    admin.close()
    refused = lake.command("pipeline", "start")
    missing = rf"{METER_READINGS.name}/{partition}: messages (\d+) to {first - 1} are no longer in Kafka"
    told = re.search(missing, refused.stderr)
    assert told, refused.stderr
    # What was sent between the savepoint and the look at the ends is gone too.
    assert int(told[1]) <= begins[partition]
    restart(lake, "--accept-loss", "--yes")


def purge_binlog(lake: Lake) -> None:
    """The binlog is purged before it is read; a new snapshot is taken."""
    settings = lake.settings
    job = current_job(settings)
    assert job
    stop(settings, job.id)
    alter(lake, "UPDATE risk_point SET description = 'purged' LIMIT 1", "FLUSH BINARY LOGS", "FLUSH BINARY LOGS")
    until(lambda: purged(lake), "the binlog is purged")
    refused = lake.command("pipeline", "start")
    assert refused.returncode == 1, refused.stdout
    assert "no longer has its changes from binlog." in refused.stderr, refused.stderr
    assert "gridseal pipeline restart --from-scratch" in refused.stderr, refused.stderr
    restart(lake, "--from-scratch", "--yes")


def purged(lake: Lake) -> bool:
    """Purge the binlog; a file that somebody still reads stays, and the server notices late that a reader has gone."""
    for (reader,) in alter(lake, "SELECT id FROM information_schema.processlist WHERE command = 'Binlog Dump'"):
        with suppress(pymysql.err.OperationalError):
            alter(lake, f"KILL {reader}")
    alter(lake, "PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY")
    return len(alter(lake, "SHOW BINARY LOGS")) == 1


def alter(lake: Lake, *statements: str) -> Sequence[Any]:
    """Statements as the administrator of the database; returns the rows of the last one."""
    settings = lake.settings
    connection = pymysql.connect(
        host=settings.database_host,
        port=settings.database_port,
        user="gridseal_admin",
        password=settings.database_admin_password.get_secret_value(),
        database=settings.database_name,
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return cursor.fetchall()


def send(lake: Lake, payloads: list[bytes]) -> None:
    """Messages by hand."""
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=lake.settings.kafka_bootstrap_servers)
    for payload in payloads:
        producer.send(METER_READINGS.name, payload, key=b"M00001").get(30)
    producer.close()


def dead_letters(lake: Lake, payloads: list[bytes]) -> list[tuple[Any, ...]]:
    """Reasons of the dead letters with these bytes; none until all are there."""
    digests = ", ".join(f"'{hashlib.sha256(payload).hexdigest()}'" for payload in payloads)
    rows = lake.query(f"SELECT reason FROM ods.dead_letter WHERE sha2(payload, 256) IN ({digests})")
    return rows if len(rows) >= len(payloads) else []


@contextmanager
def small_disk(lake: Lake) -> Iterator[Path]:
    """The DataNode's folder lies on a disk of its own meanwhile; for root only."""
    folder = lake.settings.var_dir.absolute() / "data" / "datanode"
    aside = folder.with_name("datanode.aside")
    stack.stop(lake.settings, "datanode")
    folder.rename(aside)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], check=True)
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        stack.start(lake.settings, "datanode")
        yield folder
    finally:
        stack.stop(lake.settings, "datanode")
        shutil.rmtree(aside)
        shutil.copytree(folder, aside)
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
        aside.rename(folder)
        stack.start(lake.settings, "datanode")


def resize(disk: Path, mib: int) -> None:
    """Give a disk in memory another size; it takes no more memory than its files."""
    subprocess.run(["mount", "-o", f"remount,size={mib}m", disk], check=True)


def mend(lake: Lake) -> None:
    """Bring back what a fault before has left broken: each is judged on its own."""
    stack.up(lake.settings)
    stack.start(lake.settings, "sql")
    try:
        start(lake.settings, lake.catalog)
    except PipelineError:
        # It was left with other tables.
        restart(lake)


def restart(lake: Lake, *words: str) -> None:
    """Restart the pipeline by its command, which stops the SQL endpoint where tables may have other columns."""
    done = lake.command("pipeline", "restart", *words)
    assert done.returncode == 0, done.stderr
    stack.start(lake.settings, "sql")


def whole(lake: Lake) -> bool:
    """Every task of the job runs; a JobManager that was killed does not answer for a while."""
    with suppress(PipelineError):
        job = current_job(lake.settings)
        return job is not None and job.healthy
    return False


def until_told(lake: Lake) -> str:
    """Wait for a failure that no restart mends."""
    job = current_job(lake.settings)
    assert job
    return str(until(lambda: source_failure(lake.settings, job.id, 0), "the job tells what it misses"))


def until(look: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> Any:
    """Look until there is something to see; returns it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)
    return seen


def change_transform(lake: Lake) -> None:
    """The SQL of a table changes, and the job goes on with a state made of ODS; then it is stopped and started."""
    with lake.edited("dws.meter_day", "transform.sql", lambda sql: sql.replace("SELECT", "SELECT /* anew */", 1)):
        for _ in range(2):
            restart(lake)
            wait_until_running(lake.settings, PATIENCE_S)
    restart(lake)


def fail_on_a_row(lake: Lake) -> None:
    """SQL that fails on a reading still to come is deployed, meets it, and is mended: no savepoint can be taken."""
    day = lake.next_day + timedelta(days=1)
    divisor = f"CASE WHEN event_time = TIMESTAMP '{day} 12:00:00' THEN 0 ELSE 1 END"

    def edit(sql: str) -> str:
        return sql.replace("WHERE customer_id IS NOT NULL", f"WHERE customer_id IS NOT NULL AND 1 / ({divisor}) = 1", 1)

    with lake.edited("dws.customer_day", "transform.sql", edit):
        restart(lake)
        wait_until_running(lake.settings, PATIENCE_S)
        lake.feed(day, OPTIONS)
        job = current_job(lake.settings)
        assert job
        until(lambda: last_failure(lake.settings, job.id), "the job fails")
    done = lake.command("pipeline", "restart")
    assert done.returncode == 0, done.stderr
    stack.start(lake.settings, "sql")
    told = done.stdout + done.stderr
    assert " savepoint" in told, told
    assert "/ by zero" in told, told
    assert "the sources go on from chk-" in told, told


FAULTS = (
    *(kill(name) for name in ("taskmanager", "jobmanager", "datanode", "namenode", "kafka", "database", "zookeeper")),
    Fault("SIGKILL of everything", kill_everything),
    Fault("SIGKILL between checkpoint and commit", kill_after_checkpoints),
    Fault("SIGKILL of chain, NameNode, notary in a night", break_a_night),
    Fault("an instant left behind", leave_instants),
    Fault("full disk of the DataNode", fill_disk),
    Fault("columns added, widened", alter_harmlessly),
    Fault("a column renamed and back", rename_column),
    Fault("messages that crash parsers", crash_parser),
    Fault("readings from the future", send_from_the_future),
    Fault("database clock set back", set_clock_back),
    Fault("a transform changed under load", change_transform),
    Fault("a transform that fails on a row", fail_on_a_row),
    Fault("messages expired unread", expire_messages),
)
"""In their order; all but the last leave nothing behind."""
