"""A table folder's contract, read into a Table; what it leaves open or says wrongly is refused."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import (
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from warehouse.consistency import judge
from warehouse.errors import WarehouseError, refusal
from warehouse.odcs import read_odcs
from warehouse.table import LAYERS, PROVENANCE, Column, Source, Table
from warehouse.types import parse_type

__all__ = ["CONTRACT_FILE", "LAYERS", "PROVENANCE", "Column", "Source", "Table", "read_contract"]

CONTRACT_FILE = "contract.odcs.yaml"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TABLE_PROPERTIES = (
    "disclosable",
    "engine",
    "eventTime",
    "history",
    "hudi.table.type",
    "lookbackDays",
    "mode",
    "owner",
    "source",
)
_COLUMN_PROPERTIES = ("field", "unit")
_SOURCE_KEYS = ("kind", "maxAheadSeconds", "maxBytes", "name")
_LENGTHS = ("minLength", "maxLength", "pattern")
_BOUNDS = ("minimum", "maximum")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "STRING": _LENGTHS,
    "INT": _BOUNDS,
    "BIGINT": _BOUNDS,
    "DECIMAL": _BOUNDS,
    "DATE": _BOUNDS,
    "TIMESTAMP": _BOUNDS,
}
"""Options (logicalTypeOptions) that the parser of messages and the checks keep; nobody would keep another."""


def read_contract(folder: Path) -> Table:
    """Read and judge the contract of one table folder.

    Raises:
        WarehouseError: The file is missing, is no valid contract, or contradicts itself.
    """
    path = folder / CONTRACT_FILE
    name = f"{folder.parent.name}.{folder.name}"
    if not _NAME.fullmatch(folder.name):
        raise refusal(name, f"the folder's name {folder.name!r} is not lower_snake_case")
    if not path.is_file():
        raise _refuse(name, f"the folder has no {CONTRACT_FILE}")
    contract = read_odcs(path, name)
    if contract.id != name:
        raise _refuse(name, f"the contract's id is {contract.id!r}, the folder says {name!r}")
    if not contract.schema_ or len(contract.schema_) != 1:
        raise _refuse(name, f"the contract declares {len(contract.schema_ or [])} schema objects, exactly 1 is needed")
    schema = contract.schema_[0]
    _same_names(name, contract, schema)
    table = _table(name, contract, schema, folder)
    judge(table)
    return table


def _same_names(name: str, contract: OpenDataContractStandard, schema: SchemaObject) -> None:
    """A contract copied from another table must not keep that one's names."""
    layer, short = name.split(".")
    stated = {
        "name": (contract.name, short),
        "domain": (contract.domain, layer),
        "schema.name": (schema.name, short),
        "schema.physicalName": (schema.physicalName, name),
    }
    for key, (value, expected) in stated.items():
        if value is not None and value != expected:
            raise _refuse(name, f"the contract's {key} is {value!r}, the folder says {expected!r}")


def _table(name: str, contract: OpenDataContractStandard, schema: SchemaObject, folder: Path) -> Table:
    properties = schema.properties or []
    if not properties:
        raise _refuse(name, "the contract declares no columns (schema[0].properties)")
    columns = tuple(_column(name, p) for p in properties)
    names = [c.name for c in columns]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise _refuse(name, f"column {twice[0]} is declared twice")
    custom = _custom(name, "the table", schema.customProperties, _TABLE_PROPERTIES)
    description = (contract.description.purpose if contract.description else None) or ""
    if not description:
        raise _refuse(name, "the contract says no purpose (description.purpose)")
    if not custom.get("owner"):
        raise _refuse(name, "the contract names no owner (customProperties: owner)")
    return Table(
        name=name,
        description=" ".join(description.split()),
        owner=str(custom["owner"]),
        columns=columns,
        key=_positioned(name, properties, "primaryKey", "primaryKeyPosition"),
        partition_by=_positioned(name, properties, "partitioned", "partitionKeyPosition"),
        table_type=str(custom.get("hudi.table.type", "MERGE_ON_READ")),
        source=_source(name, custom["source"]) if "source" in custom else None,
        history=_flag(name, custom, "history"),
        mode=str(custom.get("mode", "stream")),
        engine=str(custom.get("engine", "flink")),
        lookback_days=_whole(name, "lookbackDays", custom.get("lookbackDays", 0), 0),
        event_time=custom.get("eventTime"),
        freshness_minutes=_freshness(name, contract),
        disclosable=_flag(name, custom, "disclosable"),
        folder=folder,
    )


