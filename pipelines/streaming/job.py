"""Jobs of Flink: their options, the environment that they are compiled in, their statements."""

import functools
import inspect
import os
import re
import socket
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from stack import tls
from warehouse.contract import LAYERS, Table

JOB_NAME = "gridseal"
_CONNECT_S = 3.0
_CLASS = re.compile(r"^(Caused by: )?([\w$]+\.)+[\w$]+: ")


def configuration(
    settings: PipelineSettings, restore_from: str | None = None, sources_only: bool = False
) -> dict[str, str]:
    """Flink options of the job; docs/semantics.md tells which of them decide whether tables are right.

    Args:
        settings: Addresses, parallelism, checkpoint interval.
        restore_from: Checkpoint or savepoint whose state the job continues from.
        sources_only: Only sources and sinks find their state in it; what else it holds is left.
    """
    address = urlsplit(rest_url(settings))
    options = {
        "pipeline.name": JOB_NAME,
        "execution.target": "remote",
        "execution.attached": "false",
        "rest.address": str(address.hostname),
        "rest.port": str(address.port),
        "parallelism.default": str(settings.parallelism),
        "table.local-time-zone": "UTC",
        "classloader.resolve-order": "parent-first",
        "pipeline.object-reuse": "true",
        "execution.checkpointing.interval": f"{settings.checkpoint_interval_seconds}s",
        "execution.checkpointing.min-pause": "2s",
        "execution.checkpointing.timeout": "5min",
        # A Hudi writer that has flushed waits for the commit of its checkpoint, which never comes if that fails; only
        # a restart from the checkpoint before sets it free.
        "execution.checkpointing.tolerable-failed-checkpoints": "0",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.dir": f"{settings.hdfs_uri}{settings.flink_path}/checkpoints",
        "execution.checkpointing.savepoint-dir": f"{settings.hdfs_uri}{settings.flink_path}/savepoints",
        "execution.checkpointing.incremental": "true",
        "execution.checkpointing.unaligned.enabled": "false",
        "state.backend.type": "rocksdb",
        # Each state takes an eighth of it at its first row. With the default of 64 MB the hundred states of a slot use
        # up its memory with nothing in them, and RocksDB flushes rows one by one (docs/decisions/0011).
        "state.backend.rocksdb.writebuffer.size": "4mb",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "1000000",
        "restart-strategy.fixed-delay.delay": "3s",
        # A view that several tables read becomes one block: one join, one rank, not one a reader.
        "table.optimizer.reuse-optimize-block-with-digest-enabled": "true",
        # Where the query's key is not the sink's, rows of one key may overtake each other; AUTO puts a
        # materializer there. NONE loses rows without an error.
        "table.exec.sink.upsert-materialize": "AUTO",
        "table.exec.mini-batch.allow-latency": "1s",
        "table.exec.mini-batch.size": "5000",
    }
    if settings.tls_dir:
        options |= tls.flink_options(settings.tls_dir, "rest")
    if restore_from:
        options["execution.state-recovery.path"] = restore_from
        options["execution.state-recovery.ignore-unclaimed-state"] = str(sources_only).lower()
    return options


def rest_url(settings: PipelineSettings) -> str:
    """The REST API of a JobManager that can be reached; it passes on what it is asked to the one that leads.

    Without any that can be, the last, so that whoever asks it is told why not.
    """
    for url in settings.flink_urls[:-1]:
        address = urlsplit(url)
        try:
            socket.create_connection((address.hostname, address.port or 80), timeout=_CONNECT_S).close()
        except OSError:
            continue
        return url
    return settings.flink_urls[-1]


def prepare_environment(settings: PipelineSettings) -> None:
    """Point PyFlink at the assembled FLINK_HOME; must run before pyflink is imported.

    Raises:
        PipelineError: The set-up has not been run.
    """
    home = (settings.build_dir / "flink").resolve()
    if not (home / "lib" / "00-gridseal-flink.jar").exists():
        raise PipelineError(f"FLINK_HOME {home} has no lib/00-gridseal-flink.jar", "make setup", exit_code=2)
    os.environ["FLINK_HOME"] = str(home)
    # The JVM plans, once, and ends: without the slow compiler it does so in a quarter of the time on two cores.
    os.environ.setdefault("JVM_ARGS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    _sort_jars()


def _sort_jars() -> None:
    """Have PyFlink's JVM look for a class as the cluster does: in our jar first.

    Flink's scripts sort the jars of ``lib``. PyFlink takes them as the file system happens to list them, so that
    classes of Hudi may come before those that replace them.
    """
    from pyflink import pyflink_gateway_server as server

    listed = inspect.unwrap(server.construct_flink_classpath)

    @functools.wraps(listed)
    def construct(environment: dict[str, str]) -> str:
        return os.pathsep.join(sorted(listed(environment).split(os.pathsep)))

    server.construct_flink_classpath = construct


def open_environment(options: dict[str, str]) -> Any:
    """Create PyFlink's StreamTableEnvironment with the options."""
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import EnvironmentSettings, StreamTableEnvironment

    configuration = Configuration()
    for key, value in options.items():
        configuration.set_string(key, value)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    bounded = options.get("execution.runtime-mode") == "BATCH"
    mode = EnvironmentSettings.in_batch_mode() if bounded else EnvironmentSettings.in_streaming_mode()
    tables = StreamTableEnvironment.create(environment, mode)
    for key, value in options.items():
        tables.get_config().set(key, value)
    return tables


def declare_databases(tables: Any, settings: PipelineSettings) -> None:
    """Declare the functions, and a database a layer for views and for tables of the lake."""
    jvm().io.gridseal.flink.GridsealFunctions.register(tables._j_tenv, settings.grid_timezone)
    tables.execute_sql("CREATE CATALOG lake WITH ('type' = 'generic_in_memory')")
    for layer in LAYERS:
        tables.execute_sql(f"CREATE DATABASE {layer}")
        tables.execute_sql(f"CREATE DATABASE lake.{layer}")


def insert_sql(table: Table, view: str = "", overwrite: bool = False) -> str:
    """INSERT that writes a table's view into its Hudi table.

    Args:
        table: The table.
        view: What the view is called after the table.
        overwrite: Replace the partitions that the view has rows for, or the whole of a table without partitions.
    """
    insert = "INSERT OVERWRITE" if overwrite else "INSERT INTO"
    columns = ", ".join(f"`{c}`" for c in table.column_names)
    return f"{insert} {quoted('lake.' + table.name)} SELECT {columns} FROM {quoted(table.name + view)}"


def quoted(name: str) -> str:
    """A layer name as Flink's SQL reads it whatever the parts are: date and day are reserved words."""
    return ".".join(f"`{part}`" for part in name.split("."))


def jvm() -> Any:
    """PyFlink's view of the Java virtual machine of this process."""
    from pyflink.java_gateway import get_gateway

    return get_gateway().jvm


def java_cause(error: BaseException) -> str:
    """The innermost message of a Java exception, on one line; with the place in the SQL if it names one."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    causes = [_CLASS.sub("", line) for line in lines if line.startswith(("Caused by:", "org.apache.flink"))]
    placed = [cause for cause in causes if cause.startswith("From line")]
    found = placed or causes or lines[:1] or [type(error).__name__]
    return " ".join(found[-1].split())
