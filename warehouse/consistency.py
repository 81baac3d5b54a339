"""Whether the parts of a table agree with each other."""

from collections.abc import Iterator

from warehouse.errors import refusal
from warehouse.table import PROVENANCE, Table


def judge(table: Table) -> None:
    """Refuse a table whose parts contradict each other.

    Raises:
        WarehouseError: The first contradiction found.
    """
    for what in _contradictions(table):
        raise refusal(table.name, what, "contract.odcs.yaml")


def _contradictions(table: Table) -> Iterator[str]:
    yield from _key_and_partitions(table)
    if table.table_type not in ("COPY_ON_WRITE", "MERGE_ON_READ"):
        yield f"hudi.table.type is {table.table_type}; allowed: COPY_ON_WRITE, MERGE_ON_READ"
    if table.mode not in ("stream", "batch"):
        yield f"mode is {table.mode}; allowed: stream, batch"
    if (table.source is None) == (table.layer == "ods"):
        yield "an ODS table needs a source, and no other layer may have one"
    if table.engine not in ("flink", "notary", "spark"):
        yield f"engine is {table.engine}; allowed: flink, notary, spark"
    if table.engine in ("notary", "spark"):
        yield from _made_by_spark(table)
    if table.engine != "spark" and table.lookback_days:
        yield f"lookbackDays is {table.lookback_days}; only a table with engine: spark looks back"
    if table.source and table.mode == "batch":
        yield "mode is batch; a source is read by the stream"
    if table.event_time is not None and table.event_time not in table.column_names:
        yield f"eventTime names {table.event_time}, which is no column"
    if table.history:
        yield from _history(table)
    yield from _provenance(table)


def _key_and_partitions(table: Table) -> Iterator[str]:
    if not table.key:
        yield "no column is a primaryKey; Hudi upserts by key"
    for name in table.key:
        if not table.column(name).required:
            yield f"key column {name} is not required: true; a key cannot be null"
    for name in table.partition_by:
        if table.column(name).type.name != "STRING":
            yield (
                f"partition column {name} is {table.column(name).type}: Flink and Spark write other types"
                " differently into the path; use STRING"
            )
        if name not in table.key and not table.append_only:
            yield (
                f"partition column {name} is not in the primary key: a row whose {name} changes would stay"
                " behind in its old partition"
            )


def _made_by_spark(table: Table) -> Iterator[str]:
    if table.mode != "batch":
        yield f"engine is {table.engine}; the stream runs in Flink: write mode: batch"
    if table.table_type != "COPY_ON_WRITE":
        yield (
            f"engine is {table.engine}, which replaces partitions, and hudi.table.type {table.table_type}:"
            " write COPY_ON_WRITE"
        )
    if table.partition_by not in (("dt",), ("month",)):
        yield (
            f"engine is {table.engine}, which replaces days: the partition column must be dt (yyyy-MM-dd) or month"
            " (yyyy-MM)"
        )


def _history(table: Table) -> Iterator[str]:
    if not {"valid_from", "valid_to"} <= set(table.column_names):
        yield "history: true needs the columns valid_from and valid_to"
        return
    if "valid_from" not in table.key:
        yield "history: true needs valid_from in the primary key; else a key would have one version only"
    if table.column("valid_to").required:
        yield "history: true needs valid_to without required: true; the version in force has none"


def _provenance(table: Table) -> Iterator[str]:
    types = {c.name: str(c.type) for c in table.columns}
    for name, kind in PROVENANCE[table.source.kind] if table.source else ():
        if types.get(name) != kind:
            yield (
                f"ODS must say where a row came from: column {name} {kind} is needed, found {types.get(name, 'none')}"
            )
