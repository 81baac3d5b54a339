"""What waits for a run of a table that Spark makes, from listings of HDFS."""

import json
from typing import Any

import pytest

from pipelines.batch.changes import READ, waiting
from pipelines.settings import PipelineSettings
from warehouse.catalog import Catalog, load_catalog

CATALOG = load_catalog(PipelineSettings())
ABOVE, BILL, BASELINE = "dws.customer_day", "ads.customer_monthly_bill", "ads.meter_baseline"


class Lake:
    """Tables on a WebHDFS that answers; times in ms."""

    def __init__(self, answers: Any) -> None:
        self.settings = PipelineSettings(webhdfs_url=answers["url"], hdfs_uri="hdfs://127.0.0.1:1")
        self._answers = answers

    def write(self, table: str, commits: dict[str, int], days: dict[str, int]) -> None:
        """Commits of a table, and the newest file of each of its days."""
        root = f"LISTSTATUS /lake/{table.replace('.', '/')}"
        self._answers[f"{root}/.hoodie"] = listing(commits | {"hoodie.properties": 1})
        self._answers[root] = listing({".hoodie": 0} | {f"dt={day}": 0 for day in days}, "DIRECTORY")
        for day, ms in days.items():
            self._answers[f"{root}/dt={day}"] = listing({"a.parquet": 5, ".a.log.1": ms})

    def ran(self, table: str, instant: str, read: dict[str, int] | None) -> None:
        """A run of a table; None for a clustering."""
        timeline = f"/lake/{table.replace('.', '/')}/.hoodie"
        known = self._answers.setdefault(f"LISTSTATUS {timeline}", listing({"hoodie.properties": 1}))
        known["FileStatuses"]["FileStatus"] += listing({f"{instant}.replacecommit": 1})["FileStatuses"]["FileStatus"]
        said = {} if read is None else {READ: json.dumps(read)}
        self._answers[f"OPEN {timeline}/{instant}.replacecommit"] = {"extraMetadata": said}

    def waits(self, table: str) -> frozenset[str] | None:
        """The partitions that wait."""
        return waiting(self.settings, CATALOG, CATALOG.table(table)).partitions


def listing(files: dict[str, int], kind: str = "FILE") -> dict[str, Any]:
    statuses = [{"pathSuffix": name, "type": kind, "length": 1, "modificationTime": ms} for name, ms in files.items()]
    return {"FileStatuses": {"FileStatus": statuses}}


@pytest.fixture
def lake(answers: Any) -> Lake:
    """The table above, committed at 100; its newest day holds a file of a commit in flight, of 103."""
    lake = Lake(answers)
    days = {"2026-10-31": 50, "2026-11-01": 90, "2026-11-02": 103}
    lake.write(ABOVE, {"1.deltacommit": 100, "2.deltacommit.inflight": 101}, days)
    return lake


def test_before_the_first_run_everything_waits(lake: Lake) -> None:
    found = waiting(lake.settings, CATALOG, CATALOG.table(BILL))
    assert (found.partitions, found.newest) == (None, {ABOVE: 100})


def test_nothing_waits_until_a_commit_is_complete(lake: Lake) -> None:
    lake.ran(BILL, "1", {ABOVE: 100})
    lake.ran(BILL, "2", None)
    assert lake.waits(BILL) == frozenset()


def test_what_was_in_flight_at_the_last_run_waits(lake: Lake) -> None:
    lake.ran(BILL, "1", {ABOVE: 100})
    lake.write(ABOVE, {"1.deltacommit": 100, "2.deltacommit": 110}, {"2026-10-31": 50, "2026-11-02": 103})
    assert lake.waits(BILL) == {"2026-11"}
    # A compaction adds nothing.
    lake.ran(BILL, "2", {ABOVE: 110})
    lake.write(ABOVE, {"2.deltacommit": 110, "3.commit": 120}, {"2026-10-31": 120})
    assert lake.waits(BILL) == frozenset()


def test_a_replaced_table_above_makes_all_wait(lake: Lake) -> None:
    lake.ran(BILL, "1", {ABOVE: 100})
    lake.write(ABOVE, {"2.replacecommit": 110}, {"2026-10-31": 110})
    assert lake.waits(BILL) is None


def test_a_day_changes_those_that_look_back_to_it(lake: Lake) -> None:
    lake.ran(BASELINE, "1", {"dws.meter_day": 100})
    lake.write("dws.meter_day", {"2.deltacommit": 110}, {"2026-10-31": 100, "2026-11-01": 105})
    waits = lake.waits(BASELINE) or frozenset()
    assert (min(waits), max(waits), len(waits)) == ("2026-11-01", "2026-11-29", 29)


def test_a_table_that_reads_another_table_now_is_made_anew(lake: Lake) -> None:
    lake.ran(BILL, "1", {"dws.meter_day": 100})
    assert lake.waits(BILL) is None


def test_the_tables_of_spark_can_be_made_by_days() -> None:
    catalog: Catalog = CATALOG
    made = [t for t in catalog if t.engine == "spark"]
    assert made
    for table in made:
        above = [catalog.table(name) for name in catalog.upstream[table.name]]
        assert all(one.partition_by == ("dt",) for one in above), table.name
