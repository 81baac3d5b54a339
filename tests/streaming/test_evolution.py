"""Columns may be added to a table that holds rows; every other change of its shape is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.streaming.evolution import refuse_breaking, shape_of
from tests.warehouse.folders import Warehouse, column, columns, custom

Change = Callable[[dict[str, Any]], None]


def drop(document: dict[str, Any]) -> None:
    columns(document).pop(2)


def rename(document: dict[str, Any]) -> None:
    columns(document)[2]["name"] = "work"


def widen(document: dict[str, Any]) -> None:
    columns(document)[2]["physicalType"] = "DECIMAL(24,3)"


def reorder_key(document: dict[str, Any]) -> None:
    columns(document)[0]["primaryKeyPosition"] = 2
    columns(document)[1]["primaryKeyPosition"] = 1


def copy_on_write(document: dict[str, Any]) -> None:
    custom(document, "hudi.table.type", "COPY_ON_WRITE")


def judge(folder: Path, name: str, change: Change) -> None:
    warehouse = Warehouse(folder)
    before = shape_of(warehouse.load().table(name))
    warehouse.edit(name, change)
    refuse_breaking(warehouse.load().table(name), before)


@pytest.mark.parametrize(
    ("change", "what", "instead"),
    [
        (drop, "column energy is gone", "keep energy"),
        (rename, "column energy is gone", "keep energy"),
        (widen, "column energy was DECIMAL(20,3) and is DECIMAL(24,3)", "keep energy as DECIMAL(20,3)"),
        (reorder_key, "the key was site_id, dt and is dt, site_id", "declare a table of another name"),
        (
            copy_on_write,
            "the hudi.table.type was MERGE_ON_READ and is COPY_ON_WRITE",
            "declare a table of another name",
        ),
    ],
)
def test_what_breaks_readers_is_refused(tmp_path: Path, change: Change, what: str, instead: str) -> None:
    with pytest.raises(PipelineError) as refused:
        judge(tmp_path, "dws.site_day", change)
    assert str(refused.value) == f"dws.site_day: {what}; only columns may be added to a table that holds rows"
    assert refused.value.hint.startswith(instead)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("place", [2, -1, 0])
def test_a_column_may_be_added_anywhere(tmp_path: Path, place: int) -> None:
    judge(tmp_path, "dws.site_day", lambda document: columns(document).insert(place, column("peak", "DECIMAL(10,3)")))


def test_what_comes_from_a_source_cannot_be_required_of_the_past(tmp_path: Path) -> None:
    judge(tmp_path / "a", "ods.reading", lambda document: columns(document).insert(-1, column("volt", "INT")))
    with pytest.raises(PipelineError, match=r"^ods\.reading: the new column volt is required, and the rows of before"):
        judge(tmp_path / "b", "ods.reading", lambda d: columns(d).insert(-1, column("volt", "INT", required=True)))
