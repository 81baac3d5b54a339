"""Spark reads and serves a table that Flink writes, and leaves it one that Flink can write."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.batch import services
from pipelines.settings import PipelineSettings
from tests.streaming import flink_process, spark_process
from warehouse.catalog import load_catalog

pytestmark = pytest.mark.integration
Call = Callable[..., Any]

NAME = "dws.meter_day"
SUMS = f"SELECT COUNT(*), COUNT(DISTINCT meter_id), SUM(readings), MIN(readings) FROM {NAME}"
READS = (
    SUMS,
    f"SELECT MAX(_hoodie_commit_time) FROM {NAME}",
    f"SELECT COUNT(*) FROM hudi_table_changes('{NAME}', 'latest_state', 'earliest')",
    f"CALL show_commits(table => '{NAME}')",
    f"CALL show_compaction(table => '{NAME}')",
    f"DESCRIBE {NAME}",
)


@pytest.fixture
def settings(answers: Any, tmp_path: Path) -> PipelineSettings:
    """A lake in a folder, and a Flink that runs no job."""
    answers["/jobs/overview"] = {"jobs": []}
    return PipelineSettings(hdfs_uri=f"file://{tmp_path}", flink_url=answers["url"], var_dir=tmp_path / "var")


def declared(settings: PipelineSettings) -> tuple[str, str]:
    """Version of the table, and a digest of the file that says so."""
    text = Path(
        f"{settings.lake_uri.removeprefix('file://')}/{NAME.replace('.', '/')}/.hoodie/hoodie.properties"
    ).read_text()
    (version,) = (line for line in text.splitlines() if line.startswith("hoodie.table.version="))
    return version, hashlib.sha256(text.encode()).hexdigest()


def files(settings: PipelineSettings, kind: str) -> int:
    return sum(1 for _ in Path(settings.lake_uri.removeprefix("file://")).rglob(f"dt=*/*{kind}*"))


def test_no_path_of_spark_upgrades_a_table_that_flink_writes(
    flink: Call, spark: Call, settings: PipelineSettings
) -> None:
    catalog = load_catalog(settings)
    flink(flink_process.fill, settings, NAME, 1, 1500)
    before = declared(settings)
    assert before[0] == "hoodie.table.version=6"
    answers = spark(spark_process.asked_at_once, settings, f"SELECT COUNT(*) FROM {NAME}", 8)
    assert answers == [{"columns": [("count(1)", "bigint")], "rows": [(50,)]}] * 8
    sums, [(newest,)], *_ = spark(spark_process.query, settings, READS)
    assert sums == [(50, 50, sum(range(1451, 1501)), 1451)]
    past = f"SELECT COUNT(*) FROM {NAME} TIMESTAMP AS OF '{newest}'"
    assert spark(spark_process.query, settings, [past]) == [[(50,)]]
    assert declared(settings) == before
    spark(services.compact, settings, catalog, [NAME])
    assert declared(settings) == before
    assert spark(spark_process.query, settings, [SUMS]) == [[(50, 50, sum(range(1451, 1501)), 1451)]]
    # The pipeline goes on in the files that Spark has left.
    flink(flink_process.fill, settings, NAME, 1501, 300)
    assert spark(spark_process.query, settings, [SUMS]) == [[(50, 50, sum(range(1751, 1801)), 1751)]]
    before = declared(settings)
    assert before[0] == "hoodie.table.version=6"
    spark(services.compact, settings, catalog, [NAME])
    held = files(settings, ".log.")
    # Of these commits two are kept.
    short = settings.model_copy(update={"retention_hours": 1, "checkpoint_interval_seconds": 3600})
    spark(services.clean, short, catalog, [NAME])
    assert files(settings, ".log.") < held
    assert declared(settings) == before
    assert spark(spark_process.query, settings, [SUMS]) == [[(50, 50, sum(range(1751, 1801)), 1751)]]
    # Without the options of our session the first write would do it.
    columns = ", ".join(c for c in catalog.table(NAME).column_names if c != "dt")
    insert = f"INSERT INTO {NAME} SELECT {columns}, dt FROM {NAME} LIMIT 1"
    spark(spark_process.query, settings, [insert])
    assert declared(settings)[0] == before[0]
    spark(spark_process.query, settings, [insert], True)
    assert declared(settings)[0] != before[0]
