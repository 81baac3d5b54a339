"""The short record of one feed."""

import datetime as dt
from pathlib import Path

from pydantic import BaseModel

from pipelines.sources.meters.options import MeterOptions

SUMMARY_FILE = "summary.json"


class PartitionCount(BaseModel):
    """What one partition received.

    Args:
        messages: Number of messages.
        first_offset: Offset of the first one.
        last_offset: Offset of the last one.
    """

    messages: int
    first_offset: int
    last_offset: int


class InterruptedAttempt(BaseModel):
    """An earlier attempt at the same feed that did not end; what it sent is in the topic and in no record.

    Its messages are the first ones of the feed, byte for byte, so they change no table but the raw one.

    Args:
        started_at: When it began.
        from_offsets: Offset of its first message, by partition.
        until_offsets: End of the partitions when the next attempt began.
    """

    started_at: dt.datetime
    from_offsets: dict[int, int]
    until_offsets: dict[int, int]


class FeedSummary(BaseModel):
    """What a feed sent; written last, so a feed with a summary is complete.

    Args:
        feed_id: Name of the feed and of its folder.
        topic: Where the messages went.
        day: First day.
        zone: IANA zone whose midnight starts a day.
        options: Options of the feed.
        messages: Messages sent.
        readings: Distinct readings (meter, event time) among them.
        kinds: Messages by kind.
        malformed_kinds: Malformed messages by kind of damage.
        partitions: Messages by partition.
        anomalies: Number of planted anomalies.
        started_at: When sending began, UTC.
        seconds: How long it took.
        messages_per_second: Messages by seconds.
        interrupted: Earlier attempts that did not end.
        folder: Where the record is.
        already_sent: True when the feed had been sent before and nothing was sent now.
    """

    feed_id: str
    topic: str
    day: dt.date
    zone: str
    options: MeterOptions
    messages: int
    readings: int
    kinds: dict[str, int]
    malformed_kinds: dict[str, int]
    partitions: dict[int, PartitionCount]
    anomalies: int
    started_at: dt.datetime
    seconds: float
    messages_per_second: float
    interrupted: list[InterruptedAttempt]
    folder: Path
    already_sent: bool = False


def read_summary(folder: Path) -> FeedSummary | None:
    """The summary of a complete feed, None for one that is not.

    Args:
        folder: Folder of the feed.
    """
    file = folder / SUMMARY_FILE
    return FeedSummary.model_validate_json(file.read_text("utf-8")) if file.exists() else None


def list_feeds(var_dir: Path) -> list[FeedSummary]:
    """Every complete feed of meters, in the order in which they were sent.

    Args:
        var_dir: Folder of all state.
    """
    summaries = [read_summary(folder) for folder in (var_dir / "feeds").glob("meters-*")]
    return sorted((s for s in summaries if s is not None), key=lambda s: s.started_at)
