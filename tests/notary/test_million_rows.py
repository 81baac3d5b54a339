"""A partition of a million rows of Hudi on HDFS: sealed, clustered, proven, audited."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.notary import rows, spark
from bench.notary.lake import Corner
from gridseal.errors import PENDING
from gridseal.settings import Settings
from notary.verify.proof import check, load
from pipelines.sql.session import open_session
from pipelines.streaming.child import Call, open_child
from pipelines.streaming.hudi import table_path
from pipelines.webhdfs import list_folder, open_client
from warehouse.catalog import load_catalog

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ROWS, FOLDER = 1_000_000, "/million"
PARTITION = f"dt={rows.DAY}"
KEY = ("M000321", f"{rows.DAY} 12:34:00", rows.DAY)


@pytest.fixture(scope="module")
def made(running_stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Corner, Call]]:
    """A lake of one table with one partition, which Spark wrote, and its Spark."""
    folder = tmp_path_factory.mktemp("million")
    changed = {"var_dir": folder, "notary_path": f"{FOLDER}/notary", "lake_path": f"{FOLDER}/lake"}
    settings = running_stack.model_copy(update=changed)
    file = rows.write(folder / "rows.parquet", rows.as_they_arrive(ROWS))
    try:
        with open_child(settings) as call:
            call(spark.write_table, settings, file)
            yield Corner(settings), call
    finally:
        open_client(settings).delete(FOLDER, recursive=True)


def test_it_is_sealed_clustered_audited_and_proven(made: tuple[Corner, Call], tmp_path: Path) -> None:
    corner, call = made
    (sealed,) = corner.seal(rows.TABLE)
    assert (sealed["partition"], sealed["rows"], sealed["result"]) == (PARTITION, ROWS, "sealed")
    before = base_files(corner.settings)

    call(write_anew, corner.settings)
    assert base_files(corner.settings) > before
    unchanged(corner)
    call(clean, corner.settings)
    assert not base_files(corner.settings) & before, "the files of the insert are still there"
    unchanged(corner)

    (again,) = corner.seal(rows.TABLE, "--again")
    assert (again["rows"], again["instant"]) == (ROWS, sealed["instant"])

    file = tmp_path / "proof.json"
    corner.command("prove", rows.TABLE, *KEY, "-o", str(file))
    proof = load(file.read_bytes())
    check(proof)
    (shown,) = proof.rows
    assert (shown.row["meter_id"], str(shown.row["event_time"])) == KEY[:2]
    assert shown.place.index == 321 * 1440 + 12 * 60 + 34
    assert len(shown.place.path) == 20
    corner.command("verify", str(file), codes=(PENDING,))


def unchanged(corner: Corner) -> None:
    """Nothing is sealed anew, and every row is found as it was sealed."""
    assert corner.seal(rows.TABLE) == []
    (audited,) = json.loads(corner.command("audit", rows.TABLE, "--no-chain", "--format", "json"))
    assert (audited["rows"], audited["finding"]) == (ROWS, "as sealed")


def write_anew(settings: Settings) -> None:
    """Clusters the table, sorted by its key."""
    call_procedure(settings, "run_clustering", "order => 'meter_id,event_time'")


def clean(settings: Settings) -> None:
    """Removes files that only older commits need."""
    call_procedure(settings, "run_clean", "clean_policy => 'KEEP_LATEST_FILE_VERSIONS', file_versions_retained => 1")


def call_procedure(settings: Settings, procedure: str, arguments: str) -> None:
    session = open_session(settings)
    path = table_path(load_catalog(settings).table(rows.TABLE), settings.lake_uri)
    session.sql(f"CREATE TABLE IF NOT EXISTS sample USING hudi LOCATION '{path}'")
    session.sql(f"CALL {procedure}(table => 'sample', {arguments})").collect()


def base_files(settings: Settings) -> set[str]:
    folder = f"{table_path(load_catalog(settings).table(rows.TABLE), settings.lake_path)}/{PARTITION}"
    return {name for name, _ in list_folder(open_client(settings), folder) if name.endswith(".parquet")}
