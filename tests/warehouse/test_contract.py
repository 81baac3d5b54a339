"""Contracts: what each refusal says, and what a good one is read as."""

from collections.abc import Callable

import pytest

from tests.warehouse.folders import (
    Document,
    Warehouse,
    column,
    columns,
    contract,
    custom,
    day,
    keyed,
    schema,
)
from warehouse.table import Source

REFUSALS: dict[str, tuple[str, Callable[[Document], object], str]] = {
    "id": ("dws.site_day", lambda d: d.update(id="dws.site"), "the contract's id is 'dws.site', the folder says"),
    "name": (
        "dws.site_day",
        lambda d: d.update(name="site"),
        "the contract's name is 'site', the folder says 'site_day'",
    ),
    "domain": (
        "dws.site_day",
        lambda d: d.update(domain="ads"),
        "the contract's domain is 'ads', the folder says 'dws'",
    ),
    "schema name": ("dws.site_day", lambda d: schema(d).update(name="site"), "the contract's schema.name is 'site'"),
    "physical name": (
        "dws.site_day",
        lambda d: schema(d).update(physicalName="dws.site"),
        "the contract's schema.physicalName is 'dws.site', the folder says 'dws.site_day'",
    ),
    "no schema": ("dws.site_day", lambda d: d.pop("schema"), "declares 0 schema objects, exactly 1 is needed"),
    "two schemas": ("dws.site_day", lambda d: d["schema"].append(schema(d)), "declares 2 schema objects"),
    "no columns": ("dws.site_day", lambda d: schema(d).pop("properties"), "declares no columns"),
    "no purpose": ("dws.site_day", lambda d: d.pop("description"), "says no purpose (description.purpose)"),
    "no owner": ("dws.site_day", lambda d: schema(d).pop("customProperties"), "names no owner"),
    "column twice": ("dws.site_day", lambda d: columns(d).append(column("energy")), "column energy is declared twice"),
    "column name": ("dws.site_day", lambda d: columns(d)[2].update(name="kWh"), "column name 'kWh' is not lower_snake"),
    "no column name": ("dws.site_day", lambda d: columns(d)[2].pop("name"), "column name None is not lower_snake_case"),
    "no unit": (
        "dws.site_day",
        lambda d: columns(d)[2].pop("customProperties"),
        "column energy states no unit (customProperties: unit; '1' if it has none)",
    ),
    "no description": ("dws.site_day", lambda d: columns(d)[2].pop("description"), "column energy has no description"),
    "no type": ("dws.site_day", lambda d: columns(d)[2].pop("physicalType"), "column energy has no physicalType"),
    "refused type": (
        "dws.site_day",
        lambda d: columns(d)[2].update(physicalType="FLOAT"),
        "dws.site_day.energy: type FLOAT is refused",
    ),
    "logical type": (
        "dws.site_day",
        lambda d: columns(d)[2].update(logicalType="integer"),
        "column energy: logicalType integer contradicts DECIMAL(20,3) (which is number)",
    ),
    "no logical type": (
        "dws.site_day",
        lambda d: columns(d)[2].pop("logicalType"),
        "column energy: logicalType None contradicts DECIMAL(20,3)",
    ),
    "option of another type": (
        "dws.site_day",
        lambda d: columns(d)[2].update(logicalTypeOptions={"maxLength": 3}),
        "column energy: logicalTypeOptions maxLength is not kept for DECIMAL(20,3); allowed: minimum, maximum",
    ),
    "unknown option": (
        "dws.site_day",
        lambda d: columns(d)[1].update(logicalTypeOptions={"minimun": 3}),
        "column dt: logicalTypeOptions minimun is not kept for STRING; allowed: minLength, maxLength, pattern",
    ),
    "unknown property of a column": (
        "dws.site_day",
        lambda d: columns(d)[2]["customProperties"].append({"property": "units", "value": "kW"}),
        "column energy: customProperties units is not known; allowed: field, unit",
    ),
    "unknown property of a table": (
        "dws.site_day",
        lambda d: custom(d, "histroy", True),
        "the table: customProperties histroy is not known; allowed: disclosable, engine, eventTime, history,"
        " hudi.table.type, lookbackDays, mode, owner",
    ),
    "property twice": (
        "dws.site_day",
        lambda d: schema(d)["customProperties"].append({"property": "owner", "value": "others"}),
        "the table: customProperties owner stands twice",
    ),
    "history as text": (
        "dim.site",
        lambda d: custom(d, "history", "false"),
        "history is 'false'; allowed: true, false",
    ),
    "key without position": (
        "dws.site_day",
        lambda d: columns(d)[0].pop("primaryKeyPosition"),
        "column site_id has primaryKey and no primaryKeyPosition",
    ),
    "position without key": (
        "dws.site_day",
        lambda d: columns(d)[0].pop("primaryKey"),
        "column site_id has primaryKeyPosition 1 and no primaryKey: true",
    ),
    "partition without position": (
        "dws.site_day",
        lambda d: columns(d)[1].pop("partitionKeyPosition"),
        "column dt has partitioned and no partitionKeyPosition",
    ),
    "position twice": (
        "dws.site_day",
        lambda d: columns(d)[1].update(primaryKeyPosition=1),
        "columns site_id and dt both have primaryKeyPosition 1",
    ),
    "position left out": (
        "dws.site_day",
        lambda d: columns(d)[1].update(primaryKeyPosition=3),
        "primaryKeyPosition must count 1, 2, 3, ...; found 1, 3",
    ),
    "freshness": (
        "dws.site_day",
        lambda d: d.update(slaProperties=[{"property": "latency", "value": 1, "unit": "h"}]),
        "slaProperties latency 1 h is not known; allowed: property latency, value a whole number, unit min",
    ),
    "source of unknown kind": (
        "ods.reading",
        lambda d: custom(d, "source", {"kind": "mqtt", "name": "readings"}),
        "is not known; allowed kinds: kafka, dead_letter, late, mysql",
    ),
    "source as text": ("ods.reading", lambda d: custom(d, "source", "readings"), "source 'readings' is not known"),
    "unknown key of a source": (
        "ods.reading",
        lambda d: custom(d, "source", {"kind": "kafka", "name": "readings", "maxbytes": 1}),
        "source has an unknown key maxbytes; allowed: kind, maxAheadSeconds, maxBytes, name",
    ),
    "source without name": (
        "ods.reading",
        lambda d: custom(d, "source", {"kind": "kafka"}),
        "source kafka must have a name",
    ),
    "dead letters with a name": (
        "ods.reading",
        lambda d: custom(d, "source", {"kind": "dead_letter", "name": "readings"}),
        "source dead_letter must not have a name",
    ),
    "size as text": (
        "ods.reading",
        lambda d: custom(d, "source", {"kind": "kafka", "name": "readings", "maxBytes": "64k"}),
        "source maxBytes is '64k'; a whole number of at least 1 is needed",
    ),
    "negative time": (
        "ods.reading",
        lambda d: custom(d, "source", {"kind": "kafka", "name": "readings", "maxAheadSeconds": -1}),
        "source maxAheadSeconds is -1; a whole number of at least 0 is needed",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals(warehouse: Warehouse, case: str) -> None:
    table, change, message = REFUSALS[case]
    warehouse.load()
    warehouse.edit(table, change)
    refused = warehouse.refusal(message)
    assert refused.hint == f"edit warehouse/{table.replace('.', '/')}/contract.odcs.yaml, then: gridseal tables"
    assert str(refused).startswith(table)


def test_the_name_of_a_folder(warehouse: Warehouse) -> None:
    warehouse.folder("dws.site_day").rename(warehouse.root / "dws" / "Site-Day")
    warehouse.refusal("dws.Site-Day: the folder's name 'Site-Day' is not lower_snake_case")


def test_a_folder_without_contract(warehouse: Warehouse) -> None:
    (warehouse.folder("dws.site_day") / "contract.odcs.yaml").unlink()
    warehouse.refusal("dws.site_day: the folder has no contract.odcs.yaml")


def test_a_good_contract(warehouse: Warehouse) -> None:
    table = warehouse.load().table("ods.reading")
    assert table.description == "What ods.reading is."
    assert table.owner == "testers"
    assert table.key == ("message_id",)
    assert table.partition_by == ("dt",)
    assert table.table_type == "MERGE_ON_READ"
    assert table.source == Source("kafka", "readings", 65536, 86400)
    assert (table.mode, table.history, table.event_time, table.freshness_minutes) == ("stream", False, "event_time", 1)
    assert table.append_only
    power = table.column("power")
    assert (str(power.type), power.unit, power.description, power.required) == (
        "DECIMAL(10,3)",
        "1",
        "The power",
        False,
    )
    assert power.options == {"minimum": -5, "maximum": 10000}
    with pytest.raises(KeyError):
        table.column("colour")


def test_fields_are_what_comes_out_of_the_message(warehouse: Warehouse) -> None:
    catalog = warehouse.load()
    assert [c.name for c in catalog.table("ods.reading").fields] == ["site_id", "event_time", "power"]
    assert [c.name for c in catalog.table("ods.site_change").fields] == ["site_id", "name"]
    assert catalog.table("dws.site_day").fields == ()


def test_a_column_may_be_read_from_a_field_of_another_name(warehouse: Warehouse) -> None:
    warehouse.edit(
        "ods.reading", lambda d: columns(d)[7]["customProperties"].append({"property": "field", "value": "P"})
    )
    assert [c.field for c in warehouse.load().table("ods.reading").fields] == ["site_id", "event_time", "P"]


def test_the_key_follows_its_positions_and_not_the_columns(warehouse: Warehouse) -> None:
    document = contract(
        "dws.site_week",
        [day(primaryKey=True, primaryKeyPosition=2), keyed(1, "site_id", "INT"), keyed(3, "kind")],
    )
    warehouse.add(document, "SELECT dt, site_id, 'x' AS kind FROM dws.site_day")
    table = warehouse.load().table("dws.site_week")
    assert table.key == ("site_id", "dt", "kind")
    assert table.column_names == ("dt", "site_id", "kind")


def test_text_over_several_lines_is_one_line(warehouse: Warehouse) -> None:
    warehouse.edit("dws.site_day", lambda d: d["description"].update(purpose="Sums\n  of a day.\n"))
    assert warehouse.load().table("dws.site_day").description == "Sums of a day."
