"""A table as its contract declares it (Open Data Contract Standard v3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from open_data_contract_standard.model import CustomProperty, OpenDataContractStandard, SchemaObject, SchemaProperty
from pydantic import ValidationError

from warehouse.errors import WarehouseError
from warehouse.types import ColumnType, parse_type

CONTRACT_FILE = "contract.odcs.yaml"
LAYERS = ("ods", "dim", "dwd", "dws", "ads")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")

SourceKind = Literal["kafka", "mysql", "dead_letter"]
PROVENANCE: Mapping[SourceKind, tuple[tuple[str, str], ...]] = {
    "kafka": (
        ("message_id", "STRING"),
        ("topic", "STRING"),
        ("kafka_partition", "INT"),
        ("kafka_offset", "BIGINT"),
        ("kafka_timestamp", "TIMESTAMP(3)"),
    ),
    "dead_letter": (
        ("message_id", "STRING"),
        ("topic", "STRING"),
        ("kafka_partition", "INT"),
        ("kafka_offset", "BIGINT"),
        ("kafka_timestamp", "TIMESTAMP(3)"),
        ("payload", "BYTES"),
        ("reason", "STRING"),
    ),
    "mysql": (
        ("change_id", "STRING"),
        ("op", "STRING"),
        ("op_ts", "TIMESTAMP(3)"),
        ("binlog_file", "STRING"),
        ("binlog_pos", "BIGINT"),
        ("binlog_row", "INT"),
    ),
}
"""Columns that an ODS table of each kind of source must have, because they say where a row came from."""


@dataclass(frozen=True)
class Column:
    """One column: its type, unit and limits (``options``), and the message field it is read from."""

    name: str
    type: ColumnType
    required: bool
    unit: str
    description: str
    options: Mapping[str, Any]
    field: str


@dataclass(frozen=True)
class Source:
    """Where an ODS table is fed from.

    Attributes:
        kind: A Kafka topic, a table of the business database, or the messages refused by all topics.
        name: Topic or database table; empty for ``dead_letter``.
        max_bytes: Longest message that is parsed (Kafka).
        max_ahead_seconds: How far the event time may lie after the Kafka timestamp (Kafka).
    """

    kind: SourceKind
    name: str
    max_bytes: int
    max_ahead_seconds: int


@dataclass(frozen=True)
class Table:
    """One table of the lake.

    Attributes:
        name: Layer and table, such as ``dws.region_hour``.
        key: Columns of the primary key.
        partition_by: Columns of the partition path; empty for an unpartitioned table.
        table_type: ``COPY_ON_WRITE`` or ``MERGE_ON_READ``.
        history: The table keeps versions with valid_from and valid_to; ``NAME_current`` is a view of it.
        mode: ``stream`` (a sink of the streaming job) or ``batch`` (written by a bounded run).
        event_time: The column that says when a row's fact happened, if any.
        freshness_minutes: The promise: rows are visible this many minutes after they happened.
    """

    name: str
    description: str
    owner: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    table_type: str
    source: Source | None
    history: bool
    mode: str
    event_time: str | None
    freshness_minutes: int | None
    folder: Path

    @property
    def layer(self) -> str:
        """The part before the point."""
        return self.name.split(".")[0]

    @property
    def append_only(self) -> bool:
        """Rows are never updated or deleted."""
        return self.layer == "ods"

    def column(self, name: str) -> Column:
        """Return a column by its name; KeyError if there is none."""
        return next(c for c in self.columns if c.name == name) if name in self.column_names else _missing(name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the contract's order, which is also the order of the canonical row."""
        return tuple(c.name for c in self.columns)

    @property
    def fields(self) -> tuple[Column, ...]:
        """Columns of an ODS table that come out of the message or database row itself."""
        if self.source is None:
            return ()
        made = {name for name, _ in PROVENANCE[self.source.kind]} | set(self.partition_by)
        return tuple(c for c in self.columns if c.name not in made)


def _missing(name: str) -> Column:
    raise KeyError(name)


