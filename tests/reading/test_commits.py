"""What a timeline says of the rows: services write them anew and change none."""

from typing import Any

import pytest

from pipelines.reading.commits import Commits
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

OVERWRITE, CLUSTERING = "insert_overwrite", "CLUSTER"
LOGGED, BASE_ONLY = "dwd.meter_reading", "ads.region_load_by_weekday"
CATALOG = load_catalog(WarehouseSettings())


def commits(table: str, *files: str, **operations: str) -> Commits:
    """A timeline of files; a replacecommit is an overwrite unless it is said of its instant, after an i."""

    def read(file: str) -> dict[str, Any]:
        return {"operationType": operations.get(f"i{file.split('.')[0]}", OVERWRITE)}

    listed = [(name, {"type": "FILE", "modificationTime": place}) for place, name in enumerate(files)]
    return Commits(CATALOG.table(table), listed, read)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["1.deltacommit"], "1"),
        (["1.deltacommit", "2.compaction.requested", "2.commit"], "2"),
        (["1.deltacommit", "2.commit", "3.commit"], "3"),
        (["1.deltacommit", "2.compaction.requested"], "1"),
        (["1.deltacommit", "2.commit", "3.deltacommit", "4.commit"], "2"),
        (["1.deltacommit", "2.commit", "3.deltacommit.requested", "3.deltacommit.inflight", "4.commit"], "2"),
        (["1.deltacommit", "2.commit", "3.deltacommit.requested", "3.deltacommit", "4.commit"], "2"),
        (["1.deltacommit", "2.replacecommit.requested", "2.replacecommit"], "1"),
        (["0.commit", "1.deltacommit", "5.clean"], "1"),
    ],
)
def test_a_compaction_has_the_rows_of_the_commit_before(files: list[str], expected: str) -> None:
    assert commits(LOGGED, *files).same_rows_until("1") == expected


def test_a_clustering_has_the_rows_of_the_commit_before() -> None:
    files = ["1.replacecommit.requested", "1.replacecommit", "2.replacecommit.requested", "2.replacecommit"]
    assert CATALOG.table(BASE_ONLY).table_type == "COPY_ON_WRITE"
    assert commits(BASE_ONLY, *files, i2=CLUSTERING).same_rows_until("1") == "2"
    assert commits(BASE_ONLY, *files, i2=OVERWRITE).same_rows_until("1") == "1"
    # On such a table a .commit is a writer's.
    assert commits(BASE_ONLY, "1.commit", "2.commit").same_rows_until("1") == "1"


def test_the_newest_change_of_a_partition() -> None:
    told: dict[str, dict[str, Any]] = {
        "1.deltacommit": {"partitionToWriteStats": {"dt=1": [], "dt=2": []}},
        "2.deltacommit": {"partitionToWriteStats": {"dt=1": []}},
        "3.commit": {"partitionToWriteStats": {"dt=2": []}},
        "4.replacecommit": {"operationType": OVERWRITE, "partitionToReplaceFileIds": {"dt=2": ["a", "b"]}},
        "5.deltacommit": {"partitionToWriteStats": {"dt=1": []}},
    }
    read: list[str] = []
    listed = [(name, {"type": "FILE", "modificationTime": 0}) for name in [*told, "6.deltacommit.inflight"]]
    of_table = Commits(CATALOG.table(LOGGED), listed, lambda file: read.append(file) or told[file])
    assert of_table.last_change("dt=1", "1", "9") == "5"
    assert read == ["5.deltacommit"]
    assert of_table.last_change("dt=1", "1", "4") == "2"
    assert of_table.last_change("dt=2", "1", "9") == "4"
    # A compaction changes no row.
    assert of_table.last_change("dt=2", "1", "3") == "1"
    assert of_table.last_change("dt=2", "2", "3") == ""
    assert of_table.replaced("9") == {("dt=2", "a"), ("dt=2", "b")}
    assert of_table.replaced("3") == frozenset()


def test_the_newest_commit_until_an_instant() -> None:
    of_table = commits(LOGGED, "1.deltacommit", "3.deltacommit", "4.commit")
    first, last = "1.deltacommit", "3.deltacommit"
    assert [of_table.newest_until(instant) for instant in "0123"] == [None, first, first, last]
    assert of_table.newest == of_table.newest_until("9") == "3.deltacommit"


def test_the_newest_commit_is_one_that_changed_rows() -> None:
    assert commits(LOGGED).newest is None
    assert commits(LOGGED, "1.deltacommit", "2.commit").newest == "1.deltacommit"
    assert commits(LOGGED, "1.deltacommit", "2.replacecommit", i2=CLUSTERING).newest == "1.deltacommit"
    assert commits(LOGGED, "1.deltacommit", "2.replacecommit").newest == "2.replacecommit"
