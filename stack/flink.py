"""Flink: a session cluster; of several JobManagers one leads, and the others wait to take over."""

from typing import Any
from urllib.parse import urlsplit

import yaml

from stack import flink_jvm, tls
from stack.errors import StackError
from stack.files import write
from stack.layout import Layout
from stack.probe import accepts, get_json
from stack.service import Service
from stack.settings import LogLevel, StackSettings

_NEEDS = ("zookeeper", "namenode", "datanode")
_CHATTY = ("org.apache.hudi", "org.apache.kafka", "io.debezium", "org.apache.hadoop", "org.apache.parquet")
# A job of thirty tables writes a hundred lines a second of these at INFO: they stay a level below the rest, and none is
# louder than it.
_CHATTY_LEVEL: dict[LogLevel, LogLevel] = {"DEBUG": "INFO", "INFO": "WARN", "WARN": "WARN", "ERROR": "ERROR"}


def services(settings: StackSettings) -> list[Service]:
    """The two services of Flink, one of each on every host that it runs on.

    Raises:
        StackError: FLINK_HOME is not whole.
    """
    layout = Layout.of(settings)
    # Flink itself would start without it and fail much later, in the first compaction.
    if not (own := layout.flink_home / "lib" / "00-gridseal-flink.jar").exists():
        raise StackError(f"{own} is missing", hint="make setup")
    rest = settings.flink_rest_url(settings.host)
    return [
        Service(
            name="jobmanager",
            command=flink_jvm.command(layout, "jobmanager"),
            prepare=lambda: _prepare(settings, layout, "jobmanager"),
            ready=lambda: "" if _ask(settings, f"{rest}/overview") else "the JobManager does not answer yet",
            ports=("flink_rest_port", "flink_rpc_port", "flink_blob_port"),
            address=rest,
            environment=flink_jvm.environment(layout),
            needs=_NEEDS,
            stop_first=True,
        ),
        Service(
            name="taskmanager",
            command=flink_jvm.command(layout, "taskmanager"),
            prepare=lambda: _prepare(settings, layout, "taskmanager"),
            ready=lambda: _slots_ready(settings),
            ports=("flink_taskmanager_data_port",),
            address=f"{settings.host}:{settings.flink_taskmanager_data_port}",
            environment=flink_jvm.environment(layout),
            needs=_NEEDS,
            stop_first=True,
        ),
    ]


def urls(settings: StackSettings) -> list[str]:
    """Where Flink's REST answers; those of JobManagers that do not lead pass on what they are asked."""
    return [settings.flink_rest_url(host) for host in settings.hosts("jobmanager")]


def _ask(settings: StackSettings, url: str) -> Any:
    return get_json(url, tls.client_context(settings.tls_dir) if settings.tls_dir else None)


