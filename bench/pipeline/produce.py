"""How fast readings are made, sent to Kafka and recorded, for each core that it takes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from pyarrow import parquet

from bench.clock import in_turn
from bench.figure import Figure, Goal
from bench.options import Options
from bench.pipeline.lake import Lake, open_lake, readings_of
from pipelines.sources.broker import ACKNOWLEDGE_SECONDS, open_producer
from pipelines.sources.meters import FeedSummary, feed_day
from pipelines.sources.topics import Topic, ensure_topics

_A_CORE = 50_000
_TOPIC = Topic("bench-produce", retention_ms=3_600_000)


@dataclass(frozen=True)
class Took:
    """Seconds of the clock, and of a processor in this process; what Kafka takes is not among them."""

    wall: float
    processor: float


def measure(options: Options) -> Iterator[Figure]:
    """A day of the simulated meters beside the client of Kafka alone, which is given the same bytes ready made."""
    with open_lake(options.folder, options.tell) as lake:
        sent = _feed(lake, options.messages)
        sides: dict[str, Callable[[], Took]] = {
            "feed": lambda: _took(lambda: _feed(lake, options.messages)),
            "client": _client_of(lake, sent),
        }
        found = in_turn(sides, options.runs)
    core = {name: sent.messages / median(t.processor for t in times) for name, times in found.items()}
    clock = {name: sent.messages / median(t.wall for t in times) for name, times in found.items()}
    beside = "kafka-python alone, bytes made before"
    goals = (Goal(">=", _A_CORE),)
    yield Figure("readings made, sent and recorded", core["feed"], "messages/s a core", beside, core["client"], goals)
    yield Figure("the same by the clock", clock["feed"], "messages/s", beside, clock["client"])


def _feed(lake: Lake, messages: int) -> FeedSummary:
    lake.tell("sending")
    options = readings_of(messages, days=1).model_copy(update={"again": True})
    return feed_day(lake.settings, options.first_day, options, topic=_TOPIC)


def _client_of(lake: Lake, sent: FeedSummary) -> Callable[[], Took]:
    record = parquet.read_table(sent.folder / "sent.parquet", columns=["key", "payload", "kafka_partition"])
    keys, values, partitions = (record.column(name).to_pylist() for name in record.column_names)
    topic = _TOPIC._replace(name="bench-client")
    ensure_topics(lake.settings, [topic])

    def send() -> None:
        lake.tell("sending by the client alone")
        producer = open_producer(lake.settings, topic.max_message_bytes)
        for key, value, partition in zip(keys, values, partitions, strict=True):
            producer.send(topic.name, value, key, partition=partition)
        producer.flush(ACKNOWLEDGE_SECONDS)
        producer.close()

    return lambda: _took(send)


def _took(work: Callable[[], object]) -> Took:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - processor)
