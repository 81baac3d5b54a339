"""The wrong table that each natural choice makes, without an error, and the right one with our choice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.streaming.hudi import STREAM_CONNECTOR
from tests.streaming import flink_process as process

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
Call = Callable[..., Any]

COLUMNS = "id INT, name STRING"


def write_delete_and_insert(folder: Path) -> tuple[Any, Any]:
    tables = process.local(folder)
    changes = [("+I", 1, "old"), ("-D", 1, "old"), ("+I", 1, "new"), ("+I", 2, "other")]
    process.view(tables, "change", {"id": "INT", "name": "STRING"}, changes, "id")
    process.hudi(tables, folder, "loose", COLUMNS, "id", write_precombine=None)
    process.hudi(tables, folder, "exact", COLUMNS, "id")
    for name in ("loose", "exact"):
        tables.execute_sql(f"INSERT INTO {name} SELECT * FROM `change`").wait()
    return process.rows(tables, "SELECT * FROM loose"), process.rows(tables, "SELECT * FROM exact")


def test_without_precombine_a_key_that_comes_back_is_lost(flink: Call, tmp_path: Path) -> None:
    loose, exact = flink(write_delete_and_insert, tmp_path)
    assert exact == [(1, "new"), (2, "other")]
    assert loose == [(2, "other")]


def write_by_our_connector(folder: Path, changed: dict[str, str]) -> Any:
    tables = process.local(folder)
    changes = [
        ("+I", 1, "old"),
        ("+I", 3, "gone"),
        ("-D", 1, "old"),
        ("-D", 3, "gone"),
        ("+I", 1, "new"),
        ("+I", 2, "b"),
    ]
    process.view(tables, "change", {"id": "INT", "name": "STRING"}, changes, "id")
    process.hudi(tables, folder, "ours", COLUMNS, "id", connector=STREAM_CONNECTOR, **changed)
    process.hudi(tables, folder, "theirs", COLUMNS, "id", path=f"file://{folder}/ours")
    tables.execute_sql("INSERT INTO ours SELECT * FROM `change`").wait()
    return process.rows(tables, "SELECT * FROM theirs")


@pytest.mark.parametrize("kind", ["MERGE_ON_READ", "COPY_ON_WRITE"])
def test_our_connector_writes_what_hudi_reads(flink: Call, tmp_path: Path, kind: str) -> None:
    assert flink(write_by_our_connector, tmp_path, {"table_type": kind}) == [(1, "new"), (2, "b")]


@pytest.mark.parametrize("option", ["write_tasks", "hoodie_bucket_index_num_buckets"])
def test_our_connector_refuses_a_second_writer(flink: Call, tmp_path: Path, option: str) -> None:
    with pytest.raises(RuntimeError, match="a table has one writer and one bucket a partition"):
        flink(write_by_our_connector, tmp_path, {option: "2"})


def write_join_by_range(folder: Path, materialize: str) -> Any:
    """A new version comes before the old one is closed, as versions do: for an instant a reading has two."""
    tables = process.local(folder)
    tables.get_config().set("table.exec.sink.upsert-materialize", materialize)
    process.view(tables, "reading", {"id": "INT", "minute": "INT"}, [("+I", 1, 700)], "id")
    versions = [("+I", 0, 9999, "old"), ("+I", 600, 9999, "new"), ("-U", 0, 9999, "old"), ("+U", 0, 600, "old")]
    process.view(tables, "version", {"since": "INT", "until": "INT", "name": "STRING"}, versions)
    process.hudi(tables, folder, "joined", COLUMNS, "id")
    tables.execute_sql(
        "INSERT INTO joined SELECT r.id, v.name FROM reading AS r"
        " LEFT JOIN version AS v ON v.since <= r.`minute` AND r.`minute` < v.`until`"
    ).wait()
    return process.rows(tables, "SELECT * FROM joined")


def test_without_a_materializer_a_join_by_range_loses_its_row(flink: Call, tmp_path: Path) -> None:
    assert flink(write_join_by_range, tmp_path / "auto", "AUTO") == [(1, "new")]
    assert flink(write_join_by_range, tmp_path / "none", "NONE") != [(1, "new")]


def try_cast(folder: Path) -> Any:
    tables = process.local(folder)
    return process.rows(tables, "SELECT CAST(TRY_CAST('x' AS DECIMAL(10, 3)) AS STRING)")


def test_try_cast_makes_zero_of_a_text(flink: Call, tmp_path: Path) -> None:
    assert flink(try_cast, tmp_path) == [("0.000",)]


def write_filter_above_rank(folder: Path, query: str) -> Any:
    tables = process.local(folder)
    changes = [("+I", 1, "open", 1), ("+I", 2, "open", 1), ("+I", 1, "deleted", 2)]
    process.view(tables, "change", {"id": "INT", "name": "STRING", "nr": "INT"}, changes)
    process.hudi(tables, folder, "state", COLUMNS, "id")
    process.stage(tables, "latest", query, "id")
    tables.execute_sql("INSERT INTO state SELECT id, name FROM latest").wait()
    return process.rows(tables, "SELECT * FROM state")


RANKED = (
    "(SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY nr DESC) AS rn FROM `change`)"
    " WHERE rn = 1 AND name <> 'deleted'"
)


def test_a_filter_above_a_rank_leaves_a_stale_row(flink: Call, tmp_path: Path) -> None:
    exact = flink(
        write_filter_above_rank, tmp_path / "exact", f"SELECT id, MAX(name) AS name FROM {RANKED} GROUP BY id"
    )
    assert exact == [(2, "open")]
    loose = flink(write_filter_above_rank, tmp_path / "loose", f"SELECT id, name FROM {RANKED}")
    assert loose == [(1, "open"), (2, "open")]


def sum_in_one_batch(folder: Path, mini_batch: bool) -> Any:
    """Key 1 is taken back without ever having been there, as a mini-batch join may do; key 2 is new."""
    tables = process.local(folder)
    tables.get_config().set("table.exec.mini-batch.enabled", str(mini_batch).lower())
    process.view(tables, "change", {"id": "INT", "name": "STRING"}, [("-D", 1, "x"), ("+I", 2, "y"), ("+I", 3, "z")])
    process.hudi(tables, folder, "total", COLUMNS, "id")
    tables.execute_sql("INSERT INTO total SELECT id, MAX(name) AS name FROM `change` GROUP BY id").wait()
    return process.rows(tables, "SELECT * FROM total")


def test_a_mini_batch_that_meets_an_unknown_row_drops_others(flink: Call, tmp_path: Path) -> None:
    assert flink(sum_in_one_batch, tmp_path / "single", False) == [(2, "y"), (3, "z")]
    assert flink(sum_in_one_batch, tmp_path / "batch", True) != [(2, "y"), (3, "z")]