def properties(settings: StackSettings, layout: Layout) -> dict[str, str | int | bool]:
    """Properties of the cluster; what belongs to a job (checkpoint interval, ...) is set with the job."""
    host = settings.host
    hdfs = f"hdfs://{settings.hosts('namenode')[0]}:{settings.namenode_port}/flink"
    trusting = tls.jvm_options(settings.tls_dir) if settings.tls_dir else []
    quorum = ",".join(f"{server}:{settings.zookeeper_port}" for server in settings.hosts("zookeeper"))
    return {
        "jobmanager.rpc.address": host,
        "jobmanager.rpc.port": settings.flink_rpc_port,
        "jobmanager.bind-host": host,
        "jobmanager.memory.process.size": f"{settings.jobmanager_memory_mb}m",
        "blob.server.port": settings.flink_blob_port,
        # The job and where its newest checkpoint lies outlive the JobManager.
        "high-availability.type": "zookeeper",
        "high-availability.zookeeper.quorum": quorum,
        "high-availability.zookeeper.path.root": "/flink",
        # A job that other jars have compiled cannot be read; it is submitted anew.
        "high-availability.cluster-id": f"/{flink_jvm.jars_digest(layout)}",
        "high-availability.storageDir": f"{hdfs}/ha",
        "high-availability.jobmanager.port": settings.flink_rpc_port,
        # So long a dead JobManager counts as the leader, and a live one may do without ZooKeeper.
        "high-availability.zookeeper.client.session-timeout": 8000,
        "high-availability.zookeeper.client.tolerate-suspended-connections": True,
        "rest.address": host,
        "rest.port": settings.flink_rest_port,
        "rest.bind-address": host,
        "rest.bind-port": settings.flink_rest_port,
        # Jobs come from our own client; nobody needs to upload jars through the web page.
        "web.submit.enable": False,
        "web.log.path": str(layout.log / "jobmanager.log"),
        "taskmanager.host": host,
        "taskmanager.bind-host": host,
        # Another one at each start: a TaskManager that is back at its old address before the JobManager has noticed
        # its death cannot register (the JobManager's connection to the dead one makes Pekko drop its messages).
        "taskmanager.rpc.port": "0",
        "taskmanager.data.port": settings.flink_taskmanager_data_port,
        "taskmanager.log.path": str(layout.log / "taskmanager.log"),
        "taskmanager.numberOfTaskSlots": settings.task_slots,
        # A job that several TaskManagers have slots for uses all of them.
        "taskmanager.load-balance.mode": "SLOTS",
        "taskmanager.memory.process.size": f"{settings.taskmanager_memory_mb}m",
        # RocksDB's; Flink divides it by the slots, so slots are to equal the parallelism.
        "taskmanager.memory.managed.size": f"{settings.taskmanager_managed_memory_mb}m",
        # About 150 tasks with parallelism 2 exchange data through it.
        "taskmanager.memory.network.min": "512m",
        "taskmanager.memory.network.max": "512m",
        "taskmanager.memory.jvm-metaspace.size": "320m",
        "taskmanager.jvm-exit-on-oom": True,
        # Two beats that find nobody there mean a dead process: 6 s to notice it instead of 20. One that only
        # pauses still has the default 50 s (heartbeat.timeout).
        "heartbeat.interval": 3000,
        # The tasks of a whole job are deployed at once; on two cores the answers take longer than 10 s.
        "pekko.ask.timeout": "60 s",
        # A JobManager that waits passes a job that it is given on to the one that leads: 26 MB; the default of 10 MB
        # drops it without an answer.
        "pekko.framesize": "134217728b",
        "parallelism.default": settings.task_slots,
        "io.tmp.dirs": str(layout.data / "flink"),
        # Clients of the cluster read it too.
        "env.java.opts.all": " ".join([flink_jvm.shipped_options(layout), *trusting]),
        # Hudi, Hadoop and the connectors lie in lib/; a job must not bring its own copies.
        "classloader.resolve-order": "parent-first",
        # Hadoop's threads outlive a job and keep its class loader.
        "classloader.check-leaked-classloader": False,
        "state.backend.type": "rocksdb",
        "execution.checkpointing.incremental": True,
        "execution.checkpointing.dir": f"{hdfs}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"{hdfs}/savepoints",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": 3,
        **(tls.flink_options(settings.tls_dir, "rest", "internal") if settings.tls_dir else {}),
    }


def write_configuration(settings: StackSettings, layout: Layout) -> None:
    """Writes the folder that FLINK_CONF_DIR names."""
    conf = layout.flink_conf
    write(conf / "config.yaml", yaml.safe_dump(properties(settings, layout), sort_keys=False, width=10_000))
    # To standard output only; the supervisor keeps and rotates it.
    write(
        conf / "log4j.properties",
        f"rootLogger.level = {settings.log_level}\n"
        "rootLogger.appenderRef.console.ref = console\n"
        "appender.console.name = console\n"
        "appender.console.type = CONSOLE\n"
        "appender.console.layout.type = PatternLayout\n"
        "appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %c{1.} %x - %m%n\n"
        + "".join(
            f"logger.{i}.name = {name}\nlogger.{i}.level = {_CHATTY_LEVEL[settings.log_level]}\n"
            for i, name in enumerate(_CHATTY)
        ),
    )


def _prepare(settings: StackSettings, layout: Layout, name: str) -> None:
    write_configuration(settings, layout)
    (layout.data / "flink").mkdir(parents=True, exist_ok=True)
    flink_jvm.write_arguments(layout, name)


def _slots_ready(settings: StackSettings) -> str:
    answers = (_ask(settings, f"{url}/taskmanagers") for url in urls(settings))
    overview = next((answer for answer in answers if answer), None)
    if not overview:
        return "the JobManager does not answer yet"
    # The JobManager remembers a TaskManager that died for a while; nobody answers at its address.
    places = [(urlsplit(t["path"]), t["slotsNumber"]) for t in overview["taskmanagers"]]
    here = [(place.port or 0, slots) for place, slots in places if place.hostname == settings.host]
    slots = sum(slots for port, slots in here if accepts(settings.host, port))
    return "" if slots >= settings.task_slots else f"{slots} of {settings.task_slots} slots are registered"
