"""Kafka to committed ADS, beside the same job without its tables, and beside a plain job of Spark."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import stack
from bench.clock import in_turn
from bench.figure import Figure, Goal
from bench.options import Options
from bench.pipeline import blackhole
from bench.pipeline.lake import START_S, Lake, open_lake, readings_of
from bench.pipeline.peer import job as peer
from bench.pipeline.peer.jars import fetch
from gridseal.errors import CHECK_FAILED, GridsealError
from pipelines.observe.commits import table_commits
from pipelines.sources.meters import FeedSummary
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import await_checkpoint, last_checkpoint
from pipelines.streaming.submit import wait_until_running
from pipelines.webhdfs import open_client

_UNIT = "rows/s"


@dataclass(frozen=True)
class Took:
    """What a run took.

    Attributes:
        reading: Seconds from the first task that read to the last commit.
        whole: Seconds with the start of the job.
        processor: Seconds of a core that the services took, with the start of the job; None if others did the work.
        state_mb: Of the newest checkpoint.
        memory_mb: Of the TaskManager afterwards.
    """

    reading: float
    whole: float
    processor: float | None = None
    state_mb: float = 0
    memory_mb: float = 0


def measure(options: Options) -> Iterator[Figure]:
    """Messages that wait in Kafka, until all of them are in every table.

    Raises:
        GridsealError: The lake is not exact.
    """
    jars = fetch(options)
    with open_lake(options.folder, options.tell) as lake:
        sent = lake.fill(readings_of(options.messages))
        sides: dict[str, Callable[[], Took]] = {
            "gridseal": lambda: into_tables(lake),
            "blackhole": lambda: into_blackholes(lake),
            "spark": lambda: by_spark(lake, sent, jars),
        }
        # Once before it counts: what follows runs on a TaskManager whose code is compiled.
        into_tables(lake)
        found = in_turn(sides, options.runs, warm_up=False)
    reading = {name: sent.messages / median(t.reading for t in times) for name, times in found.items()}
    whole = {name: sent.messages / median(t.whole for t in times) for name, times in found.items()}
    tables, plain = "the same job into blackholes", "a plain Spark job into Hudi"
    goals = (Goal(">=", 15_000), Goal(">=", 0.7, of_ratio=True))
    yield Figure("Kafka to committed ADS", reading["gridseal"], _UNIT, tables, reading["blackhole"], goals)
    twice = (Goal(">=", 2, of_ratio=True),)
    yield Figure("Kafka to committed ADS", reading["gridseal"], _UNIT, plain, reading["spark"], twice)
    yield Figure("the same with the start of the job", whole["gridseal"], _UNIT, plain, whole["spark"])
    cores = {name: median(t.processor or 0 for t in times) * 1e6 / sent.messages for name, times in found.items()}
    yield Figure("cores that all services take for a million", cores["gridseal"], "s", tables, cores["blackhole"])


def into_tables(lake: Lake) -> Took:
    """The pipeline as it is.

    Raises:
        GridsealError: The numbers do not agree afterwards.
    """
    began, before = time.time(), lake.processor_s()
    job = lake.start()
    since = lake.reading_since_ms(job.id) / 1000
    lake.await_covered()
    processor = lake.processor_s() - before
    # The tables commit just after the checkpoint; the next one proves that they have.
    await_checkpoint(lake.settings)
    newest = last_checkpoint(lake.settings, job.id)
    memory = next(service.rss_mb for service in stack.status(lake.settings) if service.name == "taskmanager")
    with lake.reconciled():
        pass
    streamed = {table.name for table in lake.catalog if table.mode == "stream"}
    commits = [commit for commit in table_commits(lake.settings, lake.catalog) if commit.table in streamed]
    ended = max(commit.committed_ms or 0 for commit in commits) / 1000
    lake.empty()
    return Took(ended - since, ended - began, processor, newest.size / 1e6 if newest else 0, memory)


def into_blackholes(lake: Lake) -> Took:
    """The same job, until a checkpoint covers every message."""
    began, before = time.time(), lake.processor_s()
    lake.tell("starting the job into blackholes")
    in_child(lake.settings, blackhole.submit, lake.settings, lake.catalog)
    job = wait_until_running(lake.settings, START_S)
    since = lake.reading_since_ms(job.id) / 1000
    lake.await_covered()
    processor = lake.processor_s() - before
    newest = last_checkpoint(lake.settings, job.id)
    ended = newest.completed_ms / 1000 if newest else time.time()
    lake.empty()
    return Took(ended - since, ended - began, processor)


def by_spark(lake: Lake, sent: FeedSummary, jars: Sequence[Path]) -> Took:
    """The job of Spark, in a process of its own, while Flink does nothing.

    Raises:
        GridsealError: It made another number of facts.
    """
    client = open_client(lake.settings)
    client.delete(peer.LAKE, recursive=True)
    lake.tell("running the job of Spark")
    began = time.time()
    try:
        ran: peer.Ran = in_child(lake.settings, peer.run, lake.settings, jars)
    finally:
        client.delete(peer.LAKE, recursive=True)
    # It accepts some messages that are malformed.
    if not 0 <= ran.facts - sent.readings <= sent.kinds["malformed"]:
        what = f"Spark made {ran.facts:,} facts of {sent.readings:,} readings"
        raise GridsealError(what, "read bench/pipeline/peer", CHECK_FAILED)
    return Took(ran.until - ran.since, ran.until - began)
