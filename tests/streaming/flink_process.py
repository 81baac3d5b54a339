"""What the tests let Flink do, in a process of its own and without a cluster."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import EXACT_OPTIONS, STREAM_CONNECTOR, sink_ddl
from pipelines.streaming.job import (
    configuration,
    declare_databases,
    jvm,
    open_environment,
    prepare_environment,
    quoted,
)
from pipelines.streaming.queries import checked_query
from pipelines.streaming.stages import register, statement_set
from warehouse.catalog import Catalog, load_catalog

SETTINGS = PipelineSettings(
    kafka_bootstrap_servers="127.0.0.1:1",
    # The planner looks at the folders of the tables.
    hdfs_uri=f"file://{tempfile.gettempdir()}/gridseal-plan",
    flink_url="http://127.0.0.1:1",
    database_host="127.0.0.1",
)
Change = tuple[Any, ...]
"""Kind of the change (+I, -U, +U, -D), then the values of the row."""


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; what it raises is told in a way that can leave the process."""
    try:
        return function(*arguments)
    except Exception as error:  # PyFlink's hold on to the JVM.
        raise RuntimeError(f"{type(error).__name__}: {error}") from None


def planner(**further: str) -> Any:
    """A table environment with the options of the job, in this process."""
    prepare_environment(SETTINGS)
    return open_environment(configuration(SETTINGS) | {"execution.target": "local"} | further)


def local(folder: Path) -> Any:
    """A table environment that runs its jobs in this process."""
    return planner(
        **{
            "execution.attached": "true",
            "state.backend.type": "hashmap",
            "execution.checkpointing.dir": f"file://{folder}/checkpoints",
            "execution.checkpointing.interval": "1s",
            "restart-strategy.type": "none",
            "parallelism.default": "1",
        }
    )


def view(tables: Any, name: str, columns: dict[str, str], changes: list[Change], key: str = "") -> None:
    """A view of changes, in their order, whose columns are INT or STRING; inserts alone make it append-only."""
    from pyflink.common import Row, RowKind, Types
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import DataTypes, Schema
    from pyflink.table.changelog_mode import ChangelogMode

    kinds = {
        "+I": RowKind.INSERT,
        "-U": RowKind.UPDATE_BEFORE,
        "+U": RowKind.UPDATE_AFTER,
        "-D": RowKind.DELETE,
    }
    rows = []
    for kind, *values in changes:
        row = Row(*values)
        row.set_row_kind(kinds[kind])
        rows.append(row)
    types = [Types.INT() if kind == "INT" else Types.STRING() for kind in columns.values()]
    environment = StreamExecutionEnvironment(tables._j_tenv.execEnv())
    stream = environment.from_collection(rows, Types.ROW_NAMED(list(columns), types))
    inserts = all(kind == "+I" for kind, *_ in changes)
    mode = ChangelogMode.insert_only() if inserts else ChangelogMode.all()
    schema = Schema.new_builder()
    for column, kind in columns.items():
        data_type = DataTypes.INT() if kind == "INT" else DataTypes.STRING()
        schema.column(column, data_type.not_null() if column == key else data_type)
    if key:
        schema.primary_key(key)
    tables.create_temporary_view(name, tables.from_changelog_stream(stream, schema.build(), mode))


def hudi(tables: Any, folder: Path, name: str, columns: str, key: str, **changed: str | None) -> None:
    """A Hudi table on this machine, with the options of the lake except those that are changed; None leaves out."""
    options = {
        "connector": "hudi",
        "path": f"file://{folder}/{name}",
        "table.type": "MERGE_ON_READ",
        "hoodie.datasource.write.recordkey.field": key,
        "metadata.enabled": "false",
        "hoodie.embed.timeline.server": "false",
        "hoodie.write.markers.type": "DIRECT",
        "hoodie.filesystem.view.type": "MEMORY",
        **EXACT_OPTIONS,
    }
    options |= {name.replace("_", "."): value for name, value in changed.items() if value is not None}
    for option, value in changed.items():
        if value is None:
            del options[option.replace("_", ".")]
    told = ", ".join(f"'{option}' = '{value}'" for option, value in options.items())
    tables.execute_sql(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({key}) NOT ENFORCED) WITH ({told})")


