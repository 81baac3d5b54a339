"""Contract files: YAML, and nothing that the standard does not know."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.warehouse.folders import Document, Warehouse, column, contract, keyed
from warehouse.errors import WarehouseError
from warehouse.odcs import read_odcs

CONTRACT = contract(
    "dws.site_day",
    [keyed(1, "site_id", "INT"), column("energy", "DECIMAL(20,3)", logicalTypeOptions={"minimum": 0})],
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "contract.odcs.yaml is not YAML: "),
        ("a: 1\n b: 2", "contract.odcs.yaml is not YAML: "),
        ("\xff\xff", "contract.odcs.yaml is not YAML: "),
        ("", "it holds NoneType"),
        ("- a\n- b", "it holds list"),
        ("dws.site_day", "it holds str"),
        ("id: a\nid: b", "key id stands twice"),
        ("1: a", "1 is no key of the standard; allowed: apiVersion, "),
    ],
)
def test_what_is_no_yaml_of_keys_and_values(warehouse: Warehouse, text: str, message: str) -> None:
    (warehouse.folder("dws.site_day") / "contract.odcs.yaml").write_bytes(text.encode("latin-1"))
    refused = warehouse.refusal(message)
    assert str(refused).startswith("dws.site_day: contract.odcs.yaml is not ")
    assert refused.hint == "edit warehouse/dws/site_day/contract.odcs.yaml, then: gridseal tables"


def test_a_key_twice_below_the_top(warehouse: Warehouse) -> None:
    path = warehouse.folder("dws.site_day") / "contract.odcs.yaml"
    path.write_text(path.read_text().replace("purpose:", "purpose: a\n  purpose:", 1))
    warehouse.refusal("key purpose stands twice")


@pytest.mark.parametrize(
    ("wrong", "right", "where"),
    [
        ("primarykey", "primaryKey", "schema.site_day.properties.site_id"),
        ("physicaltype", "physicalType", "schema.site_day.properties.site_id"),
        ("logicalTypeOption", "logicalTypeOptions", "schema.site_day.properties.site_id"),
    ],
)
def test_a_misspelt_key_of_a_column(warehouse: Warehouse, wrong: str, right: str, where: str) -> None:
    def change(document: Document) -> None:
        site = document["schema"][0]["properties"][0]
        site[wrong] = site.pop(right, {})

    warehouse.edit("dws.site_day", change)
    warehouse.refusal(f"{where}.{wrong} is no key of the standard; did you mean {right}?")


def test_an_unknown_key_at_the_top(warehouse: Warehouse) -> None:
    warehouse.edit("dws.site_day", lambda d: d.update(colour="red"))
    warehouse.refusal("colour is no key of the standard; allowed: apiVersion, authoritativeDefinitions, ")


def _keys(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(value, dict):
            yield (*path, key)
        # What is below is free by the standard; read_contract judges it.
        if key not in ("logicalTypeOptions", "value"):
            yield from _keys(item, (*path, key))


@pytest.mark.parametrize("path", list(_keys(CONTRACT)), ids=lambda path: ".".join(map(str, path)))
def test_every_key_of_a_contract_is_known_and_no_other(tmp_path: Path, path: tuple[Any, ...]) -> None:
    file = tmp_path / "contract.odcs.yaml"
    file.write_text(yaml.safe_dump(CONTRACT))
    read_odcs(file, "dws.site_day")
    document = json.loads(json.dumps(CONTRACT))
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    parent[f"{path[-1]}_"] = parent.pop(path[-1])
    file.write_text(yaml.safe_dump(document))
    with pytest.raises(WarehouseError, match=f"{path[-1]}_ is no key of the standard"):
        read_odcs(file, "dws.site_day")


def test_what_the_standard_needs_is_what_its_schema_says(warehouse: Warehouse) -> None:
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    for key in schema["required"]:
        warehouse.add(CONTRACT)
        warehouse.edit("dws.site_day", lambda d, key=key: d.pop(key))
        warehouse.refusal(f"contract.odcs.yaml is not ODCS v3: {key} is missing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"apiVersion": "v2.2.2"}, "is DataContract v2.2.2; allowed: kind DataContract, apiVersion v3.x"),
        ({"kind": "DataProduct"}, "is DataProduct v3.1.0; allowed: kind DataContract, apiVersion v3.x"),
        ({"version": 1.0}, "version is 1.0: Input should be a valid string"),
        ({"slaProperties": "soon"}, "slaProperties is 'soon': Input should be a valid list"),
    ],
)
def test_wrong_values(warehouse: Warehouse, change: Document, message: str) -> None:
    warehouse.edit("dws.site_day", lambda d: d.update(change))
    warehouse.refusal(f"contract.odcs.yaml {'' if message.startswith('is ') else 'is not ODCS v3: '}{message}")
