"""A digest differs exactly when the rows or the state of a table do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.streaming.compiled import compiled_from
from tests.warehouse.folders import Warehouse, columns

ALL = {"ods.reading", "ods.site_change", "dim.site", "dws.site_day", "ads.site_report"}


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)


def changed(warehouse: Warehouse, change: Any) -> set[str]:
    before = compiled_from(warehouse.load())
    change()
    after = compiled_from(warehouse.load())
    assert before.digests.keys() == after.digests.keys() == ALL
    return set(before.changed(after))


def test_another_select_is_another_table(warehouse: Warehouse) -> None:
    select = "SELECT site_id, dt, SUM(power) + 0 AS energy FROM ods.reading GROUP BY site_id, dt"
    assert changed(warehouse, lambda: warehouse.write("dws.site_day", "transform.sql", select)) == {"dws.site_day"}


def test_another_column_type_is_another_table(warehouse: Warehouse) -> None:
    def widen(document: dict[str, Any]) -> None:
        columns(document)[2]["physicalType"] = "DECIMAL(24,3)"

    assert changed(warehouse, lambda: warehouse.edit("dws.site_day", widen)) == {"dws.site_day"}


def test_words_and_blanks_change_nothing(warehouse: Warehouse) -> None:
    def explain(document: dict[str, Any]) -> None:
        columns(document)[2]["description"] = "In other words"

    def change() -> None:
        warehouse.edit("dws.site_day", explain)
        warehouse.write("dws.site_day", "checks.sql", "-- check: other fail\nSELECT 1 AS one WHERE 1 = 0\n")
        select = "SELECT site_id, dt,\n  SUM(power) AS energy\nFROM ods.reading GROUP BY site_id, dt\n"
        warehouse.write("dws.site_day", "transform.sql", select)

    assert changed(warehouse, change) == set()


def test_another_zone_is_another_day_everywhere(warehouse: Warehouse) -> None:
    paris, utc = (compiled_from(warehouse.load(grid_timezone=zone)) for zone in ("Europe/Paris", "UTC"))
    assert set(paris.changed(utc)) == ALL


def test_a_limit_changes_how_messages_are_read_and_no_table(warehouse: Warehouse) -> None:
    def widen(document: dict[str, Any]) -> None:
        columns(document)[7]["logicalTypeOptions"]["maximum"] = 20000

    before = compiled_from(warehouse.load())
    assert changed(warehouse, lambda: warehouse.edit("ods.reading", widen)) == set()
    assert before.reads_otherwise(compiled_from(warehouse.load())) == ["ods.reading"]
    assert before.reads_otherwise(before) == []
    # Kept by a version that did not tell.
    assert replace(before, messages={}).reads_otherwise(before) == ["ods.reading"]
