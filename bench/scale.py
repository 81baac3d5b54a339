"""``python -m bench.scale``: what a grid of so many meters asks of each part, and which part breaks first.

A day of readings is simulated commit by commit, as tables are written: a checkpoint is a commit, a day of a table is
one file with its logs, compacted as ``GrownLogs.java`` says. Everything else is a rate of one core, measured, times
what there is to do. docs/scale.md tells what the figures mean.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from gridseal.output import Format, print_rows
from warehouse.catalog import Catalog, load_catalog
from warehouse.settings import WarehouseSettings

DAY_S = 86_400
# GrownLogs.java
TIMES, LONGEST_S, EVERY_COMMITS = 4, 600, 5
# Tables with about a row a reading, which are what grows: ods and dwd.
GROWING = ("ods.meter_reading", "dwd.meter_reading")


@dataclass(frozen=True)
class Rates:
    """What was measured on one core, or of one reading; docs/scale.md says where, and how well.

    Attributes:
        produced: Messages that a core makes and sends in a second.
        flowed: Messages that a core brings from Kafka into every table in a second.
        compacted: Rows of a file that a core writes anew in a second.
        sealed: Rows that a core reads, hashes and stores in a second.
        message_bytes: A message in Kafka.
        log_bytes: A row in a log.
        file_bytes: A row in a file of a table.
        state_bytes: What the job remembers of a reading within the horizon.
        rows_of_reading: Rows in all sealed tables of one reading.
        gas: Of a checkpoint of any number of seals.
    """

    produced: float = 26_000
    flowed: float = 6_900
    compacted: float = 130_000
    sealed: float = 990_000
    message_bytes: float = 175
    log_bytes: float = 240
    file_bytes: float = 20
    state_bytes: float = 100
    rows_of_reading: float = 2.3
    gas: int = 35_023


@dataclass(frozen=True)
class Written:
    """A day of one growing table, as simulated.

    Attributes:
        commits: Of the day.
        compactions: Of its file.
        rewritten: Rows that compactions wrote, those that were there before among them.
        log_rows: Most rows that lay in logs, which readers merge.
    """

    commits: int
    compactions: int
    rewritten: float
    log_rows: float


def write_day(rows_a_second: float, checkpoint_s: float, rates: Rates) -> Written:
    """Simulates a day of one file: logs grow with each commit, and every fifth looks whether they are due."""
    base = logs = rewritten = most = 0.0
    since, compactions = 0.0, 0
    commits = math.floor(DAY_S / checkpoint_s)
    for number in range(1, commits + 1):
        logs += rows_a_second * checkpoint_s
        since += checkpoint_s
        most = max(most, logs)
        small = base * rates.file_bytes < 1 << 20
        grown = logs * rates.log_bytes >= TIMES * base * rates.file_bytes
        if number % EVERY_COMMITS == 0 and (small or grown or since >= LONGEST_S):
            base, logs, since = base + logs, 0.0, 0.0
            compactions, rewritten = compactions + 1, rewritten + base
    return Written(commits, compactions, rewritten, most)


@dataclass(frozen=True)
class Need:
    """What one part needs.

    Attributes:
        part: Of the platform.
        what: The quantity, with its unit.
        amount: How much of it.
        limit: What one of what there is now can do, infinite if more of it can be had by settings.
    """

    part: str
    what: str
    amount: float
    limit: float = math.inf

    @property
    def broken(self) -> bool:
        """Whether more is asked than can be done."""
        return self.amount > self.limit


def needs(
    meters: int, catalog: Catalog, rates: Rates, checkpoint_s: float = 10, horizon_days: int = 3, retention_h: float = 2
) -> Iterator[Need]:
    """What each part needs for a grid that tells a reading a minute of each meter."""
    a_second = meters / 60
    readings = meters * 1440
    day = write_day(a_second, checkpoint_s, rates)
    streamed = [table for table in catalog if table.mode == "stream"]
    kept = retention_h * 3600 / checkpoint_s * (1 + 1 / EVERY_COMMITS)
    # Of each commit that the timeline keeps three; then a log and a file of each day that is open, and those before.
    files = len(streamed) * (3 * kept + 2 * (horizon_days + 1)) + len(streamed) * day.compactions / 24 * retention_h
    yield Need("sources", "messages/s", a_second)
    yield Need("sources", "cores that send", a_second / rates.produced)
    yield Need("Kafka", "GB a day, each of three copies", readings * rates.message_bytes / 1e9)
    yield Need("Flink", "cores, of which a third is spare", 1.5 * a_second / rates.flowed)
    yield Need("Flink", "state within the horizon, GB", readings * (horizon_days + 1) * rates.state_bytes / 1e9)
    # All rows of a table pass through one task.
    yield Need("Flink", "rows/s of the writer of a table", a_second, 100_000)
    rewritten = len(GROWING) * day.rewritten / DAY_S
    # One compaction at a time in a TaskManager, so that what is open now is at most one core's.
    yield Need("Hudi", "cores that compact", rewritten / rates.compacted, 1)
    yield Need("Hudi", "rows in logs that a reader merges", day.log_rows, 5_000_000)
    yield Need("Hudi", "GB of a day's largest file", readings * rates.file_bytes / 1e9, 10)
    yield Need("HDFS", "files of tables", files, 100_000_000)
    yield Need("HDFS", "GB a day, each of two copies", readings * rates.rows_of_reading * rates.file_bytes / 1e9)
    # Of each table the day's partition, or all of it.
    yield Need("notary", "seals a night", len(list(catalog)))
    yield Need("notary", "hours of a core a night", readings * rates.rows_of_reading / rates.sealed / 3600, 6)
    yield Need("chain", "gas a night", rates.gas)


def breaks_at(part: str, what: str, catalog: Catalog, rates: Rates) -> int:
    """The fewest meters, to two digits, at which a part breaks; 0 if it never does."""
    low, high = 1, 10**10
    if not _need(high, part, what, catalog, rates).broken:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _need(middle, part, what, catalog, rates).broken else (middle, high)
    return int(float(f"{high:.1e}"))


def _need(meters: int, part: str, what: str, catalog: Catalog, rates: Rates) -> Need:
    return next(need for need in needs(meters, catalog, rates) if (need.part, need.what) == (part, what))


def main(
    meters: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Meters of a grid; once for each."),
    ] = None,
    checkpoint: Annotated[float, typer.Option(min=1, help="Seconds between checkpoints.")] = 10,
    horizon: Annotated[int, typer.Option(min=1, help="Days that the stream repairs.")] = 3,
    format: Annotated[Format, typer.Option("--format", "-f", help="table, json or csv.")] = Format.TABLE,
) -> None:
    """Say what grids of some sizes ask of each part, and where each part breaks: docs/scale.md."""
    catalog, rates = load_catalog(WarehouseSettings()), Rates()
    grids = meters or [10_000, 1_000_000, 100_000_000]
    columns = [list(needs(number, catalog, rates, checkpoint, horizon)) for number in grids]
    rows = []
    for of_grids in zip(*columns, strict=True):
        first = of_grids[0]
        told = [f"{_told(need.amount)}{' !' if need.broken else ''}" for need in of_grids]
        broken = breaks_at(first.part, first.what, catalog, rates) if first.limit < math.inf else 0
        rows.append((first.part, first.what, *told, f"{broken:,} meters" if broken else ""))
    print_rows(("part", "what", *(f"{number:,} meters" for number in grids), "breaks at"), rows, format)


def _told(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.2g}"


if __name__ == "__main__":
    typer.run(main)
