"""Bounded runs: the same transforms in Flink's batch mode, over what ODS holds."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipelines.batch.days import Days
from pipelines.batch.stale import newest_commits, stale_days
from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import BATCH_PREFIX
from pipelines.streaming.hudi import sink_ddl
from pipelines.streaming.job import (
    configuration,
    declare_databases,
    insert_sql,
    open_environment,
    prepare_environment,
    quoted,
)
from pipelines.streaming.lag import topic_lags
from pipelines.streaming.lock import writing_apart
from pipelines.streaming.losses import lost_before, read_losses
from pipelines.streaming.replay import PAST, Replay, make_folders, past_condition, past_ddl, with_past
from pipelines.streaming.stages import register_view
from pipelines.timeline import written_columns
from warehouse.catalog import CURRENT, Catalog
from warehouse.contract import Table

_COMMITS_S = 60.0


def run_batch(
    settings: PipelineSettings,
    catalog: Catalog,
    names: Sequence[str],
    days: Days | None = None,
    replay: Replay | None = None,
) -> None:
    """Make tables anew from ODS in one job, and replace their rows, each table in one commit.

    Args:
        settings: Where Flink and the lake are.
        catalog: The tables.
        names: Such as ``dim.date``; each must have a transform.
        days: Days to replace, of tables with a partition a day; None replaces all.
        replay: Also write the files that this replay begins from.

    Raises:
        PipelineError: The stream writes the tables, a table has no days, or a transform differs from its contract.
    """
    wanted = [catalog.table(name) for name in names]
    if not wanted and not replay:
        return
    for table in wanted:
        _refuse(table, days)
    # A replay begins from files of what these hold, which no other may write meanwhile.
    read = with_past(catalog) if replay else []
    with writing_apart(settings, [*wanted, *read]):
        _overwrite(settings, catalog, wanted, days, replay)


def _overwrite(
    settings: PipelineSettings, catalog: Catalog, wanted: Sequence[Table], days: Days | None, replay: Replay | None
) -> None:
    names = [table.name for table in wanted]
    past = with_past(catalog) if replay else []
    before = newest_commits(settings, wanted) if days else {}
    prepare_environment(settings)
    tables = open_environment(_configuration(settings, names))
    declare_databases(tables, settings)
    for name in _made_from(catalog, [*names, *(t.name for t in past)]):
        _register(tables, catalog, settings, catalog.table(name), days)
    statements = tables.create_statement_set()
    for table in wanted:
        # Static would remove the other days, too.
        mode = {"write_partition_overwrite_mode": "dynamic"} if days else {}
        tables.execute_sql(sink_ddl(table, settings, quoted(f"lake.{table.name}"), **mode))
        where = f" WHERE {days.condition(table.partition_by[0])}" if days else ""
        statements.add_insert_sql(insert_sql(table, overwrite=True) + where)
    if replay:
        _write_past(tables, statements, catalog, settings, replay)
    statements.execute().wait()
    if days:
        for name, stale in stale_days(settings, wanted, days, before).items():
            _delete(tables, catalog.table(name), stale)


def _write_past(tables: Any, statements: Any, catalog: Catalog, settings: PipelineSettings, replay: Replay) -> None:
    _await_commits(tables, catalog, settings)
    make_folders(settings, catalog, replay.generation)
    for table in with_past(catalog):
        files = quoted(table.name + PAST)
        tables.execute_sql(past_ddl(table, settings, replay.generation, files))
        where = past_condition(table, replay)
        statements.add_insert_sql(f"INSERT INTO {files} SELECT * FROM {quoted(table.name)}{where}")


def _await_commits(tables: Any, catalog: Catalog, settings: PipelineSettings) -> None:
    """Wait until ODS holds all messages that the savepoint counts as read: the last commits may take a moment.

    Raises:
        PipelineError: It does not come to that.
    """
    holders = [t for t in with_past(catalog) if t.origin.kind != "mysql"]
    places = " UNION ALL ".join(f"SELECT topic, kafka_partition, kafka_offset FROM {quoted(t.name)}" for t in holders)
    newest = f"SELECT topic, kafka_partition, MAX(kafka_offset) FROM ({places}) GROUP BY topic, kafka_partition"
    losses = read_losses(settings)
    deadline = time.monotonic() + _COMMITS_S
    while True:
        with tables.execute_sql(newest).collect() as rows:
            held = {(topic, partition): offset + 1 for topic, partition, offset in rows}
        missing = []
        for lag in topic_lags(settings, catalog):
            given_up = lost_before(losses, lag.topic)
            for partition, read in lag.offsets.items():
                known = max(held.get((lag.topic, partition), 0), given_up.get(partition, 0))
                if known < read:
                    missing.append(f"{lag.topic}/{partition}: messages {known} to {read - 1}")
        if not missing:
            return
        if time.monotonic() > deadline:
            raise PipelineError(
                f"ODS lacks what the savepoint counts as read: {'; '.join(missing)}",
                "gridseal pipeline restart tries again; if it stays so, gridseal pipeline restart --from-scratch",
            )
        time.sleep(1)


def _delete(tables: Any, table: Table, days: Sequence[str]) -> None:
    """Delete the rows of days for which a run has made none."""
    listed = ", ".join(f"'{day}'" for day in days)
    column = table.partition_by[0]
    tables.execute_sql(f"DELETE FROM {quoted(f'lake.{table.name}')} WHERE `{column}` IN ({listed})").wait()


def _refuse(table: Table, days: Days | None) -> None:
    if table.source:
        raise PipelineError(
            f"{table.name} is a table of ODS, which has no transform: it holds what the sources sent",
            "gridseal tables lists the others",
            exit_code=2,
        )
    if days and not table.partition_by:
        raise PipelineError(
            f"{table.name} has no partition a day; it can only be made anew as a whole",
            f"gridseal batch run {table.name}",
            exit_code=2,
        )


def _configuration(settings: PipelineSettings, names: Sequence[str]) -> dict[str, str]:
    return configuration(settings) | {
        "pipeline.name": BATCH_PREFIX + (", ".join(names) or "replay"),
        "execution.runtime-mode": "BATCH",
        "execution.attached": "true",
        "restart-strategy.type": "none",
    }


def _made_from(catalog: Catalog, names: Sequence[str]) -> list[str]:
    """Tables and all above them, each after what it reads."""
    wanted = set(names)
    for table in reversed(catalog.ordered):
        if table.name in wanted:
            wanted |= set(catalog.upstream[table.name])
    return [table.name for table in catalog.ordered if table.name in wanted]


def _register(tables: Any, catalog: Catalog, settings: PipelineSettings, table: Table, days: Days | None) -> None:
    if table.source:
        source = quoted(f"lake.{table.name}")
        # Hudi's reader in Flink finds no place for a column that no commit of the table knows yet.
        known = written_columns(settings, table) or table.column_names
        there = tuple(c for c in table.columns if c.name in known)
        tables.execute_sql(sink_ddl(replace(table, columns=there), settings, source))
        # A day of any table is made of the readings of that day alone.
        where = f" WHERE {days.condition(table.partition_by[0])}" if days and table.source.kind == "kafka" else ""
        columns = ", ".join(
            f"`{c.name}`" if c in there else f"CAST(NULL AS {c.type.flink}) AS `{c.name}`" for c in table.columns
        )
        select = f"SELECT {columns} FROM {source}{where}"
    else:
        select = catalog.transform(table.name)
    register_view(tables, table, select, settings.parallelism, bounded=True)
    if table.history:
        tables.execute_sql(f"CREATE TEMPORARY VIEW {quoted(table.name + CURRENT)} AS {catalog.current_view(table)}")
