"""All figures of the running pipeline at one moment."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

from pipelines.batch.repair import FrozenDay
from pipelines.observe.checkpoint import CheckpointFigures, checkpoint_figures
from pipelines.observe.commits import TableCommit, table_commits
from pipelines.observe.dead_letters import dead_letters
from pipelines.observe.drift import Drift, drift
from pipelines.observe.job import JobFigures, job_figures
from pipelines.observe.part import Part, read_part
from pipelines.observe.promise import Delay, delays
from pipelines.observe.repairs import pending_repairs
from pipelines.observe.storage import Room, disk_room, hdfs_room
from pipelines.observe.topics import TopicFigures, topic_figures
from pipelines.settings import PipelineSettings
from warehouse.catalog import Catalog


@dataclass(frozen=True)
class Snapshot:
    """What the services said; each part by itself, since one of them may be down.

    Attributes:
        taken_s: When, seconds since 1970.
        job: The streaming job.
        checkpoint: Its newest checkpoint; a value of None before the first.
        topics: How far it is behind each topic.
        commits: The last commit of each table.
        delays: Whether tables keep their promises; follows from topics and checkpoint.
        dead_letters: Their number by kind.
        repairs: Frozen days that wait for a repair.
        drift: How far photographs are from those that the detector learnt from; a value of None before the first.
        disk: Room on the disk of the state.
        hdfs: Room in HDFS.
    """

    taken_s: float
    job: Part[JobFigures]
    checkpoint: Part[CheckpointFigures | None]
    topics: Part[tuple[TopicFigures, ...]]
    commits: Part[tuple[TableCommit, ...]]
    delays: Part[tuple[Delay, ...]]
    dead_letters: Part[dict[str, int]]
    repairs: Part[tuple[FrozenDay, ...]]
    drift: Part[Drift | None]
    disk: Part[Room]
    hdfs: Part[Room]

    def parts(self) -> dict[str, Part[Any]]:
        """The parts by their names."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: part for name, part in named.items() if isinstance(part, Part)}


def take_snapshot(settings: PipelineSettings, catalog: Catalog, sql_address: tuple[str, int]) -> Snapshot:
    """Ask every service at once; none that fails hides another.

    Args:
        settings: Where the services are.
        catalog: The tables.
        sql_address: Where the SQL endpoint listens if it runs; it is not started for this.
    """
    with ThreadPoolExecutor(8) as pool:
        job = pool.submit(read_part, lambda: job_figures(settings))
        checkpoint = pool.submit(read_part, lambda: checkpoint_figures(settings))
        topics = pool.submit(read_part, lambda: topic_figures(settings, catalog))
        commits = pool.submit(read_part, lambda: table_commits(settings, catalog))
        letters = pool.submit(read_part, lambda: dead_letters(settings, catalog, sql_address))
        repairs = pool.submit(read_part, lambda: pending_repairs(settings, catalog, sql_address))
        drifted = pool.submit(read_part, lambda: drift(settings, sql_address))
        disk = pool.submit(read_part, lambda: disk_room(settings))
        hdfs = pool.submit(read_part, lambda: hdfs_room(settings))
    now = time.time()
    return Snapshot(
        taken_s=now,
        job=job.result(),
        checkpoint=checkpoint.result(),
        topics=topics.result(),
        commits=commits.result(),
        delays=_delays(catalog, topics.result(), checkpoint.result(), now),
        dead_letters=letters.result(),
        repairs=repairs.result(),
        drift=drifted.result(),
        disk=disk.result(),
        hdfs=hdfs.result(),
    )


def _delays(
    catalog: Catalog,
    topics: Part[tuple[TopicFigures, ...]],
    checkpoint: Part[CheckpointFigures | None],
    now: float,
) -> Part[tuple[Delay, ...]]:
    for needed in (topics, checkpoint):
        if not needed.ok:
            return Part(None, needed.error, needed.hint)
    return read_part(lambda: delays(catalog, topics.value or (), checkpoint.value, now))
