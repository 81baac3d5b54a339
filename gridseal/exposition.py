"""The figures in the form that Prometheus reads, once or at each scrape."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.watching import Watched

if TYPE_CHECKING:
    from notary.night import NightFigures
    from pipelines.observe.snapshot import Snapshot
    from stack import ServiceStatus

KEPT_SECONDS = 15.0
"""A second scrape within this time gets the figures of the first: each asks all services."""


class Exporter(Collector):
    """Takes a snapshot when it is asked and the last one is old.

    Args:
        take: Takes one.
        kept_s: Seconds for which it is kept.
    """

    def __init__(self, take: Callable[[], Watched], kept_s: float = KEPT_SECONDS) -> None:
        self._take = take
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._last: Watched | None = None
        self._until = 0.0

    def collect(self) -> Iterator[Metric]:
        """The metrics, as prometheus_client asks for them."""
        # Scrapes come in threads of their own; a second one waits for the first and shares what it found.
        with self._lock:
            if self._last is None or time.monotonic() >= self._until:
                self._last = self._take()
                self._until = time.monotonic() + self._kept_s
            watched = self._last
        return metrics_of(watched)


def text(take: Callable[[], Watched]) -> str:
    """The metrics in Prometheus' text format."""
    return generate_latest(_registry(take)).decode()


def serve(take: Callable[[], Watched], host: str, port: int) -> threading.Thread:
    """Answer scrapes from now on, in a thread that is returned.

    Raises:
        GridsealError: Somebody else listens there.
    """
    try:
        _, thread = start_http_server(port, host, _registry(take))
    except OSError as error:
        raise GridsealError(
            f"cannot listen on {host}:{port}: {error.strerror or error}", "gridseal metrics --serve PORT", WRONG_USAGE
        ) from error
    return thread


def _registry(take: Callable[[], Watched]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Exporter(take))
    return registry


def metrics_of(watched: Watched) -> Iterator[Metric]:
    """Every metric; those of a part that could not be read are left out."""
    parts = {"services": watched.services, **watched.pipeline.parts(), "nights": watched.nights}
    yield _gauge(
        "gridseal_collector_up",
        "1 if this part of the figures could be read, else 0 and its metrics are missing.",
        {name: float(part.ok) for name, part in parts.items()},
        "part",
    )
    yield from _services(watched.services.value or [])
    yield from _job(watched.pipeline)
    yield from _checkpoint(watched.pipeline)
    yield from _topics(watched.pipeline)
    yield from _tables(watched.pipeline)
    yield from _rest(watched.pipeline)
    yield from _nights(watched.nights.value)


def _services(services: Iterable["ServiceStatus"]) -> Iterator[Metric]:
    services = list(services)
    if not services:
        return
    yield _gauge(
        "gridseal_service_up",
        "1 if the service is ready, else 0; one that nobody has started and that need not run is left out.",
        {s.name: float(s.state == "ready") for s in services if not s.on_demand or s.state != "stopped"},
        "service",
    )
    yield _gauge(
        "gridseal_service_memory_bytes",
        "Resident memory of the service and its children, in bytes.",
        {s.name: s.rss_mb * 2**20 for s in services},
        "service",
    )
    yield _counter(
        "gridseal_service_restarts",
        "How often the service ended by itself and was started again since gridseal up.",
        {s.name: s.restarts for s in services},
        "service",
    )


def _job(pipeline: "Snapshot") -> Iterator[Metric]:
    figures = pipeline.job.value
    if figures is None:
        return
    job = figures.job
    yield _gauge("gridseal_job_running", "1 if every task of the job runs, else 0.", float(bool(job and job.healthy)))
    if job is None:
        return
    yield _gauge("gridseal_job_tasks", "Tasks of the job.", job.tasks)
    yield _gauge("gridseal_job_tasks_running", "Tasks of the job that run.", job.tasks_running)
    yield _gauge("gridseal_job_uptime_seconds", "Seconds since the job was submitted.", job.uptime_s)
    yield _counter(
        "gridseal_job_restarts", "How often the job went back to a checkpoint since it was submitted.", figures.restarts
    )
    yield _gauge(
        "gridseal_source_records_per_second",
        "Records a second that a source read, averaged over a minute: messages of a topic, batches of the binlog.",
        {rate.source: rate.records_per_s for rate in figures.rates},
        "source",
    )


def _checkpoint(pipeline: "Snapshot") -> Iterator[Metric]:
    newest = pipeline.checkpoint.value
    if newest is None:
        return
    yield _gauge(
        "gridseal_checkpoint_age_seconds",
        "Seconds since the newest checkpoint or savepoint was complete.",
        max(0.0, pipeline.taken_s - newest.completed_ms / 1000),
    )
    if newest.size is not None:
        yield _gauge("gridseal_checkpoint_size_bytes", "State in the newest checkpoint, in bytes.", newest.size)
    if newest.duration_ms is not None:
        yield _gauge(
            "gridseal_checkpoint_duration_seconds",
            "Seconds that the newest checkpoint took.",
            newest.duration_ms / 1000,
        )
    if newest.failed is not None:
        yield _counter(
            "gridseal_checkpoints_failed", "Checkpoints that failed since the job was submitted.", newest.failed
        )


