"""Feeds simulated readings to Kafka, once."""

import gc
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import BaseModel

from pipelines.settings import PipelineSettings
from pipelines.sources.broker import end_offsets
from pipelines.sources.days import GridDay
from pipelines.sources.meters.anomalies import Anomaly
from pipelines.sources.meters.attempt import begin, complete, feed_lock, replace_text
from pipelines.sources.meters.options import MeterOptions
from pipelines.sources.meters.record import FeedRecord
from pipelines.sources.meters.schedule import messages_by_day
from pipelines.sources.meters.sender import Sender, Sent
from pipelines.sources.meters.summary import SUMMARY_FILE, FeedSummary, read_summary
from pipelines.sources.meters.tally import Tally
from pipelines.sources.topics import METER_READINGS, Topic, ensure_topics

Progress = Callable[[int, int], None]

# Chunks that wait for the broker's acknowledgement while the next ones are made.
CHUNKS_IN_FLIGHT = 3


class PlantedAnomalies(BaseModel):
    """All anomalies of a feed, as anomalies.json holds them."""

    anomalies: list[Anomaly]


def feed_day(
    settings: PipelineSettings,
    day: date,
    options: MeterOptions,
    progress: Progress | None = None,
    topic: Topic = METER_READINGS,
) -> FeedSummary:
    """Sends the readings of a day, or of ``options.days`` days, and records exactly what was sent.

    A feed that was completed is not sent again unless ``options.again``. One that was interrupted is sent
    again whole: its first messages come twice, byte for byte and in order, which a reader that counts
    first occurrences does not notice; the summary says where in the topic the unrecorded ones are.

    Args:
        settings: Where the brokers and the records are, and the grid's zone.
        day: First day.
        options: What to send.
        progress: Called with the messages sent and the messages expected.
        topic: Where to send; created when missing.

    Returns:
        The summary of the feed, read from its record when it had been sent before.

    Raises:
        PipelineError: The day is before the grid's first, no broker answers, or the same feed is being sent.
    """
    # Refuses a day before the grid's first before anything is touched.
    options.grid().metering_points(day, settings.grid_timezone)
    feeds = settings.var_dir / "feeds"
    feed_id = options.feed_id(day, settings.grid_timezone, topic.name)
    ensure_topics(settings, [topic])
    folder = feeds / (_unused_id(feeds, feed_id) if options.again else feed_id)
    with feed_lock(folder):
        ends = end_offsets(settings, topic.name)
        sent_before = complete(folder, ends)
        return sent_before or _feed(settings, day, options, progress, topic, folder, ends)


def _feed(
    settings: PipelineSettings,
    day: date,
    options: MeterOptions,
    progress: Progress | None,
    topic: Topic,
    folder: Path,
    ends: dict[int, int],
) -> FeedSummary:
    interrupted = begin(folder, ends)
    started_at, clock = datetime.now(UTC), time.monotonic()
    planted: list[Anomaly] = []
    tally, waiting = Tally(), deque[Sent]()
    expected = _expected(options, day, settings.grid_timezone)
    with (
        _uncollected(),
        FeedRecord(folder / "sent.parquet", topic.name) as record,
        Sender(settings, topic, options.rate) as sender,
    ):

        def settle(in_flight: int) -> None:
            while len(waiting) > in_flight:
                sent = waiting.popleft()
                offsets = sender.offsets(sent)
                record.add(sent.messages, sent.values, sent.partitions, offsets)
                tally.add(sent.messages, sent.partitions, offsets)

        for messages, anomalies in messages_by_day(options, day, settings.grid_timezone):
            planted += anomalies
            for start in range(0, len(messages), sender.chunk):
                waiting.append(sender.send(messages[start : start + sender.chunk]))
                settle(CHUNKS_IN_FLIGHT)
                if progress:
                    progress(sender.sent, max(expected, sender.sent))
        settle(0)
        if progress:
            progress(sender.sent, sender.sent)
    seconds = time.monotonic() - clock
    replace_text(folder / "anomalies.json", PlantedAnomalies(anomalies=planted).model_dump_json(indent=2))
    summary = FeedSummary(
        feed_id=folder.name,
        topic=topic.name,
        day=day,
        zone=settings.grid_timezone,
        options=options,
        messages=tally.messages,
        readings=tally.readings,
        kinds=tally.kinds(),
        malformed_kinds=tally.malformed_kinds(),
        partitions=dict(sorted(tally.partitions.items())),
        anomalies=len(planted),
        started_at=started_at,
        seconds=round(seconds, 3),
        messages_per_second=round(tally.messages / seconds, 1),
        interrupted=interrupted,
        folder=folder,
    )
    replace_text(folder / SUMMARY_FILE, summary.model_dump_json(indent=2, exclude={"already_sent"}))
    return summary


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python's collector of cycles still: it would walk through all messages in flight for some that are none.

    That took a third of the time of sending. What is not part of a cycle goes as soon as nobody holds it.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _expected(options: MeterOptions, day: date, zone: str) -> int:
    """About how many messages a feed has; silent meters and real gaps make it a little less."""
    grid_day, readings = GridDay(day, zone), 0
    for _ in range(options.days):
        readings += options.meters * grid_day.minutes
        grid_day = grid_day.next
    return round(readings * (1 + options.duplicates + options.malformed))


def _unused_id(feeds: Path, feed_id: str) -> str:
    """Name for one more sending of the same feed; one that was begun and did not end is taken up."""
    number = 1
    name = feed_id
    while read_summary(feeds / name) is not None:
        number += 1
        name = f"{feed_id}-again{number}"
    return name
