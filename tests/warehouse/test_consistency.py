"""Tables whose parts contradict each other are refused."""

from collections.abc import Callable

import pytest

from tests.warehouse.folders import Document, Warehouse, columns, custom, schema
from warehouse.table import PROVENANCE

READING, SITE, DAY = "ods.reading", "dim.site", "dws.site_day"


def _no_key(document: Document) -> None:
    for one in columns(document):
        one.pop("primaryKey", None)
        one.pop("primaryKeyPosition", None)


def _drop(document: Document, name: str) -> None:
    columns(document)[:] = [c for c in columns(document) if c["name"] != name]


def _drop_property(document: Document, name: str) -> None:
    properties = schema(document)["customProperties"]
    properties[:] = [p for p in properties if p["property"] != name]


def _valid_from_outside_of_the_key(document: Document) -> None:
    columns(document)[1].pop("primaryKey")
    columns(document)[1].pop("primaryKeyPosition")


def _partition_outside_of_the_key(document: Document) -> None:
    columns(document)[1].pop("primaryKey")
    columns(document)[1].pop("primaryKeyPosition")


REFUSALS: dict[str, tuple[str, Callable[[Document], object], str]] = {
    "no key": (DAY, _no_key, "no column is a primaryKey; Hudi upserts by key"),
    "key that may be null": (
        DAY,
        lambda d: columns(d)[0].pop("required"),
        "key column site_id is not required: true; a key cannot be null",
    ),
    "partition that is no text": (
        DAY,
        lambda d: columns(d)[1].update(physicalType="DATE", logicalType="date"),
        "partition column dt is DATE: Flink and Spark write other types differently into the path; use STRING",
    ),
    "partition outside of the key": (
        DAY,
        _partition_outside_of_the_key,
        "partition column dt is not in the primary key: a row whose dt changes would stay behind",
    ),
    "table type": (
        "ads.site_report",
        lambda d: custom(d, "hudi.table.type", "COW"),
        "hudi.table.type is COW; allowed: COPY_ON_WRITE, MERGE_ON_READ",
    ),
    "mode": (DAY, lambda d: custom(d, "mode", "weekly"), "mode is weekly; allowed: stream, batch"),
    "engine": (DAY, lambda d: custom(d, "engine", "duckdb"), "engine is duckdb; allowed: flink, notary, spark"),
    "stream in Spark": (DAY, lambda d: custom(d, "engine", "spark"), "engine is spark; the stream runs in Flink"),
    "logs in Spark": (
        DAY,
        lambda d: (
            custom(d, "engine", "spark"),
            custom(d, "mode", "batch"),
            custom(d, "hudi.table.type", "MERGE_ON_READ"),
        ),
        "engine is spark, which replaces partitions, and hudi.table.type MERGE_ON_READ: write COPY_ON_WRITE",
    ),
    "days unknown to Spark": (
        SITE,
        lambda d: (
            custom(d, "engine", "spark"),
            custom(d, "mode", "batch"),
            custom(d, "hudi.table.type", "COPY_ON_WRITE"),
        ),
        "engine is spark, which replaces days: the partition column must be dt (yyyy-MM-dd) or month (yyyy-MM)",
    ),
    "looking back in Flink": (
        DAY,
        lambda d: custom(d, "lookbackDays", 7),
        "lookbackDays is 7; only a table with engine: spark looks back",
    ),
    "source read in batch": (READING, lambda d: custom(d, "mode", "batch"), "mode is batch; a source is read by the"),
    "ODS without source": (
        READING,
        lambda d: _drop_property(d, "source"),
        "an ODS table needs a source, and no other layer may have one",
    ),
    "source outside of ODS": (
        DAY,
        lambda d: custom(d, "source", {"kind": "kafka", "name": "readings"}),
        "an ODS table needs a source, and no other layer may have one",
    ),
    "event time": (DAY, lambda d: custom(d, "eventTime", "hour"), "eventTime names hour, which is no column"),
    "history without valid_to": (
        SITE,
        lambda d: _drop(d, "valid_to"),
        "history: true needs the columns valid_from and valid_to",
    ),
    "history without valid_from in the key": (
        SITE,
        _valid_from_outside_of_the_key,
        "history: true needs valid_from in the primary key; else a key would have one version only",
    ),
    "history whose versions all end": (
        SITE,
        lambda d: columns(d)[2].update(required=True),
        "history: true needs valid_to without required: true; the version in force has none",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals(warehouse: Warehouse, case: str) -> None:
    table, change, message = REFUSALS[case]
    warehouse.load()
    warehouse.edit(table, change)
    refused = warehouse.refusal(f"{table}: {message}")
    assert refused.hint == f"edit warehouse/{table.replace('.', '/')}/contract.odcs.yaml, then: gridseal tables"


@pytest.mark.parametrize(("name", "kind"), PROVENANCE["kafka"])
def test_messages_keep_their_place_in_kafka(warehouse: Warehouse, name: str, kind: str) -> None:
    other = ("DATE", "date")
    warehouse.edit(
        READING,
        lambda d: [c.update(physicalType=other[0], logicalType=other[1]) for c in columns(d) if c["name"] == name],
    )
    warehouse.refusal(f"ODS must say where a row came from: column {name} {kind} is needed, found DATE")


@pytest.mark.parametrize(("name", "kind"), PROVENANCE["mysql"][1:])
def test_changes_keep_their_place_in_the_binlog(warehouse: Warehouse, name: str, kind: str) -> None:
    warehouse.edit("ods.site_change", lambda d: _drop(d, name))
    warehouse.refusal(f"ODS must say where a row came from: column {name} {kind} is needed, found none")


def test_dead_letters_keep_their_bytes_and_the_reason(warehouse: Warehouse) -> None:
    warehouse.edit(READING, lambda d: custom(d, "source", {"kind": "dead_letter"}))
    warehouse.refusal("column payload BYTES is needed, found none")


def test_an_append_only_table_may_be_partitioned_by_what_is_not_its_key(warehouse: Warehouse) -> None:
    assert warehouse.load().table(READING).key == ("message_id",)
