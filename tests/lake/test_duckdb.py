"""DuckDB on the lake gives the rows that Spark gives, while the job runs and logs wait for their compaction."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.observe.files import DataFile
from pipelines.reading.commits import Commits
from pipelines.reading.snapshot import Snapshot
from pipelines.sql.client import Result, connect
from pipelines.sql.embedded import Embedded
from pipelines.streaming.cluster import current_job
from tests.lake.lake import Lake, at, differing
from warehouse.catalog import CURRENT
from warehouse.types import ColumnType

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

BILLS = "ads.customer_daily_bill"
# Rows cross to Python one by one: of the largest tables, those of one meter, and figures of each column over all.
LARGE = {"ods.meter_reading", "dwd.meter_reading"}
ONE_METER = "M00007"
TYPES = {"STRING": "VARCHAR", "INT": "INTEGER", "BYTES": "BLOB", "TIMESTAMP": "TIMESTAMP"}
DUCKDB = ("sql", "--engine", "duckdb")


class Engine:
    """DuckDB on the lake, and which partitions it has read from HDFS."""

    def __init__(self, lake: Lake) -> None:
        self.read: list[str] = []
        self._embedded = Embedded(lake.settings, lambda _done, _all, name: self.read.append(name))
        self.query = self._embedded.query


@pytest.fixture(scope="module")
def folder(lake: Lake) -> Path:
    """Where the copies of a lake are that is exact, while its job runs."""
    lake.settle()
    assert current_job(lake.settings)
    return lake.settings.var_dir / "duckdb"


@pytest.fixture
def engine(lake: Lake, folder: Path) -> Engine:
    return Engine(lake)


def duckdb_type(kind: ColumnType) -> str:
    return TYPES.get(kind.name, str(kind))


class Spark:
    """Spark on the lake; what it has answered once it answers again, without the work."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._answers: dict[str, Result] = {}

    def query(self, sql: str) -> Result:
        if sql not in self._answers:
            with connect(self._lake.settings, self._lake.address) as client:
                self._answers[sql] = client.query(sql)
        return self._answers[sql]


def assert_equal(lake: Lake, spark: Spark, engine: Engine, name: str) -> None:
    """Every row of a table, or of the view of its current versions, is the same by both."""
    table = lake.catalog.table(name.removesuffix(CURRENT))
    columns = [column for column in table.columns if not (name.endswith(CURRENT) and column.name == "valid_to")]
    names = ", ".join(column.name for column in columns)
    where = f" WHERE meter_id = '{ONE_METER}'" if name in LARGE else ""
    query = f"SELECT {names} FROM {name}{where}"
    by_spark, ours = spark.query(query), engine.query(query)
    if where:
        of_each = "COUNT({0}), COUNT(DISTINCT {0}), MIN({0}), MAX({0})"
        figures = ", ".join(of_each.format(column.name) for column in columns)
        over_all = f"SELECT COUNT(*), {figures} FROM {name}"
        assert engine.query(over_all).rows == spark.query(over_all).rows, name
    assert dict(ours.columns) == {column.name: duckdb_type(column.type) for column in columns}
    assert len(ours.rows) == len(by_spark.rows), name
    assert differing(by_key(table.key, by_spark.records()), by_key(table.key, ours.records())) == "", name


