"""How old a reading is when ADS shows it, while readings come at an even rate."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import numpy as np
import numpy.typing as npt

from bench.figure import Figure, Goal
from bench.options import Options
from bench.pipeline.lake import START_S, Lake, every, open_lake, readings_of
from pipelines.sources.business import seed_database
from pipelines.sources.business.capture import wait_until_captured
from pipelines.sources.meters import feed_day
from pipelines.sql.client import SqlClient
from pipelines.streaming.cluster import await_checkpoint, get
from pipelines.timeline import WRITTEN, list_timeline
from warehouse.contract import Table

RATE = 500
"""Messages a second."""

_WARM_UP_S = 30
"""The first seconds, which do not count: code is compiled in them."""
_ODS = "ods.meter_reading"
_POLL_S = 5.0
_MOST_S = 30


@dataclass(frozen=True)
class Checkpoint:
    """When a checkpoint was triggered and when it was complete, ms since 1970."""

    triggered: int
    completed: int


def measure(options: Options) -> Iterator[Figure]:
    """Half of the readings, and nineteen of twenty, from Kafka's time to the commit of ADS that includes them.

    Raises:
        GridsealError: The lake is not exact.
    """
    meters = readings_of(round(RATE * 60 * options.minutes), days=1).model_copy(update={"rate": RATE})
    with open_lake(options.folder, options.tell) as lake:
        seed_database(lake.settings, meters.grid())
        job = lake.start()
        wait_until_captured(lake.settings, START_S)
        with _checkpoints_of(lake, job.id) as checkpoints:
            told = every(5, lambda sent, expected: lake.tell(f"{sent:,} of {expected:,} messages sent"))
            feed_day(lake.settings, meters.first_day, meters, told)
            lake.await_covered()
            await_checkpoint(lake.settings)
        with lake.reconciled() as client:
            produced, instants = _rows(client)
        ods, ads = _commits(lake, lake.catalog.table(_ODS)), _commits_of_ads(lake)
    ages = ages_of(produced, [ods[instant] for instant in instants], ads, checkpoints) / 1000
    interval = lake.settings.checkpoint_interval_seconds
    for percent, goals in ((50, ()), (95, (Goal("<=", _MOST_S),))):
        what = f"age of a reading when ADS shows it, {percent} % of them"
        limit = f"{percent} % of the checkpoint interval, which nothing is below"
        yield Figure(what, float(np.percentile(ages, percent)), "s", limit, interval * percent / 100, goals)
    durations = [c.completed - c.triggered for c in checkpoints.values()]
    yield Figure("of it a checkpoint, median", float(np.median(durations)) / 1000, "s")


def ages_of(
    produced: npt.NDArray[np.int64],
    in_ods: list[int],
    ads: list[int],
    checkpoints: Mapping[int, Checkpoint],
) -> npt.NDArray[np.float64]:
    """How old each reading was when ADS showed it; all times in ms.

    All tables commit a checkpoint after it is complete; so those commits belong together that lie between two of them.

    Args:
        produced: When each was handed to Kafka.
        in_ods: When the commit completed that has its row in ODS.
        ads: When each commit of a table of ADS completed.
        checkpoints: By their numbers.
    """
    ends = np.array(sorted(checkpoint.completed for checkpoint in checkpoints.values()))
    of_ads = np.searchsorted(ends, sorted(ads), side="right")
    # What ADS shows of a checkpoint is whole with the last commit of it; later ones have it too.
    last = {int(place): at for place, at in zip(of_ads, sorted(ads), strict=True)}
    places = sorted(last)
    found = np.searchsorted(places, np.searchsorted(ends, in_ods, side="right"))
    shown = np.array([last[places[min(place, len(places) - 1)]] for place in found])
    ages: npt.NDArray[np.float64] = (np.maximum(shown, in_ods) - produced).astype(np.float64)
    counts = produced >= produced.min() + _WARM_UP_S * 1000
    return ages[counts] if counts.any() else ages


@contextmanager
def _checkpoints_of(lake: Lake, job: str) -> Iterator[dict[int, Checkpoint]]:
    """The checkpoints that a job completes meanwhile; Flink itself remembers the last ten."""
    found: dict[int, Checkpoint] = {}
    ended = Event()

    def look() -> None:
        for one in get(lake.settings, f"/jobs/{job}/checkpoints")["history"]:
            if one["status"] == "COMPLETED" and not one["is_savepoint"]:
                found[one["id"]] = Checkpoint(one["trigger_timestamp"], one["latest_ack_timestamp"])

    def follow() -> None:
        while not ended.wait(_POLL_S):
            look()

    thread = Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield found
        look()
    finally:
        ended.set()
        thread.join()


def _rows(client: SqlClient) -> tuple[npt.NDArray[np.int64], list[str]]:
    """When each reading of ODS was handed to Kafka, ms since 1970, and the instant of the commit that has its row."""
    rows = client.query(f"SELECT unix_millis(kafka_timestamp), _hoodie_commit_time FROM {_ODS}").rows
    return np.array([row[0] for row in rows], np.int64), [str(row[1]) for row in rows]


def _commits(lake: Lake, table: Table) -> dict[str, int]:
    """When the commits of a table were complete, ms since 1970, by their instants."""
    files = list_timeline(lake.settings, table)
    return {
        name.split(".")[0]: int(status["modificationTime"])
        for name, status in files
        if name.endswith(WRITTEN[table.table_type])
    }


def _commits_of_ads(lake: Lake) -> list[int]:
    tables = [table for table in lake.catalog if table.layer == "ads" and table.mode == "stream"]
    return [at for table in tables for at in _commits(lake, table).values()]