def stage(tables: Any, name: str, query: str, key: str) -> None:
    """A stage of the job: a view that states its key, whatever its query does."""
    from pyflink.java_gateway import get_gateway
    from pyflink.util.java_utils import to_jarray

    jvm = get_gateway().jvm
    keys = to_jarray(jvm.String, [key])
    register = jvm.org.apache.flink.table.api.bridge.internal.TableStage.register
    register(tables._j_tenv, tables.sql_query(query)._j_table, name, keys, False, False, 1)


def fill(settings: PipelineSettings, name: str, first: int, count: int) -> None:
    """Stream rows into a table of the lake, a hundred a second and a commit a second; a later row replaces an earlier.

    Row number n has the key n modulo 50, and n in every number.
    """
    table = load_catalog(settings).table(name)
    tables = local(settings.var_dir)
    declare_databases(tables, settings)
    tables.execute_sql(sink_ddl(table, settings, quoted(f"lake.{name}"), connector=STREAM_CONNECTOR))
    last = first + count - 1
    tables.execute_sql(
        "CREATE TEMPORARY TABLE numbers (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100',"
        f" 'fields.n.kind' = 'sequence', 'fields.n.start' = '{first}', 'fields.n.end' = '{last}')"
    )
    values = {"STRING": "'m' || CAST(MOD(n, 50) AS STRING)"}
    columns = {c.name: values.get(c.type.name, f"CAST(n AS {c.type.flink})") for c in table.columns}
    columns["dt"] = "CASE WHEN MOD(n, 2) = 0 THEN '2026-11-20' ELSE '2026-11-21' END"
    select = ", ".join(f"{value} AS `{column}`" for column, value in columns.items())
    tables.execute_sql(f"INSERT INTO {quoted(f'lake.{name}')} SELECT {select} FROM numbers").wait()


def jars_of(classes: list[str]) -> list[str]:
    """Names of the jars that classes come from."""
    planner()
    found = [jvm().java.lang.Class.forName(name) for name in classes]
    return [Path(one.getProtectionDomain().getCodeSource().getLocation().getPath()).name for one in found]


def rows(tables: Any, query: str) -> list[tuple[Any, ...]]:
    """Rows of a bounded query."""
    with tables.execute_sql(query).collect() as found:
        return sorted(tuple(row) for row in found)


def real_job() -> tuple[str, list[dict[str, Any]], list[str]]:
    """The plan of the statements of the real job, the nodes of its graph, and the tables that need a materializer."""
    from pyflink.table import ExplainDetail

    tables, catalog = planner(), load_catalog(SETTINGS)
    register(tables, catalog, SETTINGS)
    needing = _needing_materializer(tables, catalog)
    statements = statement_set(tables, catalog)
    plan = statements.explain(ExplainDetail.CHANGELOG_MODE)
    statements.attach_as_datastream()
    graph = json.loads(tables._j_tenv.execEnv().getExecutionPlan())
    return plan, graph["nodes"], needing


def uids(sources_alone: bool) -> set[str]:
    """Names under which the operators of the job keep their state, but for those that nobody names."""
    tables, catalog = planner(), load_catalog(SETTINGS)
    register(tables, catalog, SETTINGS, sources_alone=sources_alone)
    statement_set(tables, catalog, sources_alone).attach_as_datastream()
    nodes = tables._j_tenv.execEnv().getStreamGraph(False).getStreamNodes().toArray()
    return {uid for uid in (node.getTransformationUID() for node in nodes) if uid}


def _needing_materializer(tables: Any, catalog: Catalog) -> list[str]:
    """Tables whose own query, put straight into its sink, would need one: its key is not the sink's."""
    found = []
    for table in catalog.ordered:
        if table.mode == "stream" and not table.source:
            columns = ", ".join(f"`{name}`" for name in table.column_names)
            select = f"SELECT {columns} FROM ({catalog.transform(table.name)})"
            plan = tables.explain_sql(f"INSERT INTO {quoted('lake.' + table.name)} {select}")
            if "upsertMaterialize=[true]" in plan:
                found.append(table.name)
    return found


def refusal(name: str, select: str) -> tuple[str, str, int]:
    """What the compiler says of a table's SQL: message, next step, exit code."""
    tables, table = planner(), load_catalog(SETTINGS).table(name)
    try:
        checked_query(tables, table, select)
    except PipelineError as error:
        return str(error), error.hint, error.exit_code
    return "", "", 0
