"""What the commands print that need no service: tables, columns, lineage, settings."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from gridseal.settings import Settings
from stack.settings import env_name
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

Cli = Callable[..., Any]
CATALOG = load_catalog(WarehouseSettings.model_validate({}))


def test_tables_lists_every_folder(cli: Cli) -> None:
    ended = cli("tables", "--format", "json")
    assert ended.code == 0
    assert [row["table"] for row in ended.json()] == list(CATALOG.tables)
    as_csv = list(csv.DictReader(io.StringIO(cli("tables", "--format", "csv").out)))
    assert as_csv == ended.json()
    assert all(name in cli("tables").out for name in CATALOG.tables)


@pytest.mark.parametrize("name", CATALOG.tables)
def test_describe_holds_every_column(cli: Cli, name: str) -> None:
    rows = cli("describe", name, "--format", "json").json()
    table = CATALOG.table(name)
    assert [(r["column"], r["type"], r["unit"]) for r in rows] == [(c.name, str(c.type), c.unit) for c in table.columns]
    assert tuple(r["column"] for r in rows if "key" in r["role"].split()) == tuple(
        c for c in table.column_names if c in table.key
    )


@pytest.mark.parametrize("name", ["ods.meter_reading", "ods.region_change", "dws.region_hour"])
def test_describe_prints_the_select(cli: Cli, name: str) -> None:
    ended = cli("describe", name, "--sql")
    assert ended.code == 0
    assert "SELECT" in ended.out
    assert "{{" not in ended.out


def test_lineage_of_all(cli: Cli) -> None:
    rows = {row["table"]: row["made from"] for row in cli("lineage", "--format", "json").json()}
    assert rows.keys() == CATALOG.tables.keys()
    assert rows["dws.region_hour"] == "dwd.meter_reading"
    assert rows["ods.meter_reading"] == "kafka meter-readings"
    order = list(rows)
    for name, above in CATALOG.upstream.items():
        assert all(order.index(one) < order.index(name) for one in above), name


def test_lineage_of_one(cli: Cli) -> None:
    def names(tree: dict[str, Any]) -> set[str]:
        return {tree["table"]}.union(*map(names, tree["made_from"]))

    tree = cli("lineage", "ads.feeder_loss", "--format", "json").json()
    assert names(tree) >= {"ads.feeder_loss", "dws.feeder_hour", "dwd.meter_reading", "ods.meter_reading"}
    assert "dws.feeder_hour" in cli("lineage", "ads.feeder_loss").out


def test_settings_lists_every_setting_with_its_value(cli: Cli) -> None:
    rows = {row["setting"]: row for row in cli("settings", "--format", "json", GRIDSEAL_JUMP_KW="12.50").json()}
    assert rows.keys() == {env_name(name) for name in Settings.model_fields}
    assert rows["GRIDSEAL_JUMP_KW"]["value"] == "12.50"
    assert all(row["what it is"] for row in rows.values())


def test_addresses_follow_from_the_ports(cli: Cli) -> None:
    rows = {r["setting"]: r["value"] for r in cli("settings", "--format", "json", GRIDSEAL_HOST="127.0.0.2").json()}
    assert rows["GRIDSEAL_FLINK_URL"] == f"http://127.0.0.2:{rows['GRIDSEAL_FLINK_REST_PORT']}"
    assert rows["GRIDSEAL_HDFS_URI"] == f"hdfs://127.0.0.2:{rows['GRIDSEAL_NAMENODE_PORT']}"
    assert rows["GRIDSEAL_KAFKA_BOOTSTRAP_SERVERS"] == f"127.0.0.2:{rows['GRIDSEAL_KAFKA_PORT']}"
    assert rows["GRIDSEAL_DATABASE_HOST"] == "127.0.0.2"
