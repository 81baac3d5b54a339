"""Messages that Kafka deleted before they were read, given up for lost by somebody, and the record of it.

The record is a file beside the checkpoints: the job begins after what it names, and the reconciliation shows it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.webhdfs import read_text, write_text
from warehouse.catalog import Catalog


@dataclass(frozen=True)
class Loss:
    """Messages of one partition that are given up for lost.

    Attributes:
        topic: Kafka topic.
        partition: Its partition.
        begin: Offset of the first one.
        end: Offset after the last one.
        accepted_at: When they were given up, UTC, ISO 8601; empty if nobody has done so yet.
    """

    topic: str
    partition: int
    begin: int
    end: int
    accepted_at: str = ""

    def __str__(self) -> str:
        """Such as meter-readings/2: messages 1200 to 3399."""
        return f"{self.topic}/{self.partition}: messages {self.begin} to {self.end - 1}"


def read_losses(settings: PipelineSettings) -> list[Loss]:
    """What was given up so far.

    Raises:
        PipelineError: HDFS does not answer, or the record cannot be read.
    """
    text = read_text(settings, _path(settings))
    if text is None:
        return []
    try:
        return [Loss(**entry) for entry in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise PipelineError(
            f"{settings.hdfs_uri}{_path(settings)} is no record of losses: {error}",
            "gridseal pipeline restart --from-scratch makes every table anew",
        ) from error


def find_losses(settings: PipelineSettings, catalog: Catalog) -> list[Loss]:
    """Messages that Kafka no longer holds and no checkpoint covers, by the offsets that checkpoints have committed.

    A commit may be a checkpoint behind when the job was killed, so a loss may begin a little too early here; the
    reconciliation counts only those of its messages that have no row.

    Raises:
        PipelineError: Kafka or HDFS does not answer.
    """
    from pipelines.sources.broker import first_offsets
    from pipelines.streaming.lag import topic_lags

    given_up = read_losses(settings)
    found = []
    for lag in topic_lags(settings, catalog):
        known = lost_before(given_up, lag.topic)
        for partition, first in sorted(first_offsets(settings, lag.topic).items()):
            begin = max(lag.offsets.get(partition, 0), known.get(partition, 0))
            if begin < first:
                found.append(Loss(lag.topic, partition, begin, first))
    return found


def record_losses(settings: PipelineSettings, found: Iterable[Loss], keep: bool = True) -> None:
    """Put losses on record, as accepted now.

    Args:
        settings: Where HDFS is.
        found: The losses.
        keep: Whether earlier ones stay on record; the tables that they are missing from must be there still.

    Raises:
        PipelineError: HDFS does not answer.
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entries = [
        *(read_losses(settings) if keep else []),
        *(Loss(x.topic, x.partition, x.begin, x.end, now) for x in found),
    ]
    write_text(settings, _path(settings), json.dumps([asdict(entry) for entry in entries], indent=2))


def lost_before(losses: Iterable[Loss], topic: str) -> dict[int, int]:
    """Of each partition of a topic with losses the offset at which reading goes on."""
    ends: dict[int, int] = {}
    for loss in losses:
        if loss.topic == topic:
            ends[loss.partition] = max(loss.end, ends.get(loss.partition, 0))
    return ends


def _path(settings: PipelineSettings) -> str:
    return f"{settings.flink_path}/losses.json"