def by_key(key: tuple[str, ...], records: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    found = {tuple(record[column] for column in key): record for record in records}
    assert len(found) == len(records)
    return found


def assert_all_equal(lake: Lake, spark: Spark, engine: Engine) -> None:
    for table in lake.catalog:
        if Commits.of(lake.settings, table).files:
            for name in (table.name, *([table.name + CURRENT] if table.history else [])):
                assert_equal(lake, spark, engine, name)
        else:
            for ask in (lake.query, engine.query):
                with pytest.raises(PipelineError, match="has not been written yet") as refused:
                    ask(f"SELECT * FROM {table.name}")
                assert (refused.value.exit_code, refused.value.hint) == (3, table.made_by)


def newest(lake: Lake, name: str) -> datetime:
    """When the newest commit of a table began."""
    file = Commits.of(lake.settings, lake.catalog.table(name)).newest
    assert file
    return datetime.strptime(file.split(".")[0], "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)


def logs(lake: Lake) -> list[DataFile]:
    """The log files that a query of now reads."""
    found: list[DataFile] = []
    for table in lake.catalog:
        commits = Commits.of(lake.settings, table)
        if commits.newest:
            with Snapshot.open(lake.settings, commits) as snapshot:
                found += [file for path in snapshot.partitions() for file in snapshot.files(path) if file.is_log]
    return found


def test_every_row_is_the_one_that_spark_gives(lake: Lake, engine: Engine, folder: Path) -> None:
    spark = Spark(lake)
    assert_all_equal(lake, spark, engine)
    assert engine.read
    engine.read.clear()
    # Nothing has come meanwhile: the copies give the same rows once more.
    assert_all_equal(lake, spark, engine)
    assert engine.read == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_sees_what_was_deleted_and_reads_no_partition_that_has_not_changed(lake: Lake, engine: Engine) -> None:
    engine.query("SELECT COUNT(*) FROM ods.meter_reading")
    customers = "SELECT * FROM dim.customer_current ORDER BY 1"
    # Spark's * has the columns of Hudi, too.
    tickets = f"SELECT {', '.join(lake.catalog.table('dwd.work_ticket').column_names)} FROM dwd.work_ticket ORDER BY 1"
    rows = {query: engine.query(query).rows for query in (customers, tickets)}
    engine.read.clear()
    # What is told by the time of its beginning has begun already if it is the next commit.
    before = {customers: newest(lake, "dim.customer"), tickets: newest(lake, "dwd.work_ticket")}
    customer, ticket = lake.free("customer")[-2], lake.free("work_ticket")[-1]
    with lake.changes("duckdb") as hand:
        hand.delete(at(max(one.day for one in lake.feeds), 20), "customer", customer)
        hand.delete(at(max(one.day for one in lake.feeds), 20), "work_ticket", ticket)
    lake.reconcile()
    assert logs(lake), "nothing waits for a compaction"
    assert_all_equal(lake, Spark(lake), engine)
    assert customer not in {row[0] for row in engine.query(customers).rows}
    assert engine.query(tickets).rows != rows[tickets]
    assert "dim.customer" in engine.read
    assert not [name for name in engine.read if name.startswith("ods.meter_reading")]
    # The past is as it was.
    with connect(lake.settings, lake.address) as client:
        for query, moment in before.items():
            assert engine.query(query, moment).rows == rows[query]
            assert client.query(query, moment).rows == rows[query]


def test_it_notices_each_commit(lake: Lake, engine: Engine) -> None:
    key = lake.free("customer")[-1]
    query = f"SELECT name FROM dim.customer_current WHERE customer_id = {key}"
    for number, name in enumerate(("Seen once", "Seen twice")):
        engine.query(query)
        engine.read.clear()
        with lake.changes(f"duckdb-{name}") as hand:
            hand.update(at(max(one.day for one in lake.feeds), 20 + number), "customer", key, name=name)
        lake.await_changes()
        assert engine.query(query).rows == ((name,),)
        assert engine.read == ["dim.customer"]


def test_a_command_prints_what_it_prints_by_spark(lake: Lake, engine: Engine) -> None:
    # Spark's * has the columns of Hudi, too.
    columns = ", ".join(lake.catalog.table(BILLS).column_names)
    query = f"SELECT {columns} FROM {BILLS} ORDER BY dt, customer_id"
    amounts = f"SELECT customer_id, total_amount FROM {BILLS} WHERE customer_id < 9 ORDER BY dt, customer_id"
    for words in (("--format", "csv", query), ("--format", "json", query), (query,), ("--chart", "line", amounts)):
        ours, by_spark = lake.command(*DUCKDB, *words), lake.command("sql", *words)
        # What takes more than two seconds says how far it is.
        complaints = [line for line in ours.stderr.splitlines() if not line.startswith("reading ")]
        assert (ours.returncode, complaints) == (0, [])
        assert ours.stdout == by_spark.stdout
        assert ours.stdout


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (f"COPY {BILLS} TO '/tmp/bills.csv'", "the statement is refused; allowed: one that reads"),
        (f"SELECT * FROM {BILLS} b, read_csv('/etc/passwd')", "the table function read_csv is refused"),
        (f"SELECT * FROM {BILLS} b, '{{copy}}'", "disabled by configuration"),
        (f"SELECT * FROM {BILLS} b, '/etc/passwd'", "passwd"),
        (f"SELECT nothing FROM {BILLS}", "nothing"),
        ("SELECT * FROM ads.bills", "there is no table 'ads.bills'"),
    ],
)
def test_refusals_have_a_line_and_a_next_command(lake: Lake, engine: Engine, sql: str, told: str, folder: Path) -> None:
    engine.query("SELECT * FROM ads.feeder_loss")
    other = next((folder / "ads.feeder_loss").glob("*.parquet"))
    ended = lake.command(*DUCKDB, sql.format(copy=other))
    assert (ended.returncode, ended.stdout) == (2, "")
    error, following = ended.stderr.splitlines()
    assert error.startswith("error: ")
    assert told in error
    assert following.startswith("next:  gridseal ")


def test_two_at_once_make_the_same_copies(lake: Lake, engine: Engine, folder: Path) -> None:
    shutil.rmtree(folder)
    query = "SELECT dt, COUNT(*) AS readings, SUM(active_power) AS power FROM dwd.meter_reading GROUP BY dt ORDER BY dt"
    program = lake.program(*DUCKDB, "--format", "csv", query)
    both = [
        subprocess.Popen(program, env=lake.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [(one.communicate(timeout=300)[0], one.returncode) for one in both]
    assert answers == [(lake.command("sql", "--format", "csv", query).stdout, 0)] * 2
    names = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert names == {".parquet", ".json", ""}, "temporary files are left"
    assert [path.name for path in folder.rglob("*") if path.is_file() and not path.suffix] == ["lock"]
    engine.read.clear()
    engine.query(query)
    assert engine.read == []
