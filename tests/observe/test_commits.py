"""The last commit of a table, from listings and files as Hudi 0.14 writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.observe.commits import TableCommit, rows_of, table_commits
from pipelines.observe.storage import Room, disk_room, hdfs_room
from pipelines.settings import PipelineSettings
from pipelines.timeline import newest_commit
from warehouse.catalog import Catalog

Listing = list[tuple[str, dict[str, Any]]]


def at(hour: int, minute: int) -> int:
    return int(datetime(2026, 11, 21, hour, minute, tzinfo=UTC).timestamp() * 1000)


def entries(*files: tuple[str, int]) -> Listing:
    return [(name, {"pathSuffix": name, "type": "FILE", "modificationTime": ms}) for name, ms in files]


STAT = {
    "fileId": "00000000-f0fe-4b59-9be7-5b6bfb0e3ff5",
    "path": "dt=2026-11-20/00000000-f0fe-4b59_0-1-1_20261121170000123.parquet",
    "prevCommit": "20261121165950000",
    "numWrites": 5000,
    "numDeletes": 3,
    "numUpdateWrites": 20,
    "numInserts": 100,
    "totalWriteBytes": 435000,
}
COMMIT = {
    "partitionToWriteStats": {"dt=2026-11-20": [STAT], "dt=2026-11-21": [STAT | {"numInserts": 1}]},
    "compacted": False,
    "extraMetadata": {"schema": "{}"},
    "operationType": "UPSERT",
}


def test_what_is_in_flight_does_not_count(catalog: Catalog) -> None:
    table = catalog.table("dws.region_hour")
    assert table.table_type == "MERGE_ON_READ"
    listing = entries(
        ("20261121170000123.deltacommit.requested", at(17, 0)),
        ("20261121170000123.deltacommit.inflight", at(17, 0)),
        ("20261121170000123.deltacommit", at(17, 1)),
        ("20261121170100456.deltacommit.requested", at(17, 2)),
        ("20261121170100456.deltacommit.inflight", at(17, 2)),
        # A compaction rewrites rows that were there; the table is no fresher for it.
        ("20261121170030000.commit", at(17, 3)),
        ("20261121170200000.rollback", at(17, 4)),
        ("20261121170200000.clean", at(17, 4)),
        ("hoodie.properties", at(17, 5)),
        ("archived", at(17, 5)),
    )
    assert newest_commit(table, listing) == listing[2]
    assert newest_commit(table, []) is None


def test_a_commit_of_copy_on_write(catalog: Catalog) -> None:
    table = catalog.table("ods.dead_letter")
    assert table.table_type == "COPY_ON_WRITE"
    listing = entries(("20261121170000123.commit", at(17, 1)), ("20261121165900000.commit", at(17, 0)))
    assert newest_commit(table, listing) == listing[0]


def test_the_newest_is_the_one_that_was_completed_last(catalog: Catalog) -> None:
    # Written by a JVM in Paris, then by one in UTC: the later commit has the earlier name.
    listing = entries(("20261121180000000.deltacommit", at(17, 0)), ("20261121171000000.deltacommit", at(17, 10)))
    found = newest_commit(catalog.table("dws.region_hour"), listing)
    assert found
    assert found[0] == "20261121171000000.deltacommit"


def test_rows_are_those_that_changed_not_those_that_were_rewritten() -> None:

    assert rows_of(COMMIT) == (100 + 20 + 3) + (1 + 20 + 3)
    assert rows_of({}) == 0


def test_every_table_is_asked(settings: PipelineSettings, catalog: Catalog, answers: Any) -> None:
    answers["LISTSTATUS /lake/dws/region_hour/.hoodie"] = {
        "FileStatuses": {
            "FileStatus": [status for _, status in entries(("20261121170000123.deltacommit", at(17, 1)), ("x", 0))]
        }
    }
    answers["OPEN /lake/dws/region_hour/.hoodie/20261121170000123.deltacommit"] = COMMIT
    found = {commit.table: commit for commit in table_commits(settings, catalog)}
    assert list(found) == list(catalog.tables)
    assert found.pop("dws.region_hour") == TableCommit("dws.region_hour", "20261121170000123", at(17, 1), 147)
    assert set(found.values()) == {TableCommit(name) for name in found}


def test_hdfs_that_is_down_is_told_in_a_line(settings: PipelineSettings, catalog: Catalog) -> None:
    down = settings.model_copy(update={"webhdfs_url": "http://127.0.0.1:1"})
    for ask in (lambda: table_commits(down, catalog), lambda: hdfs_room(down)):
        with pytest.raises(PipelineError, match=r"HDFS does not answer.*Connection refused$") as refused:
            ask()
        assert (refused.value.hint, refused.value.exit_code) == ("gridseal up", 3)


def test_room_of_hdfs(settings: PipelineSettings, answers: Any) -> None:
    answers["/jmx"] = {"beans": [{"CapacityTotal": 270, "CapacityUsed": 10, "CapacityRemaining": 60}]}
    assert hdfs_room(settings) == Room(270, 60)
    answers["/jmx"] = {"beans": []}
    with pytest.raises(PipelineError, match="tells nothing of Hadoop:service=NameNode"):
        hdfs_room(settings)


def test_room_of_the_disk_before_there_is_a_folder(settings: PipelineSettings) -> None:
    room = disk_room(settings)
    assert not settings.var_dir.exists()
    assert room.total > room.free > 0
