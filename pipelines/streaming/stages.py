"""The streaming job: sources, one stage a table, one Hudi sink a table, all in one dataflow.

Inside the job a reference to a table is a view, so updates and deletes travel in the dataflow and never
through a changelog on disk.
"""

import re
from collections.abc import Sequence
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import STREAM_CONNECTOR, sink_ddl
from pipelines.streaming.job import declare_databases, insert_sql, jvm, quoted
from pipelines.streaming.losses import Loss, lost_before
from pipelines.streaming.queries import checked_query
from pipelines.streaming.replay import PAST, Replay, past_ddl, with_past
from pipelines.streaming.sources import (
    CHANGES_VIEW,
    LATE_CHANGES_VIEW,
    LIVE,
    changes_of_days_select,
    changes_spec,
    kafka_spec,
    kafka_view,
    ods_select,
)
from warehouse.as_of import LATE, VIEW, AsOf
from warehouse.catalog import CURRENT, Catalog
from warehouse.contract import Table
from warehouse.guards import guard_transform

OPEN_DAYS = "_open_days"
"""What the view of a table without its frozen days is called after the table."""
_JOIN = re.compile(r"\bJOIN\b", re.IGNORECASE)


def register(
    tables: Any,
    catalog: Catalog,
    settings: PipelineSettings,
    losses: Sequence[Loss] = (),
    replay: Replay | None = None,
    sources_alone: bool = False,
) -> None:
    """Declare functions, sources, one view and one sink a table.

    Args:
        tables: The table environment.
        catalog: The tables.
        settings: Addresses, parallelism.
        losses: Messages that are given up for lost.
        replay: Where the state began, if not with the sources.
        sources_alone: Only the tables that sources write.

    Raises:
        PipelineError: A transform's columns or types differ from its contract.
        WarehouseError: A transform would make a wrong table without an error.
    """
    if replay:
        tables.get_config().set("gridseal.generation", str(replay.generation))
    declare_databases(tables, settings)
    _register_sources(tables, catalog, settings, losses)
    ends = sum(_register_ods(tables, catalog, settings, table, replay) for table in with_past(catalog))
    for table in _written(catalog, sources_alone):
        if table not in with_past(catalog):
            _register_stage(tables, catalog, settings, table, replay.first_open if replay else "", ends)
        name = quoted(f"lake.{table.name}")
        tables.execute_sql(sink_ddl(table, settings, name, connector=STREAM_CONNECTOR))


def statement_set(tables: Any, catalog: Catalog, sources_alone: bool = False) -> Any:
    """One INSERT a table, to be optimised and submitted together."""
    statements = tables.create_statement_set()
    for table in _written(catalog, sources_alone):
        view = LIVE if table in with_past(catalog) else OPEN_DAYS if freezes(table, catalog) else ""
        statements.add_insert_sql(insert_sql(table, view))
    return statements


def _written(catalog: Catalog, sources_alone: bool) -> list[Table]:
    if sources_alone:
        return with_past(catalog)
    return [table for table in catalog.ordered if table.mode == "stream"]


def freezes(table: Table, catalog: Catalog) -> bool:
    """Whether days of a table leave the stream: those made of readings, day by day."""
    return table.layer != "ods" and bool(table.partition_by) and catalog.made_of_facts(table.name)


def stage_parallelism(table: Table, catalog: Catalog, settings: PipelineSettings) -> int:
    """Parallelism of the stage that makes a table.

    What grows with the readings runs in parallel; what follows from the business database or from photographs, and ADS,
    which reads summaries, does not need a second task, and a task that idles still costs memory and start-up.
    """
    grows = table.layer != "ads" and (table in catalog.facts or catalog.made_of_facts(table.name))
    letters = table.source is not None and table.source.kind == "dead_letter"
    return settings.parallelism if grows or letters else 1


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


def register_view(
    tables: Any, table: Table, select: str, parallelism: int, net: bool = False, bounded: bool = False, view: str = ""
) -> None:
    """Create the view of a table: a stage of its own, planned once, that others start from.

    Args:
        tables: The environment.
        table: The table.
        select: What makes it.
        parallelism: Of the stage's tasks.
        net: Pass on the net changes between two checkpoints only.
        bounded: The rows come once and never change, as in batch mode.
        view: What the view is called after the table.

    Raises:
        PipelineError: The SQL is not valid, or a column or type differs from the contract.
    """
    from pyflink.util.java_utils import to_jarray

    query = checked_query(tables, table, select)
    key = to_jarray(jvm().String, list(table.key))
    _stage().register(
        tables._j_tenv, query._j_table, quoted(table.name + view), key, bounded or table.append_only, net, parallelism
    )


