"""A lake that runs: what a test asks of it, does to it, and compares it with."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.compute as pc
from pyarrow import parquet

import stack
from gridseal.settings import Settings
from pipelines.batch.spark import Made, run_spark
from pipelines.reconcile.business import compare_business
from pipelines.reconcile.line import Line
from pipelines.reconcile.run import reconcile
from pipelines.sources.broker import end_offsets
from pipelines.sources.business import apply_changes, seed_database
from pipelines.sources.business.capture import wait_until_captured
from pipelines.sources.business.database import connect, set_clock
from pipelines.sources.business.execution import execute
from pipelines.sources.business.journal import Journal
from pipelines.sources.business.rows import read_row
from pipelines.sources.grid import FIRST_DAY, Change, Grid
from pipelines.sources.grid.rows import Op
from pipelines.sources.meters import FeedSummary, MeterOptions, feed_day
from pipelines.sql.client import SqlClient
from pipelines.sql.client import connect as connect_sql
from pipelines.streaming.child import Call
from pipelines.streaming.cluster import current_job
from pipelines.streaming.ending import end_job
from pipelines.streaming.lag import lag
from pipelines.streaming.losses import Loss, read_losses
from pipelines.streaming.submit import start
from pipelines.webhdfs import open_client
from tests.lake.detection import answer_and_label
from tests.lake.history import History, Key, Row
from tests.lake.photographs import import_some
from tests.lake.recompute import Rows, recompute
from warehouse.catalog import Catalog, load_catalog

DAY = FIRST_DAY
NEXT_DAY = DAY + timedelta(days=1)
AUTUMN_DAY = date(2026, 10, 25)
"""A day of 25 hours in the grid's zone; one of the hours comes twice on the clock."""

GRID = Grid(seed=7, meters=50)
# Every kind of damage several times over.
OPTIONS = MeterOptions(meters=GRID.meters, seed=GRID.seed, malformed=0.003)
AUTUMN_OPTIONS = MeterOptions(meters=12, seed=3, first_day=AUTUMN_DAY, malformed=0.003)
PATIENCE_S = 600


