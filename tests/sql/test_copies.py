"""Which copies of partitions are made anew, which are kept, and which go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipelines.observe.files import DataFile
from pipelines.reading.commits import Commits
from pipelines.settings import PipelineSettings
from pipelines.sql import copies
from pipelines.sql.copies import open_copies, partition_key
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

TABLE = load_catalog(WarehouseSettings()).table("dws.region_hour")
BASE = DataFile("a_0-1-0_1.parquet", "a", "1", False, 100)
LOG = DataFile(".a_1.log.1_0-1-0", "a", "1", True, 10)
DAYS = ("dt=2026-11-20", "dt=2026-11-21")


def test_a_copy_is_named_by_all_that_its_rows_depend_on() -> None:
    columns = TABLE.columns
    key = partition_key(columns, DAYS[0], [BASE, LOG], "2")
    assert key == partition_key(columns, DAYS[0], [LOG, BASE], "2")
    others = [
        partition_key(columns, DAYS[0], [BASE], "2"),
        partition_key(columns, DAYS[0], [BASE, replace(LOG, size=11)], "2"),
        partition_key(columns, DAYS[0], [replace(BASE, name="b_0-1-0_1.parquet"), LOG], "2"),
        # The log may hold what is complete only now.
        partition_key(columns, DAYS[0], [BASE, LOG], "3"),
        partition_key(columns, DAYS[1], [BASE, LOG], "2"),
        partition_key(columns[:-1], DAYS[0], [BASE, LOG], "2"),
    ]
    assert len({key, *others}) == len(others) + 1


@dataclass
class Lake:
    """In the place of a table on HDFS: its commits, and the files and rows of its partitions."""

    commits: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[DataFile]] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def timeline(self) -> Commits:
        """As it is listed."""
        told = {name: {"partitionToWriteStats": dict.fromkeys(days, 0)} for name, days in self.commits.items()}
        names = ["hoodie.properties", *self.commits]
        listed = [(name, {"type": "FILE", "modificationTime": place}) for place, name in enumerate(names)]
        return Commits(TABLE, listed, told.__getitem__)

    @contextmanager
    def open(self, *_: Any) -> Iterator[Any]:
        """As it is read."""
        yield type("Snapshot", (), {"partitions": self.partitions, "files": self.files.get, "batches": self.batches})

    def partitions(self) -> list[str]:
        return sorted(self.files)

    def batches(self, partition: str) -> list[pa.RecordBatch]:
        self.read.append(partition)
        columns = {
            "region_id": pa.array([1], pa.int32()),
            "hour_start": pa.array([datetime(2026, 11, 20, 5)], pa.timestamp("ms", "UTC")),
            "dt": pa.array([partition.removeprefix("dt=")]),
            "energy_kwh": pa.array([Decimal(len(self.read))], pa.decimal128(20, 6)),
        }
        return [pa.RecordBatch.from_arrays(list(columns.values()), list(columns))]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    lake = Lake({"2.deltacommit": list(DAYS)}, {DAYS[0]: [BASE, LOG], DAYS[1]: [BASE]})
    monkeypatch.setattr(copies.Snapshot, "open", lake.open)
    return lake


@pytest.fixture
def settings(tmp_path: Path) -> PipelineSettings:
    return PipelineSettings(var_dir=tmp_path / "var")


def ask(settings: PipelineSettings, lake: Lake, until: str = copies.EVER) -> list[Path]:
    with open_copies(settings) as opened:
        return opened.files(lake.timeline(), until)


def in_cache(settings: PipelineSettings) -> set[Path]:
    return set((settings.var_dir / "duckdb" / TABLE.name).iterdir())


def test_rows_have_the_columns_and_types_of_the_contract(settings: PipelineSettings, lake: Lake) -> None:
    first, _ = ask(settings, lake)
    rows = parquet.read_table(first)
    assert rows.column_names == list(TABLE.column_names)
    assert rows.to_pylist()[0] == dict.fromkeys(TABLE.column_names) | {
        "region_id": 1, "hour_start": datetime(2026, 11, 20, 5), "dt": "2026-11-20", "energy_kwh": Decimal(1)
    }  # fmt: skip
    assert rows.schema.field("hour_start").type == pa.timestamp("us")
    assert (settings.var_dir / "duckdb").stat().st_mode & 0o777 == 0o700


def test_a_partition_is_read_again_when_it_has_changed(settings: PipelineSettings, lake: Lake) -> None:
    first = ask(settings, lake)
    assert lake.read == list(DAYS)
    assert ask(settings, lake) == first
    # A commit of another partition: this one's base file is alone, or no commit changed it since.
    lake.files["dt=2026-11-22"] = [BASE]
    lake.commits["3.deltacommit"] = ["dt=2026-11-22"]
    assert ask(settings, lake)[:2] == first
    assert lake.read == [*DAYS, "dt=2026-11-22"]
    # What the log held already is complete now.
    lake.commits["4.deltacommit"] = [DAYS[0]]
    second = ask(settings, lake)
    assert (second[0] != first[0], second[1]) == (True, first[1])
    # Of what is no longer current nothing is left.
    assert {file.suffix for file in in_cache(settings) - set(second)} == {".json"}
    assert len(in_cache(settings)) == 4
    # A partition that was emptied.
    lake.files[DAYS[1]] = []
    lake.commits["5.deltacommit"] = [DAYS[1]]
    assert len(ask(settings, lake)) == 2
    assert len(lake.read) == 4


def test_no_row_is_an_empty_table(settings: PipelineSettings, lake: Lake) -> None:
    lake.commits.clear()
    (empty,) = ask(settings, lake)
    assert parquet.read_table(empty).to_pylist() == []
    assert (ask(settings, lake), lake.read) == ([empty], [])


def test_a_copy_that_was_lost_is_made_again(settings: PipelineSettings, lake: Lake) -> None:
    first, second = ask(settings, lake)
    second.unlink()
    assert ask(settings, lake) == [first, second]
    assert lake.read == [*DAYS, DAYS[1]]
    assert second.exists()


def test_the_past_removes_nothing_of_the_present(settings: PipelineSettings, lake: Lake) -> None:
    first = ask(settings, lake)
    lake.commits["4.deltacommit"] = [DAYS[0]]
    now = ask(settings, lake)
    assert ask(settings, lake, "3") == first
    assert set(now) < in_cache(settings)
    assert ask(settings, lake) == now
    assert not set(first) - set(now) & in_cache(settings)


def test_nothing_goes_while_somebody_else_reads(settings: PipelineSettings, lake: Lake) -> None:
    with open_copies(settings) as other:
        first = other.files(lake.timeline())
        lake.commits["4.deltacommit"] = [DAYS[0]]
        now = ask(settings, lake)
        assert set(first) | set(now) < in_cache(settings)
    assert ask(settings, lake) == now
    assert len(in_cache(settings)) == 3


def test_a_copy_that_fails_leaves_nothing(
    settings: PipelineSettings, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> Iterator[pa.RecordBatch]:
        yield from Lake.batches(lake, DAYS[0])
        raise OSError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(lake, "batches", broken)
        with pytest.raises(OSError, match="gone"):
            ask(settings, lake)
    assert in_cache(settings) == set()
    assert len(ask(settings, lake)) == 2
