"""The streaming job: sources, one view a table, one Hudi sink a table, all in one dataflow.

Inside the job a reference to a table is a view, so updates and deletes travel in the dataflow and never
through a changelog on disk.
"""

import os
import re
from collections.abc import Sequence
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import sink_ddl
from pipelines.streaming.losses import Loss, lost_before
from pipelines.streaming.sources import (
    CHANGES_VIEW,
    LATE_CHANGES_VIEW,
    changes_of_days_select,
    changes_spec,
    kafka_spec,
    kafka_view,
    ods_select,
)
from warehouse.as_of import LATE, VIEW, AsOf
from warehouse.catalog import CURRENT, Catalog
from warehouse.contract import LAYERS, Table
from warehouse.guards import guard_transform

JOB_NAME = "gridseal"
OPEN_DAYS = "_open_days"
"""What the view of a table without its frozen days is called after the table."""
_JOIN = re.compile(r"\bJOIN\b", re.IGNORECASE)
_CLASS = re.compile(r"^(Caused by: )?([\w$]+\.)+[\w$]+: ")


def configuration(settings: PipelineSettings, restore_from: str | None = None) -> dict[str, str]:
    """Flink options of the job; docs/semantics.md tells which of them decide whether tables are right.

    Args:
        settings: Addresses, parallelism, checkpoint interval.
        restore_from: Checkpoint or savepoint whose state the job continues from.
    """
    host, port = settings.flink_url.removeprefix("http://").split(":")
    options = {
        "pipeline.name": JOB_NAME,
        "execution.target": "remote",
        "execution.attached": "false",
        "rest.address": host,
        "rest.port": port,
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
    if restore_from:
        options["execution.state-recovery.path"] = restore_from
    return options


def prepare_environment(settings: PipelineSettings) -> None:
    """Point PyFlink at the assembled FLINK_HOME; must run before pyflink is imported.

    Raises:
        PipelineError: The set-up has not been run.
    """
    home = (settings.build_dir / "flink").resolve()
    if not (home / "lib" / "00-gridseal-flink.jar").exists():
        raise PipelineError(f"FLINK_HOME {home} has no lib/00-gridseal-flink.jar", "make setup", exit_code=2)
    os.environ["FLINK_HOME"] = str(home)


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
    _jvm().io.gridseal.flink.GridsealFunctions.register(tables._j_tenv, settings.grid_timezone)
    tables.execute_sql("CREATE CATALOG lake WITH ('type' = 'generic_in_memory')")
    for layer in LAYERS:
        tables.execute_sql(f"CREATE DATABASE {layer}")
        tables.execute_sql(f"CREATE DATABASE lake.{layer}")


def register(tables: Any, catalog: Catalog, settings: PipelineSettings, losses: Sequence[Loss] = ()) -> None:
    """Declare functions, sources, one view and one sink a table.

    Args:
        tables: The table environment.
        catalog: The tables.
        settings: Addresses, parallelism.
        losses: Messages that are given up for lost.

    Raises:
        PipelineError: A transform's columns or types differ from its contract.
        WarehouseError: A transform would make a wrong table without an error.
    """
    declare_databases(tables, settings)
    _register_sources(_jvm(), tables, catalog, settings, losses)
    for table in catalog.ordered:
        if table.mode == "stream":
            if not table.source:
                guard_transform(table, catalog)
            tables.get_config().set("table.exec.mini-batch.enabled", str(folds_updates(table, catalog)).lower())
            if table.source and table.source.kind == "late":
                changes = tables.sql_query(changes_of_days_select(catalog))
                _stage().registerLateChanges(tables._j_tenv, changes._j_table, quoted(LATE_CHANGES_VIEW))
            select, join = (ods_select(table, catalog), None) if table.source else catalog.stream_transform(table.name)
            if join:
                _register_as_of(tables, catalog, settings, table, join)
            net = chains_histories(table, catalog)
            register_view(tables, table, select, net, stage_parallelism(table, catalog, settings))
            if table.history:
                tables.execute_sql(
                    f"CREATE TEMPORARY VIEW {quoted(table.name + CURRENT)} AS {catalog.current_view(table)}"
                )
            if freezes(table):
                _register_open_days(tables, table)
            tables.execute_sql(sink_ddl(table, settings.lake_uri, quoted(f"lake.{table.name}")))


def freezes(table: Table) -> bool:
    """Whether days of a table leave the stream: those made of readings, day by day."""
    return table.layer != "ods" and bool(table.partition_by)


def stage_parallelism(table: Table, catalog: Catalog, settings: PipelineSettings) -> int:
    """Parallelism of the stage that makes a table.

    What grows with the readings runs in parallel; what follows from the business database alone, and ADS, which
    reads summaries, does not need a second task, and a task that idles still costs memory and start-up.
    """
    grows = {"kafka", "dead_letter"}
    sources = {s.kind for name in catalog.sources_of(table.name) if (s := catalog.table(name).source)}
    return settings.parallelism if sources & grows and table.layer != "ads" else 1


def folds_updates(table: Table, catalog: Catalog) -> bool:
    """Whether mini-batches may fold the updates of a stage.

    They cut the work of summaries by a hundred. A mini-batch join, though, may retract rows that it never emitted,
    and a mini-batch aggregation that meets such a row drops the rest of its batch (FLINK-35661, not mended in 1.20):
    a stage with a join goes without.
    """
    return table.layer in ("dws", "ads") and not _JOIN.search(catalog.transform(table.name))


def chains_histories(table: Table, catalog: Catalog) -> bool:
    """Whether a stage passes on the net changes between two checkpoints only.

    A chain of joins over histories takes rows back and makes them again, unchanged, whenever a version is closed, and
    facts are joined to such a row by the thousand.
    """
    return table.layer == "dim" and any(catalog.table(name).layer == "dim" for name in catalog.upstream[table.name])


def statement_set(tables: Any, catalog: Catalog) -> Any:
    """One INSERT a table, to be optimised and submitted together."""
    statements = tables.create_statement_set()
    for table in catalog.ordered:
        if table.mode == "stream":
            statements.add_insert_sql(insert_sql(table, OPEN_DAYS if freezes(table) else ""))
    return statements


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


def register_view(tables: Any, table: Table, select: str, net: bool, parallelism: int, bounded: bool = False) -> None:
    """Create the view of a table: a stage of its own, planned once, that others start from.

    Args:
        tables: The environment.
        table: The table.
        select: What makes it.
        net: Pass on the net changes between two checkpoints only.
        parallelism: Of the stage's tasks.
        bounded: The rows come once and never change, as in batch mode.

    Raises:
        PipelineError: The SQL is not valid, or a column or type differs from the contract.
    """
    from pyflink.util.java_utils import to_jarray

    query = checked_query(tables, table, select)
    key = to_jarray(_jvm().String, list(table.key))
    _stage().register(
        tables._j_tenv, query._j_table, quoted(table.name), key, bounded or table.append_only, net, parallelism
    )


def _register_as_of(tables: Any, catalog: Catalog, settings: PipelineSettings, table: Table, join: AsOf) -> None:
    """Create the view of facts with the version in force, and that of facts too late for it."""
    from pyflink.util.java_utils import to_jarray

    ahead_seconds = catalog.table(join.facts).origin.max_ahead_seconds or 0
    spec = _jvm().io.gridseal.flink.Facts.Spec(
        join.key,
        join.time,
        join.day,
        "valid_from",
        join.first_by[0],
        to_jarray(_jvm().String, list(join.first_by)),
        settings.grid_timezone,
        settings.horizon_days,
        ahead_seconds * 1000,
    )
    facts, versions = tables.sql_query(join.facts_sql()), tables.sql_query(join.versions_sql())
    view, late = quoted(table.name + VIEW), quoted(table.name + LATE)
    parallelism = stage_parallelism(table, catalog, settings)
    _stage().registerAsOf(tables._j_tenv, facts._j_table, versions._j_table, view, late, spec, parallelism)


def _register_open_days(tables: Any, table: Table) -> None:
    from pyflink.util.java_utils import to_jarray

    key = to_jarray(_jvm().String, list(table.key))
    (day,) = table.partition_by
    _stage().registerOpenDays(tables._j_tenv, quoted(table.name), quoted(table.name + OPEN_DAYS), key, day)


def _stage() -> Any:
    return _jvm().org.apache.flink.table.api.bridge.internal.TableStage


def checked_query(tables: Any, table: Table, select: str) -> Any:
    """A table's query with the contract's columns in the contract's order.

    Raises:
        PipelineError: The SQL is not valid, or a column or type differs from the contract.
    """
    from pyflink.table import DataTypes
    from pyflink.table.expressions import col

    where = f"warehouse/{table.name.replace('.', '/')}/transform.sql"
    try:
        query = tables.sql_query(select)
    except Exception as error:  # PyFlink raises several kinds for a query that is not valid.
        raise PipelineError(f"{table.name}: {java_cause(error)}", f"edit {where}", exit_code=2) from error
    found = _types(query)
    _compare(table, found, where)
    columns = [
        col(c.name).cast(DataTypes.STRING()).alias(c.name) if _is_text(found[c.name]) else col(c.name)
        for c in table.columns
    ]
    return query.select(*columns)


def _types(query: Any) -> dict[str, str]:
    """Type of each column of a query, as contracts write it, nullability left out."""
    columns = query._j_table.getResolvedSchema().getColumns()
    summaries = {c.getName(): c.getDataType().getLogicalType().copy(True).asSummaryString() for c in columns}
    return {name: summary.replace(", ", ",") for name, summary in summaries.items()}


def _is_text(kind: str) -> bool:
    # A literal such as 'silence' is CHAR(7) in Flink; the sink stores STRING either way.
    return kind.startswith(("CHAR(", "VARCHAR("))


def _compare(table: Table, found: dict[str, str], where: str) -> None:
    for column in table.columns:
        if column.name not in found:
            raise PipelineError(
                f"{table.name}: {where} makes no column {column.name}, which the contract declares;"
                f" it makes {', '.join(found)}",
                f"edit {where}",
                exit_code=2,
            )
        kind = "STRING" if _is_text(found[column.name]) else found[column.name]
        if kind != column.type.flink:
            raise PipelineError(
                f"{table.name}: column {column.name} is {kind} in {where}, {column.type} in the contract",
                f"write CAST({column.name} AS {column.type}) in {where}",
                exit_code=2,
            )
    if extra := [name for name in found if name not in table.column_names]:
        raise PipelineError(
            f"{table.name}: {where} makes column {extra[0]}, which the contract does not declare",
            f"add {extra[0]} to the contract or remove it from {where}",
            exit_code=2,
        )


def _register_sources(
    jvm: Any, tables: Any, catalog: Catalog, settings: PipelineSettings, losses: Sequence[Loss]
) -> None:
    sources = jvm.io.gridseal.flink.GridsealSources
    environment = tables._j_tenv.execEnv()
    changes = changes_spec(catalog.fed_by("mysql"), settings)
    sources.registerMysqlChanges(tables._j_tenv, environment, CHANGES_VIEW, changes)
    for table in catalog.fed_by("kafka"):
        spec = kafka_spec(table, settings, lost_before(losses, table.origin.name))
        sources.registerKafka(tables._j_tenv, environment, kafka_view(table), spec)


def _jvm() -> Any:
    from pyflink.java_gateway import get_gateway

    return get_gateway().jvm


def java_cause(error: BaseException) -> str:
    """The innermost message of a Java exception, on one line; with the place in the SQL if it names one."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    causes = [_CLASS.sub("", line) for line in lines if line.startswith(("Caused by:", "org.apache.flink"))]
    placed = [cause for cause in causes if cause.startswith("From line")]
    found = placed or causes or lines[:1] or [type(error).__name__]
    return " ".join(found[-1].split())