@dataclass
class Lake:
    """The running lake of this package.

    Attributes:
        settings: Settings of its services.
        catalog: Its tables.
        grid: What its business database holds, and changes.
        feeds: What was sent to it.
        environment: Environment in which a command of gridseal finds it.
    """

    settings: Settings
    catalog: Catalog
    grid: Grid
    feeds: list[FeedSummary] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    _exact_at: tuple[Any, ...] = field(default=(), init=False, repr=False)

    @property
    def address(self) -> tuple[str, int]:
        """Where its SQL endpoint listens."""
        return self.settings.host, self.settings.sql_port

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with connect_sql(self.settings, self.address) as client:
            return list(client.query(sql).rows)

    def rows(self, name: str) -> Rows:
        """All rows of a table by key, and proof that no key is there twice."""
        table = self.catalog.table(name)
        with connect_sql(self.settings, self.address) as client:
            records = client.query(f"SELECT {', '.join(table.column_names)} FROM {name}").records()
        by_key = {tuple(record[column] for column in table.key): record for record in records}
        assert len(by_key) == len(records), f"{name} holds a key twice"
        return by_key

    def history(self) -> History:
        """The business database over time, by the records."""
        return History(self.grid.initial_rows(), self.settings.var_dir / "feeds")

    @property
    def next_day(self) -> date:
        """The day after the last one that was sent."""
        return max(summary.day for summary in self.feeds) + timedelta(days=1)

    def free(self, table: str) -> list[Key]:
        """Keys of rows that no change has touched, and none that is planned for the grid's second day will."""
        second = self.grid.first_day + timedelta(days=1)
        planned = {change.key for change in self.planned(second) if change.table == table}
        return [key for key in self.history().unchanged(table) if key not in planned]

    def feed(self, day: date, options: MeterOptions, **further: Any) -> FeedSummary:
        """Send a day of readings."""
        summary = feed_day(self.settings, day, options, **further)
        self.feeds.append(summary)
        return summary

    def losses(self) -> list[Loss]:
        """Messages that were given up unread.

        One on record may begin a little too early, at messages that were read and have their rows; those that were not
        lie behind the last of these.
        """
        places = (
            "SELECT topic, kafka_partition, kafka_offset FROM ods.meter_reading"
            " UNION ALL SELECT topic, kafka_partition, kafka_offset FROM ods.image"
            " UNION ALL SELECT topic, kafka_partition, kafka_offset FROM ods.image_prediction"
            " UNION ALL SELECT topic, kafka_partition, kafka_offset FROM ods.dead_letter"
        )
        found = []
        for loss in read_losses(self.settings):
            ((last,),) = self.query(
                f"SELECT MAX(kafka_offset) FROM ({places}) WHERE topic = '{loss.topic}' AND"
                f" kafka_partition = {loss.partition} AND kafka_offset BETWEEN {loss.begin} AND {loss.end - 1}"
            )
            found.append(loss if last is None else replace(loss, begin=int(last) + 1))
        return found

    def _forget_lost(self) -> None:
        """Take messages that were given up out of the records of what was sent: no table can hold them."""
        for loss in self.losses():
            for file in self.settings.var_dir.glob("feeds/*/sent.parquet"):
                sent = parquet.read_table(file)
                gone = (
                    (pc.field("topic").cast("string") == loss.topic)
                    & (pc.field("kafka_partition") == loss.partition)
                    & (pc.field("kafka_offset") >= loss.begin)
                    & (pc.field("kafka_offset") < loss.end)
                )
                parquet.write_table(sent.filter(~gone), file)

    def reconcile(self) -> list[Line]:
        """Wait until the pipeline has caught up; every number must agree."""
        self.await_changes()
        # Before the comparison: what comes meanwhile may not be in it.
        sources = self._sources()
        lines = reconcile(self.settings, self.catalog, self.address, PATIENCE_S, lambda *_: None)
        clashes = [line for line in lines if not line.ok]
        assert not clashes, f"after {PATIENCE_S} s: {clashes}"
        self._exact_at = sources
        return lines

    def settle(self) -> None:
        """Reconcile, if anything has come to the lake since every number agreed."""
        if self._exact_at != self._sources():
            self.reconcile()

    def _sources(self) -> tuple[Any, ...]:
        """How far topics and binary log have been written, and by which job they are read."""
        ends = [end_offsets(self.settings, table.origin.name) for table in self.catalog.fed_by("kafka")]
        with connect(self.settings) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT @@gtid_binlog_pos")
            job = current_job(self.settings)
            return job and job.id, ends, cursor.fetchone()

    def await_covered(self, waiting: int = 0, patience_s: float = PATIENCE_S) -> None:
        """Wait until a checkpoint covers every message that was sent, or all but so many."""
        deadline = time.monotonic() + patience_s
        while True:
            covered, produced = lag(self.settings, self.catalog)
            if produced - covered <= waiting:
                return
            assert time.monotonic() < deadline, f"{produced - covered} messages wait after {patience_s} s"
            time.sleep(1)

    def await_changes(self) -> None:
        """Wait, at less cost than the whole comparison, until the last change of the database is in the lake."""
        deadline = time.monotonic() + PATIENCE_S
        with connect_sql(self.settings, self.address) as client:
            while time.monotonic() < deadline:
                covered, produced = lag(self.settings, self.catalog)
                # Until then Spark's queries would only take processor time from the stream.
                if covered >= produced and self._business_agrees(client):
                    return
                time.sleep(1)

    def _business_agrees(self, client: SqlClient) -> bool:
        return all(line.ok for line in compare_business(self.settings, self.catalog, client))

    def make_by_spark(self, call: Call) -> list[Made]:
        """Run every table that Spark makes, in an open child."""
        names = [table.name for table in self.catalog if table.engine == "spark"]
        made: list[Made] = call(run_spark, self.settings, self.catalog, names, None, False)
        return made

    def properties(self, *names: str) -> dict[str, str]:
        """hoodie.properties of tables, as it is."""
        client, found = open_client(self.settings), {}
        for name in names:
            path = f"{self.settings.lake_path}/{name.replace('.', '/')}/.hoodie/hoodie.properties"
            with client.read(path, encoding="utf-8") as reader:
                found[name] = reader.read()
        return found

    def assert_as_recomputed(self) -> dict[str, Rows]:
        """Every table of the stream is, row for row, what the records say; returns what they say."""
        self._forget_lost()
        expected = recompute(self.settings, self.history())
        differences = {}
        for name, rows in expected.items():
            if self.catalog.table(name).mode == "stream" and (found := differing(rows, self.rows(name))):
                differences[name] = found
        assert not differences, differences
        return expected

    def doubled(self) -> int:
        """Rows of messages and of changes that are there twice."""
        changes = [table.name for table in self.catalog if table.name.endswith("_change")]
        queries = [
            "SELECT message_id AS id FROM ods.meter_reading UNION ALL SELECT message_id FROM ods.image"
            " UNION ALL SELECT message_id FROM ods.image_prediction UNION ALL SELECT message_id FROM ods.dead_letter",
            *(f"SELECT change_id AS id FROM {name}" for name in changes),
        ]
        counts = [self.query(f"SELECT COUNT(*) - COUNT(DISTINCT id) FROM ({query})")[0][0] for query in queries]
        return sum(int(count) for count in counts)

    def planned(self, day: date = DAY) -> tuple[Change, ...]:
        """Changes that the simulation plans for a day."""
        return self.grid.planned_changes(day, self.settings.grid_timezone)

    def program(self, *words: str) -> list[str]:
        """A command of gridseal as the system is told it."""
        return [sys.executable, "-c", "from gridseal.cli import main; main()", *words]

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command of gridseal on this lake."""
        return subprocess.run(
            self.program(*words),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

    @contextmanager
    def edited(self, name: str, file: str, edit: Callable[[str], str]) -> Iterator[None]:
        """A file of a table's folder is another one meanwhile."""
        path = self.settings.warehouse_dir / name.replace(".", "/") / file
        before = path.read_text("utf-8")
        path.write_text(edit(before), "utf-8")
        try:
            yield
        finally:
            path.write_text(before, "utf-8")

    @contextmanager
    def changes(self, name: str) -> "Iterator[Hand]":
        """Business changes by hand, recorded as those of the simulation are."""
        with connect(self.settings) as connection:
            yield Hand(connection, Journal(self.settings.var_dir / "feeds" / f"hand-{name}"))


