"""A lake of the bench's own: services beside those that may run, and state in a folder that goes with them."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

import stack
from gridseal.errors import CHECK_FAILED, GridsealError
from gridseal.settings import Settings, settings_beside
from pipelines.reconcile.run import reconcile
from pipelines.sources.business import seed_database
from pipelines.sources.grid.model import FIRST_DAY, MIN_METERS
from pipelines.sources.meters import FeedSummary, MeterOptions, feed_day
from pipelines.sql.client import SqlClient, connect
from pipelines.streaming import scratch
from pipelines.streaming.cluster import Job, current_job, failures, get, last_failure
from pipelines.streaming.lag import lag
from pipelines.streaming.submit import start
from pipelines.webhdfs import open_client
from warehouse.catalog import Catalog, load_catalog

Tell = Callable[[str], None]

PORT_OFFSET = 6000
"""Beside the ports of a stack that somebody may have running, and of the tests'."""

_MINUTES_A_DAY = 1440
_SEED = 7
_STILL_S = 180.0
_RECONCILE_S = 600.0
START_S = 300.0
"""Seconds that a job may take until all of its tasks run, or until it has what the database holds."""


@dataclass(frozen=True)
class Lake:
    """Services that run, and what the bench asks of them.

    Attributes:
        settings: Their settings.
        catalog: The tables.
        tell: Told what is being done.
    """

    settings: Settings
    catalog: Catalog
    tell: Tell

    def fill(self, options: MeterOptions) -> FeedSummary:
        """Put a grid into the business database and its readings into Kafka."""
        self.tell(f"business data of {options.meters:,} meters")
        seed_database(self.settings, options.grid())

        def progress(sent: int, expected: int) -> None:
            self.tell(f"{sent:,} of {expected:,} messages sent")

        return feed_day(self.settings, options.first_day, options, every(5, progress))

    def start(self) -> Job:
        """Start the pipeline, and wait until all of its tasks run."""
        self.tell("starting the pipeline")
        return start(self.settings, self.catalog, timeout_s=START_S).job

    def empty(self) -> None:
        """Take away the job, its state and its tables; the sources keep what they hold."""
        self.tell("emptying the lake")
        scratch.remove(self.settings, self.catalog)

    def await_covered(self, waiting: int = 0) -> None:
        """Wait until a checkpoint covers every message, or all but so many.

        Raises:
            GridsealError: None has covered another message for minutes, or the job has failed meanwhile.
        """
        last, since = -1, time.monotonic()
        told = every(5, lambda covered, produced: self.tell(f"{covered:,} of {produced:,} messages in the lake"))
        while True:
            covered, produced = lag(self.settings, self.catalog)
            told(covered, produced)
            if produced - covered <= waiting:
                self._refuse_failures()
                return
            if covered > last:
                last, since = covered, time.monotonic()
            elif time.monotonic() - since > _STILL_S:
                job = current_job(self.settings)
                failure = (job and last_failure(self.settings, job.id)) or "no failure is recorded"
                what = f"{covered:,} of {produced:,} messages were read, and none for {_STILL_S:.0f} s: {failure}"
                raise GridsealError(what, "gridseal doctor", CHECK_FAILED)
            time.sleep(1)

    def _refuse_failures(self) -> None:
        """What failed and went on is right, but its time is that of the failure.

        A checkpoint that fails is a failure of the job, but for one that is triggered before all tasks run.
        """
        if not (job := current_job(self.settings)):
            raise GridsealError("the job has ended while it was measured", "gridseal doctor", CHECK_FAILED)
        if failed := failures(self.settings, job.id, 0):
            what = f"the job failed {failed} times while it was measured: {last_failure(self.settings, job.id)}"
            raise GridsealError(what, "measure again while nothing else runs", CHECK_FAILED)

    @contextmanager
    def reconciled(self) -> Iterator[SqlClient]:
        """See that every number agrees, from Kafka's offsets to ADS; the lake can be asked until this is left.

        Raises:
            GridsealError: Some do not; figures of a wrong lake would be worth nothing.
        """
        self.tell("reconciling")
        address = (self.settings.host, self.settings.sql_port)
        stack.start(self.settings, "sql")
        try:
            lines = reconcile(self.settings, self.catalog, address, _RECONCILE_S, lambda *_: None)
            with connect(self.settings, address) as client:
                if clashes := [line for line in lines if not line.ok]:
                    told = "; ".join(f"{one.scope} {one.measure}: {one.here}, not {one.upstream}" for one in clashes)
                    what = f"{len(clashes)} numbers clash, tables and logs are kept in {self._keep(client)}: {told}"
                    raise GridsealError(what, "gridseal reconcile", CHECK_FAILED)
                yield client
        finally:
            # It would take memory and time from what is measured next.
            stack.stop(self.settings, "sql")

    def _keep(self, client: SqlClient) -> Path:
        """Copy tables and logs to where they outlive this lake, for whoever looks for what is wrong."""
        self.tell("keeping tables and logs")
        kept = Path(tempfile.mkdtemp(prefix="gridseal-wrong-lake-"))
        for table in self.catalog.fed_by("kafka"):
            # Rows keep the commit that wrote them, whatever is compacted; its metadata say how many they were.
            rows = client.query(f"SELECT dt, _hoodie_commit_time, COUNT(*) FROM {table.name} GROUP BY 1, 2").rows
            (kept / f"{table.name}.csv").write_text("".join(f"{','.join(map(str, row))}\n" for row in rows))
        open_client(self.settings).download(self.settings.lake_path, str(kept / "lake"), n_threads=2)
        shutil.copytree(self.settings.var_dir / "log", kept / "log")
        return kept

    def processor_s(self) -> float:
        """Seconds of a core that the services have taken so far; neighbours change them less than the clock."""
        processes = [psutil.Process(service.pid) for service in stack.status(self.settings) if service.pid]
        times = [process.cpu_times() for process in processes]
        return float(sum(time.user + time.system for time in times))

    def reading_since_ms(self, job_id: str) -> int:
        """When the first task of the job that reads a topic ran, ms since 1970."""
        vertices = get(self.settings, f"/jobs/{job_id}")["vertices"]
        topics = [table.name for table in self.catalog.fed_by("kafka")]
        sources = [v["id"] for v in vertices if any(f"Source: {name}" in v["name"] for name in topics)]
        times = (get(self.settings, f"/jobs/{job_id}/vertices/{source}/subtasktimes") for source in sources)
        return int(min(task["timestamps"]["RUNNING"] for found in times for task in found["subtasks"]))


