"""Starting from scratch: what would be lost by it, and making room for it."""

from dataclasses import dataclass

from pipelines.settings import PipelineSettings
from pipelines.sources.broker import delete_group, end_offsets, first_offsets
from pipelines.streaming.cluster import SOURCES_JOB
from pipelines.streaming.ending import end_job
from pipelines.streaming.lock import writing
from pipelines.streaming.losses import Loss, record_losses
from pipelines.streaming.restore import newest_restore_point
from pipelines.streaming.sources import consumer_group
from pipelines.webhdfs import folders, open_client, reachable, remove_text
from warehouse.catalog import Catalog
from warehouse.contract import LAYERS


@dataclass(frozen=True)
class Discarded:
    """What a start from scratch removes.

    Attributes:
        tables: Tables on HDFS.
        lake_bytes: What they take there.
        state: Savepoint or checkpoint that nobody will continue from; empty if there is none.
        messages_gone: Messages that are rows of the lake and no longer in Kafka, by topic.
    """

    tables: int
    lake_bytes: int
    state: str
    messages_gone: dict[str, int]


def discarded(settings: PipelineSettings, catalog: Catalog) -> Discarded:
    """Look at what would be lost.

    Raises:
        PipelineError: HDFS or Kafka does not answer.
    """
    client = open_client(settings)
    with reachable(settings):
        tables = [f for layer in LAYERS for f in folders(client, f"{settings.lake_path}/{layer}")]
        there = client.status(settings.lake_path, strict=False) is not None
        size = int(client.content(settings.lake_path)["length"]) if there else 0
    point = newest_restore_point(settings)
    topics = [t.origin.name for t in catalog.fed_by("kafka")]
    gone = {topic: sum(first_offsets(settings, topic).values()) for topic in topics}
    return Discarded(len(tables), size, point.path if point else "", {t: n for t, n in gone.items() if n})


def remove(settings: PipelineSettings, catalog: Catalog) -> None:
    """Cancel the job and remove its state and every table; what Kafka no longer holds is lost from then on.

    Raises:
        PipelineError: A service does not answer, the job does not end, or somebody writes a table.
    """
    # Of a restart that was killed.
    end_job(settings, SOURCES_JOB)
    with writing(settings, catalog):
        end_job(settings)
        client = open_client(settings)
        with reachable(settings):
            # The state first: without it a start refuses a lake that holds rows, and ODS is the last to go. The other
            # way round a start after half of it would go on without the rows that are gone.
            for name in ("checkpoints", "savepoints", "replay"):
                client.delete(f"{settings.flink_path}/{name}", recursive=True)
            for name in ("compiled.json", "repaired.json"):
                remove_text(settings, f"{settings.flink_path}/{name}")
            for layer in reversed(LAYERS):
                client.delete(f"{settings.lake_path}/{layer}", recursive=True)
    for table in catalog.fed_by("kafka"):
        # Else the offsets of the old job would count as read by the new one.
        delete_group(settings, consumer_group(table))
    topics = [t.origin.name for t in catalog.fed_by("kafka")]
    firsts = {topic: first_offsets(settings, topic) for topic in topics}
    losses = [Loss(t, p, 0, first) for t in topics for p, first in sorted(firsts[t].items()) if first]
    record_losses(settings, losses, keep=False)


def messages_in_kafka(settings: PipelineSettings, catalog: Catalog) -> int:
    """Messages that a start from scratch reads again."""
    topics = [t.origin.name for t in catalog.fed_by("kafka")]
    return sum(sum(end_offsets(settings, t).values()) - sum(first_offsets(settings, t).values()) for t in topics)