def read_contract(folder: Path) -> Table:
    """Read and judge the contract of one table folder.

    Raises:
        WarehouseError: The file is missing, is no valid contract, or contradicts itself.
    """
    path = folder / CONTRACT_FILE
    name = f"{folder.parent.name}.{folder.name}"
    if not path.is_file():
        raise _refuse(name, f"the folder has no {CONTRACT_FILE}")
    try:
        contract = OpenDataContractStandard(**yaml.load(path.read_text(), Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, TypeError) as error:
        raise _refuse(name, f"{CONTRACT_FILE} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _refuse(name, f"{CONTRACT_FILE} is not ODCS v3: {where}: {first['msg']}") from error
    if contract.id != name:
        raise _refuse(name, f"the contract's id is {contract.id!r}, the folder says {name!r}")
    if not contract.schema_ or len(contract.schema_) != 1:
        raise _refuse(name, f"the contract declares {len(contract.schema_ or [])} schema objects, exactly 1 is needed")
    return _table(name, contract, contract.schema_[0], folder)


def _table(name: str, contract: OpenDataContractStandard, schema: SchemaObject, folder: Path) -> Table:
    properties = schema.properties or []
    if not properties:
        raise _refuse(name, "the contract declares no columns (schema[0].properties)")
    columns = tuple(_column(name, p) for p in properties)
    names = [c.name for c in columns]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise _refuse(name, f"column {twice[0]} is declared twice")
    custom = _custom(schema.customProperties)
    source = custom.get("source")
    description = (contract.description.purpose if contract.description else None) or ""
    if not description:
        raise _refuse(name, "the contract says no purpose (description.purpose)")
    owner = custom.get("owner")
    if not owner:
        raise _refuse(name, "the contract names no owner (customProperties: owner)")
    table = Table(
        name=name,
        description=" ".join(description.split()),
        owner=str(owner),
        columns=columns,
        key=_positioned(name, properties, "primaryKey", "primaryKeyPosition"),
        partition_by=_positioned(name, properties, "partitioned", "partitionKeyPosition"),
        table_type=str(custom.get("hudi.table.type", "MERGE_ON_READ")),
        source=_source(name, source) if source else None,
        history=bool(custom.get("history", False)),
        mode=str(custom.get("mode", "stream")),
        event_time=custom.get("eventTime"),
        freshness_minutes=_freshness(contract),
        folder=folder,
    )
    _judge(table)
    return table


def _column(table: str, prop: SchemaProperty) -> Column:
    if not prop.name or not _NAME.match(prop.name):
        raise _refuse(table, f"column name {prop.name!r} is not lower_snake_case")
    where = f"{table}.{prop.name}"
    if not prop.physicalType:
        raise _refuse(table, f"column {prop.name} has no physicalType")
    kind = parse_type(prop.physicalType, where)
    if prop.logicalType != kind.logical:
        raise _refuse(
            table, f"column {prop.name}: logicalType {prop.logicalType} contradicts {kind} (which is {kind.logical})"
        )
    custom = _custom(prop.customProperties)
    unit = custom.get("unit")
    if unit is None:
        raise _refuse(table, f"column {prop.name} states no unit (customProperties: unit; '1' if it has none)")
    if not prop.description:
        raise _refuse(table, f"column {prop.name} has no description")
    return Column(
        name=prop.name,
        type=kind,
        required=bool(prop.required),
        unit=str(unit),
        description=" ".join(prop.description.split()),
        options=prop.logicalTypeOptions or {},
        field=str(custom.get("field", prop.name)),
    )


def _positioned(table: str, properties: list[SchemaProperty], flag: str, position: str) -> tuple[str, ...]:
    chosen = [p for p in properties if getattr(p, flag)]
    if any(getattr(p, position) is None for p in chosen):
        raise _refuse(table, f"a column with {flag} has no {position}")
    return tuple(str(p.name) for p in sorted(chosen, key=lambda p: int(getattr(p, position))))


def _custom(properties: list[CustomProperty] | None) -> dict[str, Any]:
    return {str(p.property): p.value for p in properties or []}


def _source(table: str, value: Any) -> Source:
    if not isinstance(value, dict) or value.get("kind") not in PROVENANCE:
        raise _refuse(table, f"source {value!r} is not known; allowed kinds: {', '.join(PROVENANCE)}")
    known = {"kind", "name", "maxBytes", "maxAheadSeconds"}
    if unknown := sorted(set(value) - known):
        raise _refuse(table, f"source has an unknown key {unknown[0]}; allowed: {', '.join(sorted(known))}")
    if (value["kind"] == "dead_letter") == bool(value.get("name")):
        raise _refuse(table, f"source {value['kind']} must {'not ' if value.get('name') else ''}have a name")
    return Source(
        kind=value["kind"],
        name=str(value.get("name", "")),
        max_bytes=int(value.get("maxBytes", 65536)),
        max_ahead_seconds=int(value.get("maxAheadSeconds", 86400)),
    )


def _freshness(contract: OpenDataContractStandard) -> int | None:
    for sla in contract.slaProperties or []:
        if sla.property == "latency" and sla.unit == "min" and sla.value is not None:
            return int(sla.value)
    return None


def _judge(table: Table) -> None:
    """Refuse contracts whose parts contradict each other."""
    if not table.key:
        raise _refuse(table.name, "no column is a primaryKey; Hudi upserts by key")
    for name in table.key:
        if not table.column(name).required:
            raise _refuse(table.name, f"key column {name} is not required: true; a key cannot be null")
    for name in table.partition_by:
        if table.column(name).type.name != "STRING":
            raise _refuse(
                table.name,
                f"partition column {name} is {table.column(name).type}: Flink and Spark write other types"
                " differently into the path; use STRING",
            )
        if name not in table.key and not table.append_only:
            raise _refuse(
                table.name,
                f"partition column {name} is not in the primary key: a row whose {name} changes would stay"
                " behind in its old partition",
            )
    if table.table_type not in ("COPY_ON_WRITE", "MERGE_ON_READ"):
        raise _refuse(table.name, f"hudi.table.type is {table.table_type}; allowed: COPY_ON_WRITE, MERGE_ON_READ")
    if table.mode not in ("stream", "batch"):
        raise _refuse(table.name, f"mode is {table.mode}; allowed: stream, batch")
    if (table.source is None) == (table.layer == "ods"):
        raise _refuse(table.name, "an ODS table needs a source, and no other layer may have one")
    if table.event_time is not None and table.event_time not in table.column_names:
        raise _refuse(table.name, f"eventTime names {table.event_time}, which is no column")
    if table.history and not {"valid_from", "valid_to"} <= set(table.column_names):
        raise _refuse(table.name, "history: true needs the columns valid_from and valid_to")
    if table.source:
        types = {c.name: str(c.type) for c in table.columns}
        for name, kind in PROVENANCE[table.source.kind]:
            if types.get(name) != kind:
                raise _refuse(
                    table.name,
                    f"ODS must say where a row came from: column {name} {kind} is needed,"
                    f" found {types.get(name, 'none')}",
                )


def _refuse(table: str, what: str) -> WarehouseError:
    return WarehouseError(f"{table}: {what}", f"edit warehouse/{table.replace('.', '/')}/, then: gridseal tables")