@contextmanager
def open_lake(folder: Path, tell: Tell) -> Iterator[Lake]:
    """Start services whose state lies in a folder; stop them and remove it afterwards.

    Raises:
        StackError: They do not start.
    """
    settings = own_settings(folder)
    try:
        tell("starting services")
        stack.up(settings)
        yield Lake(settings, load_catalog(settings), tell)
    finally:
        tell("stopping services")
        stack.clean(settings)


def own_settings(folder: Path) -> Settings:
    """The settings of whoever calls, but for addresses, ports, passwords and the folder of all state."""
    return settings_beside(folder, PORT_OFFSET)


def readings_of(messages: int, days: int = 2) -> MeterOptions:
    """Readings that make about so many messages: of more meters, the more there are to be.

    Args:
        messages: Messages, duplicates and malformed ones among them.
        days: Fewer than the horizon, so that no partition of Kafka can run ahead of another into frozen days.
    """
    shares = MeterOptions()
    a_meter = days * _MINUTES_A_DAY * (1 + shares.duplicates + shares.malformed)
    return MeterOptions(meters=max(MIN_METERS, round(messages / a_meter)), seed=_SEED, first_day=FIRST_DAY, days=days)


def every(seconds: float, tell: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """A function of progress that passes on one call in so many seconds."""
    last = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            tell(done, total)

    return progress
