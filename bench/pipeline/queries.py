"""Five questions of analysts over a month: by Spark over jdbc:hive2, by DuckDB on the lake, and by plain DuckDB."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.clock import seconds
from bench.figure import Figure, Goal
from bench.options import Options
from bench.pipeline.lake import START_S, Lake, open_lake
from gridseal.errors import CHECK_FAILED, GridsealError
from gridseal.sql_access import open_embedded
from notary.lake.snapshot import Snapshot
from pipelines.reading.commits import Commits
from pipelines.sources.business import apply_changes, seed_database
from pipelines.sources.business.capture import wait_until_captured
from pipelines.sources.meters import MeterOptions, feed_day
from pipelines.sql.copies import arrow_schema
from pipelines.sql.embedded import make_views
from pipelines.sql.front_door import USER
from warehouse.catalog import CURRENT
from warehouse.contract import Table
from warehouse.template import references

FIRST_DAY = date(2026, 9, 1)
"""None of the month is in the future, whose readings would be refused."""

_READINGS = MeterOptions(meters=50, seed=7, first_day=FIRST_DAY)
_METER, _REGION = "M00007", 1
_MOST_WAITING = 40_000
"""Messages that may wait when the next day is sent, so that no partition of Kafka runs ahead into frozen days."""
_GOALS = (Goal("<=", 2), Goal("<=", 5, of_ratio=True))

Ask = Callable[[str], list[tuple[Any, ...]]]


def measure(options: Options) -> Iterator[Figure]:
    """A month of fifty meters with its business changes, by the pipeline; then each question by each side in turn.

    Raises:
        GridsealError: The lake is not exact, or two sides give other answers.
    """
    with open_lake(options.folder, options.tell) as lake:
        _fill(lake, options.days)
        asked = questions(FIRST_DAY + timedelta(days=options.days // 2))
        with lake.reconciled(), _spark(lake) as spark, _plain(lake, asked, options.folder) as plain:
            ours = partial(_ours, lake)
            began = time.perf_counter()
            rows = ours("SELECT COUNT(*) FROM dwd.meter_reading")[0][0]
            cold = time.perf_counter() - began
            for name, sql in asked.items():
                lake.tell(name)
                sides = {"spark": partial(spark, sql), "ours": partial(ours, sql), "plain": partial(plain, sql)}
                _refuse_differences(name, {side: ask() for side, ask in sides.items()})
                took = seconds(sides, options.runs)
                yield Figure(f"{name}: Spark, jdbc:hive2", took["spark"], "s", "plain DuckDB", took["plain"], _GOALS)
                yield Figure(f"{name}: DuckDB on the lake", took["ours"], "s", "plain DuckDB", took["plain"], _GOALS)
    yield Figure(f"DuckDB on the lake, the first query of {rows:,} readings, which reads them", cold, "s")


def questions(day: date) -> Mapping[str, str]:
    """What is asked, in SQL that Spark and DuckDB share, and such that equal rows give answers equal to the last bit.

    Args:
        day: The one that is looked at beside its month.
    """
    return {
        "load curve of a region": f"""
            SELECT dt, hour_start, hour_of_day, region_name, average_load_kw
            FROM ads.region_load_curve
            WHERE region_id = {_REGION}
            ORDER BY hour_start""",
        "ten highest bills": """
            SELECT customer_id, MAX(customer_name) AS name, SUM(energy_kwh) AS energy_kwh, SUM(total_amount) AS amount
            FROM ads.customer_daily_bill
            GROUP BY customer_id
            ORDER BY amount DESC, customer_id
            LIMIT 10""",
        "losses by feeder and week": """
            SELECT s.name AS substation, f.name AS feeder, l.week, SUM(l.supplied_kwh) AS supplied,
              SUM(l.loss_kwh) AS loss, CAST(SUM(l.loss_kwh) AS DOUBLE) / CAST(SUM(l.supplied_kwh) AS DOUBLE) AS share
            FROM (
              SELECT feeder_id, supplied_kwh, loss_kwh,
                CAST(CAST(DATE_TRUNC('week', CAST(dt AS DATE)) AS DATE) AS STRING) AS week
              FROM ads.feeder_loss) AS l
            JOIN dim.feeder_current AS f ON l.feeder_id = f.feeder_id
            JOIN dim.substation_current AS s ON f.substation_id = s.substation_id
            GROUP BY s.name, f.name, l.week
            ORDER BY substation, feeder, week""",
        "voltage by meter": """
            SELECT meter_id, readings, lowest, highest, mean, outside,
              SQRT(squares / readings - mean * mean) AS deviation
            FROM (
              SELECT meter_id, COUNT(voltage) AS readings, MIN(voltage) AS lowest, MAX(voltage) AS highest,
                CAST(SUM(voltage) AS DOUBLE) / COUNT(voltage) AS mean,
                CAST(SUM(voltage * voltage) AS DOUBLE) AS squares,
                SUM(CASE WHEN ABS(voltage - nominal_voltage) * 10 > nominal_voltage THEN 1 ELSE 0 END) AS outside
              FROM dwd.meter_reading
              GROUP BY meter_id) AS m
            ORDER BY meter_id""",
        "quarter hours of a meter": f"""
            WITH quarters AS (
              SELECT dt, active_power,
                EXTRACT(HOUR FROM event_time) * 4 + CAST(FLOOR(EXTRACT(MINUTE FROM event_time) / 15) AS INT) AS quarter
              FROM dwd.meter_reading
              WHERE meter_id = '{_METER}'),
            days AS (
              SELECT dt, quarter, SUM(active_power) AS power, COUNT(*) AS minutes FROM quarters GROUP BY dt, quarter),
            beside AS (
              SELECT dt, quarter, CAST(power AS DOUBLE) / minutes AS load_kw,
                CAST(SUM(power) OVER same AS DOUBLE) / SUM(minutes) OVER same AS usual_kw
              FROM days
              WINDOW same AS (PARTITION BY quarter))
            SELECT quarter, load_kw, usual_kw FROM beside WHERE dt = '{day}' ORDER BY quarter""",
    }


def _fill(lake: Lake, days: int) -> None:
    grid = _READINGS.grid()
    seed_database(lake.settings, grid)
    lake.start()
    wait_until_captured(lake.settings, START_S)
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        lake.tell(f"{day}, {number + 1} of {days} days")
        feed_day(lake.settings, day, _READINGS)
        apply_changes(lake.settings, grid, day)
        lake.await_covered(_MOST_WAITING)
    lake.await_covered()


@contextmanager
def _spark(lake: Lake) -> Iterator[Ask]:
    """As a tool of an analyst asks the warm endpoint."""
    from impala import dbapi

    settings = lake.settings
    who = {"user": USER, "password": settings.sql_password.get_secret_value()}
    with dbapi.connect(settings.host, settings.sql_jdbc_port, auth_mechanism="PLAIN", **who) as connection:
        cursor = connection.cursor()

        def ask(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        yield ask


@contextmanager
def _plain(lake: Lake, asked: Mapping[str, str], folder: Path) -> Iterator[Ask]:
    """As somebody asks who has the same rows in files of his own: a Parquet file a table, in the order of its key."""
    names = {name.removesuffix(CURRENT) for sql in asked.values() for name in references(sql)}
    with duckdb.connect() as database:
        tables = [lake.catalog.table(name) for name in sorted(names)]
        files = [folder / f"{table.name}.parquet" for table in tables]
        for table, file in zip(tables, files, strict=True):
            lake.tell(f"copying {table.name} for plain DuckDB")
            _write(lake, table, folder / "rows.parquet")
            # As DuckDB itself lays out a file.
            database.execute(f"COPY (SELECT * FROM '{folder}/rows.parquet') TO '{file}'")
        make_views(database, ((table, [file]) for table, file in zip(tables, files, strict=True)))
        yield lambda sql: database.execute(sql).fetchall()


def _write(lake: Lake, table: Table, file: Path) -> None:
    schema = arrow_schema(table.columns)
    commits = Commits.of(lake.settings, table)
    with Snapshot.open(lake.settings, commits) as snapshot, pq.ParquetWriter(file, schema) as writer:
        for path in snapshot.partitions():
            for rows in snapshot.rows(path):
                writer.write_table(pa.Table.from_batches([rows]).select(schema.names).cast(schema))


def _ours(lake: Lake, sql: str) -> list[tuple[Any, ...]]:
    """The command, but for the start of Python and the printing."""
    with open_embedded(lake.settings) as client:
        return list(client.query(sql).rows)


def _refuse_differences(name: str, answers: Mapping[str, list[tuple[Any, ...]]]) -> None:
    expected = answers["spark"]
    if not expected or any(answer != expected for answer in answers.values()):
        told = {side: (len(answer), answer[:2]) for side, answer in answers.items()}
        raise GridsealError(f"{name}: the answers differ: {told}", "tests/lake/test_duckdb.py", CHECK_FAILED)
