"""The files of a table, from listings as Hudi 0.14 writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.observe.files import TableFiles, readable_since, table_files
from pipelines.settings import PipelineSettings
from pipelines.sql.time_travel import refuse_forgotten
from warehouse.catalog import Catalog

LAKE = "/lake/dws/meter_day"
GROUP, OTHER = "00000000-b5b3-43f8-8f4e-3edcb29434a8", "00000000-d38b-4a0e-b4ac-613a16840e14"
DATA = {
    "dt=2026-11-20": {
        f"{GROUP}_0-1-0_20261121203000000.parquet": 9000,
        f".{GROUP}_20261121203000000.log.1_0-1-0": 700,
        f"{GROUP}_0-1-0_20261121204000000.parquet": 10000,
        f".{GROUP}_20261121204000000.log.1_0-1-0": 600,
        # A compaction at 20:50 is planned: what comes since then is named after it.
        f".{GROUP}_20261121205000000.log.1_0-1-0": 50,
        ".hoodie_partition_metadata": 96,
    },
    # No base file before the first compaction.
    "dt=2026-11-21": {f".{OTHER}_20261121205000000.log.1_0-1-0": 500, ".hoodie_partition_metadata": 96},
}
COMMITS = [f"2026112120{minute}00000.deltacommit" for minute in range(30, 36)]


def listing(files: dict[str, int], kind: str = "FILE") -> dict[str, Any]:
    statuses = [
        {"pathSuffix": name, "type": kind, "length": size, "modificationTime": 1795291200000}
        for name, size in files.items()
    ]
    return {"FileStatuses": {"FileStatus": statuses}}


@pytest.fixture
def lake(answers: Any) -> Any:
    """A table of two days."""
    answers[f"LISTSTATUS {LAKE}"] = listing(dict.fromkeys((".hoodie", *DATA), 0), "DIRECTORY")
    for partition, files in DATA.items():
        answers[f"LISTSTATUS {LAKE}/{partition}"] = listing(files)
    answers[f"LISTSTATUS {LAKE}/.hoodie"] = listing(dict.fromkeys((*COMMITS, "hoodie.properties"), 1))
    return answers


def test_what_queries_of_now_read_and_what_is_kept_of_the_past(
    settings: PipelineSettings, catalog: Catalog, lake: Any
) -> None:
    (found,) = table_files(settings, [catalog.table("dws.meter_day")], small_bytes=10001)
    assert found == TableFiles(
        "dws.meter_day", partitions=2, files=1, small_files=1, log_files=3, data_bytes=11150, past_bytes=9700, commits=6
    )
    (found,) = table_files(settings, [catalog.table("dws.meter_day")], small_bytes=10000)
    assert found.small_files == 0


def test_replaced_files_are_of_the_past(settings: PipelineSettings, catalog: Catalog, lake: Any) -> None:
    replace = "20261121210000000.replacecommit"
    lake[f"LISTSTATUS {LAKE}/.hoodie"] = listing({replace: 1, "hoodie.properties": 1})
    lake[f"OPEN {LAKE}/.hoodie/{replace}"] = {"partitionToReplaceFileIds": {"dt=2026-11-20": [GROUP]}}
    (found,) = table_files(settings, [catalog.table("dws.meter_day")], small_bytes=1)
    assert (found.files, found.log_files, found.data_bytes, found.past_bytes) == (0, 1, 500, 20350)


def test_a_table_that_nobody_has_written(settings: PipelineSettings, catalog: Catalog, answers: Any) -> None:
    assert table_files(settings, [catalog.table("dws.meter_day")], 1) == [TableFiles("dws.meter_day")]


def test_the_past_is_readable_as_far_as_files_are_kept(settings: PipelineSettings, catalog: Catalog, lake: Any) -> None:
    table, four = catalog.table("dws.meter_day"), settings.model_copy(update={"checkpoint_interval_seconds": 1080})
    assert readable_since(settings, table) is None, "nothing was cleaned"
    lake[f"LISTSTATUS {LAKE}/.hoodie"] = listing(dict.fromkeys((*COMMITS, "20261121203600000.clean"), 1))
    # Six commits and two hours of 18 minutes each, compactions included: eight are kept.
    assert readable_since(four, table) == datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
    two = settings.model_copy(update={"checkpoint_interval_seconds": 3600, "retention_hours": 1})
    assert readable_since(two, table) == datetime(2026, 11, 21, 20, 34, tzinfo=UTC)
    refuse_forgotten(two, catalog, ["dws.meter_day"], datetime(2026, 11, 21, 20, 34, tzinfo=UTC))
    with pytest.raises(
        PipelineError, match=r"dws.meter_day can be read as of 2026-11-21 20:34:00 UTC or later"
    ) as told:
        refuse_forgotten(two, catalog, ["dws.meter_day"], datetime(2026, 11, 21, 20, 33, tzinfo=UTC))
    assert told.value.exit_code == 2