def _topics(pipeline: "Snapshot") -> Iterator[Metric]:
    topics = pipeline.topics.value
    if topics is None:
        return
    yield _counter(
        "gridseal_topic_messages_produced", "Messages ever produced.", {t.topic: t.produced for t in topics}, "topic"
    )
    yield _counter(
        "gridseal_topic_messages_covered",
        "Messages that a completed checkpoint covers, which are in the lake.",
        {t.topic: t.covered for t in topics},
        "topic",
    )
    yield _gauge(
        "gridseal_topic_lag_messages",
        "Messages that no completed checkpoint covers.",
        {t.topic: t.waiting for t in topics},
        "topic",
    )
    since = {t.topic: t.waiting_since_ms for t in topics if not t.waiting or t.waiting_since_ms is not None}
    yield _gauge(
        "gridseal_topic_lag_seconds",
        "Seconds that the oldest message has been waiting that no completed checkpoint covers; 0 if none is.",
        {topic: max(0.0, pipeline.taken_s - ms / 1000) if ms is not None else 0.0 for topic, ms in since.items()},
        "topic",
    )


def _tables(pipeline: "Snapshot") -> Iterator[Metric]:
    if (commits := pipeline.commits.value) is not None:
        yield _gauge(
            "gridseal_table_last_commit_timestamp_seconds",
            "When the table last changed, seconds since 1970; a checkpoint without a change makes no commit.",
            {c.table: c.committed_ms / 1000 for c in commits if c.committed_ms is not None},
            "table",
        )
        yield _gauge(
            "gridseal_table_last_commit_rows",
            "Rows that the last commit of the table inserted, updated or deleted.",
            {c.table: c.rows for c in commits if c.rows is not None},
            "table",
        )
    if (delays := pipeline.delays.value) is not None:
        yield _gauge(
            "gridseal_table_delay_seconds",
            "Seconds that what the table still lacks may have been waiting; 0 if nothing is.",
            {d.table: d.delay_s for d in delays},
            "table",
        )
        yield _gauge(
            "gridseal_table_promise_seconds",
            "Seconds within which the contract promises that a row is in the table.",
            {d.table: d.promised_s for d in delays if d.promised_s is not None},
            "table",
        )


def _rest(pipeline: "Snapshot") -> Iterator[Metric]:
    if (letters := pipeline.dead_letters.value) is not None:
        yield _counter("gridseal_dead_letters", "Messages that were refused, by the kind of reason.", letters, "reason")
    if (repairs := pipeline.repairs.value) is not None:
        yield _gauge(
            "gridseal_repair_pending_days",
            "Frozen days that something came late for and that wait for a repair.",
            len(repairs),
        )
        yield _gauge(
            "gridseal_repair_pending_arrivals",
            "Late arrivals that the days which wait for a repair do not show yet.",
            sum(day.arrivals - day.repaired for day in repairs),
        )
    if drift := pipeline.drift.value:
        yield _gauge("gridseal_drift_images", "Photographs of the day that the other figures tell of.", drift.images)
        yield _gauge(
            "gridseal_drift_grey_standard_deviations",
            "How far the mean grey value of the newest day's photographs lies from that of the training data.",
            drift.grey_shift,
        )
        yield _gauge(
            "gridseal_drift_defect_share",
            "Share of defects among the newest day's photographs, less that of the training data.",
            drift.defect_share_shift,
        )
    if disk := pipeline.disk.value:
        yield _gauge("gridseal_disk_free_bytes", "Room on the disk of the folder of state, in bytes.", disk.free)
        yield _gauge("gridseal_disk_size_bytes", "Size of the disk of the folder of state, in bytes.", disk.total)
    if hdfs := pipeline.hdfs.value:
        yield _gauge("gridseal_hdfs_free_bytes", "Room in HDFS, in bytes.", hdfs.free)
        yield _gauge("gridseal_hdfs_size_bytes", "Capacity of HDFS, in bytes.", hdfs.total)


def _nights(figures: "NightFigures | None") -> Iterator[Metric]:
    if figures is None:
        return
    yield _counter("gridseal_nights_sealed", "Nights that the notary has sealed.", len(figures.nights))
    yield _gauge("gridseal_nights_late", "Nights that were sealed after they were due.", len(figures.late))
    yield _gauge("gridseal_nights_missing", "Nights that are due and that nobody has sealed.", len(figures.missing))
    yield _gauge("gridseal_nights_pending", "Nights that are sealed and not final yet.", len(figures.pending))
    if last := figures.last_final:
        yield _gauge(
            "gridseal_night_final_timestamp_seconds",
            "When the newest night that is final was sealed, seconds since 1970.",
            last.sealed_at.timestamp(),
        )


def _gauge(name: str, said: str, value: "float | dict[str, float] | dict[str, int]", label: str = "") -> Metric:
    return _filled(GaugeMetricFamily(name, said, labels=[label] if label else None), value)


def _counter(name: str, said: str, value: "float | dict[str, int]", label: str = "") -> Metric:
    return _filled(CounterMetricFamily(name, said, labels=[label] if label else None), value)


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily, value: "float | dict[str, float] | dict[str, int]"
) -> Metric:
    for label, number in value.items() if isinstance(value, dict) else [("", value)]:
        family.add_metric([label] if label else [], number)
    return family
