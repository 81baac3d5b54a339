"""Checks: those that follow from the contract, and those of checks.sql."""

import re

import pytest
import sqlglot

from tests.warehouse.folders import CHECK, Warehouse, columns
from warehouse.checks import Check, checks_of
from warehouse.errors import WarehouseError

TABLE = "dws.site_day"


def own(warehouse: Warehouse, text: str) -> tuple[Check, ...]:
    """Checks of a checks.sql, without those by the contract."""
    warehouse.write(TABLE, "checks.sql", text)
    checks = checks_of(warehouse.load(), TABLE)
    assert [c.name for c in checks[:2]] == ["key_is_unique", "columns_keep_the_contract"]
    return checks[2:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it holds no check; say at least one thing that must be true of the table"),
        ("-- nothing to see\n", "it holds no check; say at least one thing"),
        ("SELECT 1\n" + CHECK, "'SELECT 1' stands before the first '-- check: NAME fail|warn'"),
        ("-- check: a fail", "check a has no SELECT"),
        ("-- check: a fail\n-- later\n/* and\nlater */\n;\n" + CHECK, "check a has no SELECT"),
        ("-- check: a\nSELECT 1", "'-- check: a' is not '-- check: lower_snake_case fail' or '... warn'"),
        ("-- check: a error\nSELECT 1", "'-- check: a error' is not '-- check: lower_snake_case fail'"),
        ("-- check: A fail\nSELECT 1", "'-- check: A fail' is not "),
        ("-- check: a fail.\nSELECT 1", "'-- check: a fail.' is not "),
        (CHECK + "--check: b fail\nSELECT 1", "'--check: b fail' is not "),
        (CHECK + "-- Check: b fail\nSELECT 1", "'-- Check: b fail' is not "),
        (CHECK + CHECK, "check nothing_is_wrong stands twice; each name says one thing"),
        ("-- check: key_is_unique fail\nSELECT 1", "check key_is_unique stands twice"),
    ],
)
def test_what_is_no_list_of_checks(warehouse: Warehouse, text: str, message: str) -> None:
    warehouse.write(TABLE, "checks.sql", text)
    catalog = warehouse.load()
    with pytest.raises(WarehouseError, match=re.escape(f"{TABLE}: checks.sql: {message}")) as refused:
        checks_of(catalog, TABLE)
    assert refused.value.exit_code == 2
    assert refused.value.hint == "edit warehouse/dws/site_day/checks.sql, then: gridseal tables"


def test_an_unknown_name_in_checks(warehouse: Warehouse) -> None:
    warehouse.write(TABLE, "checks.sql", "-- check: a fail\nSELECT {{ limit }}")
    with pytest.raises(WarehouseError, match=r"checks\.sql cannot be rendered: 'limit' is undefined"):
        checks_of(warehouse.load(), TABLE)


def test_a_list_of_checks(warehouse: Warehouse) -> None:
    one = "-- check: one fail\nSELECT 1\nFROM {{ table.name }};\n\n"
    text = f"-- Why: see below.\n\n{one}  -- check: two warn\n-- x\nSELECT 2\n"
    assert own(warehouse, text) == (
        Check(TABLE, "one", "fail", "SELECT 1\nFROM dws.site_day"),
        Check(TABLE, "two", "warn", "-- x\nSELECT 2"),
    )


def test_checks_by_the_contract(warehouse: Warehouse) -> None:
    warehouse.edit(
        TABLE,
        lambda d: [
            columns(d)[1].update(logicalTypeOptions={"minLength": 10, "maxLength": 10, "pattern": r"\d{4}-'.*"}),
            columns(d)[2].update(logicalTypeOptions={"minimum": 0, "maximum": 1.5}),
        ],
    )
    unique, kept, _ = checks_of(warehouse.load(), TABLE)
    assert unique.sql == (
        "SELECT site_id, dt, COUNT(*) AS row_total FROM dws.site_day GROUP BY site_id, dt HAVING COUNT(*) > 1"
    )
    for condition in (
        "WHEN site_id IS NULL THEN",
        "WHEN dt IS NULL THEN",
        "WHEN length(dt) < 10 THEN",
        "WHEN length(dt) > 10 THEN",
        r"WHEN NOT dt RLIKE '^(?:\\d{4}-\'.*)$' THEN",
        "WHEN energy IS NULL THEN",
        "WHEN energy < 0 THEN 'energy < 0' END",
        "WHEN energy > 1.5 THEN 'energy > 1.5' END",
    ):
        assert condition in kept.sql
    assert {unique.severity, kept.severity} == {"fail"}
    for check in (unique, kept):
        sqlglot.parse_one(check.sql, dialect="spark")


@pytest.mark.parametrize(("kind", "logical"), [("TIMESTAMP(3)", "timestamp"), ("DATE", "date")])
def test_limits_of_times_are_times(warehouse: Warehouse, kind: str, logical: str) -> None:
    limit = {"physicalType": kind, "logicalType": logical, "logicalTypeOptions": {"minimum": "2000-01-01"}}
    warehouse.edit(TABLE, lambda d: columns(d)[2].update(limit))
    sql = checks_of(warehouse.load(), TABLE)[1].sql
    assert f"WHEN energy < {kind.removesuffix('(3)')} '2000-01-01' THEN" in sql


def test_a_column_without_limits_has_no_rule(warehouse: Warehouse) -> None:
    warehouse.edit(TABLE, lambda d: columns(d)[2].pop("required"))
    assert "energy" not in checks_of(warehouse.load(), TABLE)[1].sql
