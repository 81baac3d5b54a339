"""The real tables: complete, found by listing their folders."""

import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

import warehouse
from warehouse.catalog import Catalog
from warehouse.checks import checks_of
from warehouse.contract import LAYERS
from warehouse.settings import WarehouseSettings
from warehouse.template import references

ROOT = Path(warehouse.__file__).parent
FOLDERS = sorted(p.parent for p in ROOT.glob("*/*/contract.odcs.yaml"))
TABLES = [f"{folder.parent.name}.{folder.name}" for folder in FOLDERS]
MADE = [f"{f.parent.name}.{f.name}" for f in FOLDERS if (f / "transform.sql").exists()]
BY_CONTRACT = {"key_is_unique", "columns_keep_the_contract"}


def test_every_folder_is_a_table(catalog: Catalog) -> None:
    assert sorted(catalog.tables) == sorted(TABLES)
    folders = {p for layer in LAYERS for p in (ROOT / layer).iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == set(FOLDERS)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_something_of_its_own(catalog: Catalog, table: str) -> None:
    names = {check.name for check in checks_of(catalog, table)}
    assert names >= {"key_is_unique"}
    assert names - BY_CONTRACT


@pytest.mark.parametrize("table", TABLES)
def test_the_sql_of_checks_parses_and_reads_tables(catalog: Catalog, table: str) -> None:
    for check in checks_of(catalog, table):
        _only_known_tables(catalog, check.sql)


@pytest.mark.parametrize("table", MADE)
def test_a_transform_parses_and_makes_the_columns_of_the_contract(catalog: Catalog, table: str) -> None:
    tree = sqlglot.parse_one(catalog.transform(table))
    assert set(tree.named_selects) == set(catalog.table(table).column_names)
    assert len(tree.named_selects) == len(set(tree.named_selects))
    assert references(catalog.transform(table)) == _tables(tree)


@pytest.mark.parametrize("table", MADE)
def test_what_aggregates_is_reconciled_or_says_why_not(catalog: Catalog, table: str) -> None:
    tree = sqlglot.parse_one(catalog.transform(table))
    sql = catalog.reconcile(table)
    if sql is not None:
        assert _only_known_tables(catalog, sql).named_selects == ["measure", "upstream", "here"]
        assert table in references(sql)
    elif tree.find(exp.Group, exp.AggFunc):
        checks = (catalog.table(table).folder / "checks.sql").read_text(encoding="utf-8")
        assert re.search(r"^-- No reconcile\.sql: \S.{20,}", checks, re.M), (
            f"{table} has no reconcile.sql and no reason"
        )


@pytest.mark.parametrize("setting", WarehouseSettings.model_fields.keys() - {"warehouse_dir"})
def test_a_setting_changes_some_sql(setting: str) -> None:
    files = [*ROOT.glob("*/*/*.sql"), *ROOT.glob("macros/*.sql")]
    assert any(f"settings.{setting}" in file.read_text(encoding="utf-8") for file in files)
    assert WarehouseSettings.model_fields[setting].description


@pytest.mark.parametrize("table", [t for t in TABLES if t.startswith(("dws.", "ads."))])
def test_energy_and_money_are_exact(catalog: Catalog, table: str) -> None:
    assert [c.name for c in catalog.table(table).columns if str(c.type) == "DOUBLE"] == []


@pytest.mark.parametrize("table", TABLES)
def test_a_time_is_utc_and_a_number_has_its_unit(catalog: Catalog, table: str) -> None:
    for column in catalog.table(table).columns:
        if column.type.name == "TIMESTAMP":
            assert column.unit == "UTC"
        for suffix, unit in (("_kwh", "kWh"), ("_kw", "kW"), ("_kw_min", "kW.min"), ("_minutes", "min")):
            if column.name.endswith(suffix) and column.type.name == "DECIMAL":
                assert column.unit == unit, f"{table}.{column.name} is in {column.unit}"


def _only_known_tables(catalog: Catalog, sql: str) -> Any:
    tree = sqlglot.parse_one(sql, dialect="spark")
    known = {*catalog.tables, *(f"{t.name}_current" for t in catalog if t.history)}
    assert set(_tables(tree)) <= known
    assert references(sql) == _tables(tree)
    return tree


def _tables(tree: Any) -> tuple[str, ...]:
    return tuple(sorted({f"{t.db}.{t.name}" for t in tree.find_all(exp.Table) if t.db}))