def _column(table: str, prop: SchemaProperty) -> Column:
    if not prop.name or not _NAME.fullmatch(prop.name):
        raise _refuse(table, f"column name {prop.name!r} is not lower_snake_case")
    if not prop.physicalType:
        raise _refuse(table, f"column {prop.name} has no physicalType")
    kind = parse_type(prop.physicalType, f"{table}.{prop.name}")
    if prop.logicalType != kind.logical:
        raise _refuse(
            table, f"column {prop.name}: logicalType {prop.logicalType} contradicts {kind} (which is {kind.logical})"
        )
    custom = _custom(table, f"column {prop.name}", prop.customProperties, _COLUMN_PROPERTIES)
    unit = custom.get("unit")
    if unit is None:
        raise _refuse(table, f"column {prop.name} states no unit (customProperties: unit; '1' if it has none)")
    if not prop.description:
        raise _refuse(table, f"column {prop.name} has no description")
    options = prop.logicalTypeOptions or {}
    allowed = _OPTIONS.get(kind.name, ())
    if unknown := sorted(set(options) - set(allowed)):
        raise _refuse(
            table,
            f"column {prop.name}: logicalTypeOptions {unknown[0]} is not kept for {kind};"
            f" allowed: {', '.join(allowed) or 'none'}",
        )
    return Column(
        name=prop.name,
        type=kind,
        required=bool(prop.required),
        unit=str(unit),
        description=" ".join(prop.description.split()),
        options=options,
        field=str(custom.get("field", prop.name)),
    )


def _positioned(table: str, properties: list[SchemaProperty], flag: str, position: str) -> tuple[str, ...]:
    places: dict[int, str] = {}
    for prop in properties:
        place = getattr(prop, position)
        if place is None and getattr(prop, flag):
            raise _refuse(table, f"column {prop.name} has {flag} and no {position}")
        if place is not None and not getattr(prop, flag):
            raise _refuse(table, f"column {prop.name} has {position} {place} and no {flag}: true")
        if place in places:
            raise _refuse(table, f"columns {places[place]} and {prop.name} both have {position} {place}")
        if place is not None:
            places[place] = str(prop.name)
    if sorted(places) != list(range(1, len(places) + 1)):
        raise _refuse(table, f"{position} must count 1, 2, 3, ...; found {', '.join(map(str, sorted(places)))}")
    return tuple(places[place] for place in sorted(places))


def _custom(table: str, what: str, properties: list[CustomProperty] | None, allowed: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for prop in properties or []:
        name = str(prop.property)
        if name not in allowed:
            raise _refuse(table, f"{what}: customProperties {name} is not known; allowed: {', '.join(allowed)}")
        if name in found:
            raise _refuse(table, f"{what}: customProperties {name} stands twice")
        found[name] = prop.value
    return found


def _source(table: str, value: Any) -> Source:
    if not isinstance(value, dict) or value.get("kind") not in PROVENANCE:
        raise _refuse(table, f"source {value!r} is not known; allowed kinds: {', '.join(PROVENANCE)}")
    if unknown := sorted(set(value) - set(_SOURCE_KEYS)):
        raise _refuse(table, f"source has an unknown key {unknown[0]}; allowed: {', '.join(_SOURCE_KEYS)}")
    if (value["kind"] in ("dead_letter", "late")) == bool(value.get("name")):
        raise _refuse(table, f"source {value['kind']} must {'not ' if value.get('name') else ''}have a name")
    return Source(
        kind=value["kind"],
        name=str(value.get("name", "")),
        max_bytes=_whole(table, "source maxBytes", value.get("maxBytes", 65536), 1),
        max_ahead_seconds=_whole(table, "source maxAheadSeconds", value.get("maxAheadSeconds", 86400), 0),
    )


def _flag(table: str, custom: Mapping[str, Any], key: str) -> bool:
    value = custom.get(key, False)
    if not isinstance(value, bool):
        raise _refuse(table, f"{key} is {value!r}; allowed: true, false")
    return value


def _whole(table: str, key: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _refuse(table, f"{key} is {value!r}; a whole number of at least {least} is needed")
    return value


def _freshness(table: str, contract: OpenDataContractStandard) -> int | None:
    for sla in contract.slaProperties or []:
        if (
            sla.property != "latency"
            or sla.unit != "min"
            or isinstance(sla.value, bool)
            or not isinstance(sla.value, int)
        ):
            raise _refuse(
                table,
                f"slaProperties {sla.property} {sla.value!r} {sla.unit} is not known; allowed: property latency,"
                " value a whole number, unit min",
            )
        return sla.value
    return None


def _refuse(table: str, what: str) -> WarehouseError:
    return refusal(table, what, CONTRACT_FILE)
