"""Tables that Spark makes from other tables as they are in the lake, such as those with a long history."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from pipelines.batch.changes import READ, Read, partition_of, waiting
from pipelines.batch.days import Days
from pipelines.batch.services import spark_failures
from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sql.session import WRITE_OPTIONS, Tables, open_session
from pipelines.sql.time_travel import replace_tables
from pipelines.streaming.hudi import archived_commits, kept_commits, table_path
from pipelines.streaming.lock import writing
from warehouse.catalog import Catalog
from warehouse.contract import Table

_OVERWRITE, _DELETE = "insert_overwrite", "delete_partition"


@dataclass(frozen=True)
class Made:
    """What a run did to a table: the partitions that it replaced, and those it removed because no row is left."""

    table: str
    replaced: tuple[str, ...]
    removed: tuple[str, ...]


def run_spark(
    settings: PipelineSettings, catalog: Catalog, names: Sequence[str], days: Days | None, full_refresh: bool
) -> list[Made]:
    """Make the partitions of tables anew whose days have changed since the last run, each table in one commit.

    The tables above are read as they are, beside the pipeline, which does not write these.

    Args:
        settings: Where the lake is.
        catalog: The tables.
        names: Tables with ``engine: spark``.
        days: Make the partitions of these days anew, changed or not.
        full_refresh: Make all partitions anew.

    Raises:
        PipelineError: Another run writes a table, a table above was not written yet, or a transform differs from its
            contract.
    """
    wanted = [table for table in catalog.ordered if table.name in names]
    with writing(settings, wanted), spark_failures(settings):

        @cache
        def spark() -> tuple[Any, Tables]:
            session = open_session(settings)
            return session, Tables(session, catalog, settings)

        made = []
        for table in wanted:
            if days:
                # They are no reason to pass over others next time.
                partitions: Collection[str] | None = _of_days(table, days)
                read: Read | None = None
            else:
                found = waiting(settings, catalog, table)
                partitions, read = None if full_refresh else found.partitions, found.newest
            made.append(make(spark, catalog, table, partitions, read))
        return made


def make(
    spark: Callable[[], tuple[Any, Tables]],
    catalog: Catalog,
    table: Table,
    partitions: Collection[str] | None,
    read: Read | None,
) -> Made:
    """Replace partitions of one table.

    Args:
        spark: Gives the session and its tables; not asked if there is no partition, which is not worth starting Spark.
        catalog: The tables.
        table: Which one.
        partitions: Such as 2026-11-20; None for all.
        read: What the run has read, to be kept in the commit; None to keep what the last run has said.
    """
    if partitions is not None and not partitions:
        return Made(table.name, (), ())
    session, known = spark()
    for name in catalog.upstream[table.name]:
        known.ensure(name)
    return replace_rows(session, known, table, session.sql(_select(catalog, table, partitions)), partitions, read)


def replace_rows(
    session: Any, known: Tables, table: Table, rows: Any, partitions: Collection[str] | None, read: Read | None
) -> Made:
    """Replace partitions of one table by the rows of a frame.

    Args:
        session: Spark.
        known: Its tables.
        table: Which one.
        rows: A frame with its columns.
        partitions: Such as 2026-11-20; None for all.
        read: As of ``make``.
    """
    (column,) = table.partition_by
    frame = rows.persist()
    try:
        _compare(table, frame)
        replaced = {row[0] for row in frame.select(column).distinct().collect()}
        there = _partitions_there(session, known, table)
        removed = (there if partitions is None else there & set(partitions)) - replaced
        if removed:
            listed = ",".join(f"{column}={partition}" for partition in sorted(removed))
            further = {"hoodie.datasource.write.partitions.to.delete": listed}
            _write(known.settings, table, frame.limit(0), _DELETE, further, None if replaced else read)
        if replaced:
            _write(known.settings, table, frame, _OVERWRITE, {}, read)
    finally:
        frame.unpersist()
    return Made(table.name, tuple(sorted(replaced)), tuple(sorted(removed)))


def _of_days(table: Table, days: Days) -> list[str]:
    return sorted({partition_of(table, day) for day in days.each()})


def _select(catalog: Catalog, table: Table, partitions: Collection[str] | None) -> str:
    """The table's SELECT for some partitions, which reads no more days than they are made from."""
    select = catalog.transform(table.name)
    columns = ", ".join(table.column_names)
    if partitions is None:
        return f"SELECT {columns} FROM ({select})"
    (column,) = table.partition_by
    # A month begins with its first day; no month is longer than 31 days.
    first = date.fromisoformat(min(partitions) if column == "dt" else f"{min(partitions)}-01") - timedelta(
        days=table.lookback_days
    )
    last = max(partitions) if column == "dt" else f"{max(partitions)}-31"

    def of_these_days(name: str) -> str:
        if name in catalog.tables and catalog.table(name).partition_by == ("dt",):
            return f"(SELECT * FROM {name} WHERE dt BETWEEN '{first}' AND '{last}')"
        return name

    listed = ", ".join(f"'{partition}'" for partition in sorted(partitions))
    return f"SELECT {columns} FROM ({replace_tables(select, of_these_days)}) WHERE {column} IN ({listed})"


def _partitions_there(session: Any, known: Tables, table: Table) -> set[str]:
    if not known.written(table):
        return set()
    known.ensure(table.name)
    return {row[0] for row in session.sql(f"SELECT DISTINCT {table.partition_by[0]} FROM {table.name}").collect()}


def _compare(table: Table, frame: Any) -> None:
    """Refuse rows that are not what the contract declares.

    Raises:
        PipelineError: A type differs.
    """
    found = {field.name: field.dataType.simpleString().upper() for field in frame.schema.fields}
    for column in table.columns:
        if found[column.name] != column.type.spark:
            where = f"warehouse/{table.name.replace('.', '/')}/transform.sql"
            raise PipelineError(
                f"{table.name}: column {column.name} is {found[column.name]} in {where}, {column.type} in the contract",
                f"write CAST({column.name} AS {column.type.spark}) in {where}",
                exit_code=2,
            )


def _write(
    settings: PipelineSettings, table: Table, frame: Any, operation: str, further: dict[str, str], read: Read | None
) -> None:
    least, most = archived_commits(settings)
    layer, name = table.name.split(".")
    options = {
        **WRITE_OPTIONS,
        "hoodie.table.name": name,
        "hoodie.database.name": layer,
        "hoodie.datasource.write.table.type": table.table_type,
        "hoodie.datasource.write.operation": operation,
        "hoodie.datasource.write.recordkey.field": ",".join(table.key),
        "hoodie.datasource.write.partitionpath.field": ",".join(table.partition_by),
        "hoodie.datasource.write.keygenerator.class": "org.apache.hudi.keygen.ComplexKeyGenerator",
        "hoodie.datasource.write.hive_style_partitioning": "true",
        "hoodie.clean.commits.retained": str(kept_commits(settings)),
        "hoodie.keep.min.commits": str(least),
        "hoodie.keep.max.commits": str(most),
        **further,
    }
    if read is not None:
        options |= {"hoodie.datasource.write.commitmeta.key.prefix": READ, READ: json.dumps(read)}
    frame.write.format("hudi").options(**options).mode("append").save(table_path(table, settings.lake_uri))