def _register_ods(
    tables: Any, catalog: Catalog, settings: PipelineSettings, table: Table, replay: Replay | None
) -> int:
    """Create the view of what comes from a source, and that of all that the job sees of it.

    Returns:
        How many tasks read what came before a replay.
    """
    from pyflink.util.java_utils import to_jarray

    parallelism = stage_parallelism(table, catalog, settings)
    register_view(tables, table, ods_select(table, catalog), parallelism, view=LIVE)
    view, live, past = (quoted(table.name + suffix) for suffix in ("", LIVE, PAST))
    if not replay:
        tables.execute_sql(f"CREATE TEMPORARY VIEW {view} AS SELECT * FROM {live}")
        return 0
    tables.execute_sql(past_ddl(table, settings, replay.generation, past))
    key = to_jarray(jvm().String, list(table.key))
    return int(_stage().registerWithPast(tables._j_tenv, live, past, view, key, parallelism))


def _register_stage(
    tables: Any, catalog: Catalog, settings: PipelineSettings, table: Table, first_open: str, ends: int
) -> None:
    tables.get_config().set("table.exec.mini-batch.enabled", str(folds_updates(table, catalog)).lower())
    if table.source:
        changes = tables.sql_query(changes_of_days_select(catalog))
        late_view = quoted(LATE_CHANGES_VIEW)
        _stage().registerLateChanges(tables._j_tenv, changes._j_table, late_view, first_open)
        select = ods_select(table, catalog)
    else:
        guard_transform(table, catalog)
        select, join = catalog.stream_transform(table.name)
        if join:
            _register_as_of(tables, catalog, settings, table, join, first_open, ends)
    net = chains_histories(table, catalog)
    register_view(tables, table, select, stage_parallelism(table, catalog, settings), net)
    if table.history:
        tables.execute_sql(f"CREATE TEMPORARY VIEW {quoted(table.name + CURRENT)} AS {catalog.current_view(table)}")
    if freezes(table, catalog):
        _register_open_days(tables, table)


def _register_as_of(
    tables: Any,
    catalog: Catalog,
    settings: PipelineSettings,
    table: Table,
    join: AsOf,
    first_open: str,
    ends: int,
) -> None:
    """Create the view of facts with the version in force, and that of facts too late for it."""
    from pyflink.util.java_utils import to_jarray

    ahead_seconds = catalog.table(join.facts).origin.max_ahead_seconds or 0
    spec = jvm().io.gridseal.flink.Facts.Spec(
        join.key,
        join.time,
        join.day,
        "valid_from",
        join.first_by[0],
        to_jarray(jvm().String, list(join.first_by)),
        settings.grid_timezone,
        settings.horizon_days,
        ahead_seconds * 1000,
        first_open,
        ends,
    )
    facts, versions = tables.sql_query(join.facts_sql()), tables.sql_query(join.versions_sql())
    view, late = quoted(table.name + VIEW), quoted(table.name + LATE)
    parallelism = stage_parallelism(table, catalog, settings)
    _stage().registerAsOf(tables._j_tenv, facts._j_table, versions._j_table, view, late, spec, parallelism)


def _register_open_days(tables: Any, table: Table) -> None:
    from pyflink.util.java_utils import to_jarray

    key = to_jarray(jvm().String, list(table.key))
    (day,) = table.partition_by
    _stage().registerOpenDays(tables._j_tenv, quoted(table.name), quoted(table.name + OPEN_DAYS), key, day)


def _register_sources(tables: Any, catalog: Catalog, settings: PipelineSettings, losses: Sequence[Loss]) -> None:
    sources = jvm().io.gridseal.flink.GridsealSources
    environment = tables._j_tenv.execEnv()
    changes = changes_spec(catalog.fed_by("mysql"), settings)
    sources.registerMysqlChanges(tables._j_tenv, environment, CHANGES_VIEW, changes)
    for table in catalog.fed_by("kafka"):
        spec = kafka_spec(table, settings, lost_before(losses, table.origin.name))
        sources.registerKafka(tables._j_tenv, environment, kafka_view(table), spec)


def _stage() -> Any:
    return jvm().org.apache.flink.table.api.bridge.internal.TableStage