@dataclass
class Hand:
    """Changes single rows as the business application; a transaction each.

    Each change of a row must lie after the ones before: the last one by the database's clock counts.
    """

    connection: Any
    journal: Journal

    def insert(self, at: datetime, table: str, key: Key, row: Row) -> None:
        """A row appears."""
        self._change(at, table, "insert", key, None, row | {"updated_at": at})

    def update(self, at: datetime, table: str, key: Key, **values: Any) -> None:
        """Columns of a row change."""
        before = self.read(table, key)
        self._change(at, table, "update", key, before, before | values)

    def delete(self, at: datetime, table: str, key: Key) -> Row:
        """A row goes; returns it."""
        before = self.read(table, key)
        self._change(at, table, "delete", key, before, None)
        return before

    def read(self, table: str, key: Key) -> Row:
        """A row as it is."""
        row = read_row(self.connection, table, key)
        assert row is not None
        return row

    def _change(
        self,
        at: datetime,
        table: str,
        op: Op,
        key: Key,
        before: Row | None,
        after: Row | None,
    ) -> None:
        set_clock(self.connection, at.replace(tzinfo=UTC))
        change = Change(at.replace(tzinfo=UTC), table, op, key, before, after, "by hand")
        execute(self.connection, change, self.journal.append)
        self.connection.commit()


def differing(expected: Rows, found: Rows, examples: int = 3) -> str:
    """What differs between two tables, in words; empty if nothing does."""
    missing = [key for key in expected if key not in found]
    surplus = [key for key in found if key not in expected]
    columns: dict[str, list[Any]] = {}
    for key, row in expected.items():
        if key in found and row != found[key]:
            for name in row.keys() | found[key].keys():
                if row.get(name) != found[key].get(name):
                    columns.setdefault(name, []).append((key, row.get(name), found[key].get(name)))
    parts = [
        f"{len(keys)} {what}: {keys[:examples]}" for what, keys in (("missing", missing), ("surplus", surplus)) if keys
    ]
    parts += [
        f"{name} differs in {len(cases)}: (key, expected, found) {cases[:examples]}" for name, cases in columns.items()
    ]
    return "; ".join(parts)


def open_lake(
    settings: Settings, environment: dict[str, str], grid: Grid, feeds: Sequence[tuple[date, MeterOptions]]
) -> Lake:
    """Start the pipeline on running services and let readings and changes flow through.

    Args:
        settings: Where the services are.
        environment: In which a command of gridseal finds them.
        grid: What the business database holds; the changes of its first day are made.
        feeds: Days of readings.
    """
    catalog = load_catalog(settings)
    lake = Lake(settings, catalog, grid, environment=environment)
    seed_database(settings, grid)
    start(settings, catalog)
    wait_until_captured(settings, PATIENCE_S)
    for day, options in feeds:
        # A partition of Kafka that is read ahead of another freezes days of which the other still has readings.
        lake.await_covered()
        lake.feed(day, options)
    import_some(settings)
    answer_and_label(settings)
    # After the readings: all changes of the day reach the lake late, and repair it.
    apply_changes(settings, grid, grid.first_day)
    stack.start(settings, "sql")
    lake.reconcile()
    return lake


def close_lake(settings: Settings) -> None:
    """Leave the services to others: no job, no SQL endpoint."""
    stack.stop(settings, "sql")
    end_job(settings)


def at(day: date, hour: float) -> datetime:
    """An hour of a day, UTC without a zone, in whole seconds."""
    return datetime(day.year, day.month, day.day) + timedelta(seconds=round(hour * 3600))
