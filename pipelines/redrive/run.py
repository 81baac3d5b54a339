"""Dead letters that today's contract accepts are sent again to their topic, and flow through every layer.

A dead letter stays what it is, the record of a message that was refused; what is sent is one more message. So the
tables keep their one writer, and messages = rows + dead letters still holds.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any

from pipelines.batch.days import Days
from pipelines.errors import PipelineError
from pipelines.redrive.letters import Letter, Selection
from pipelines.redrive.parse import Identity, parse
from pipelines.redrive.readings import found_in_lake, identity_columns
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import ACKNOWLEDGE_SECONDS, broker_errors, open_producer
from pipelines.sources.topics import TOPICS
from pipelines.sql.client import SqlClient, connect
from pipelines.streaming.child import Call, open_child
from pipelines.streaming.cluster import await_checkpoint, current_job
from pipelines.streaming.compiled import Compiled, compiled_from, load
from pipelines.streaming.lag import topic_lags
from pipelines.streaming.sources import kafka_spec
from warehouse.catalog import Catalog
from warehouse.table import Table

Progress = Callable[[int, int, str], None]
_READ_S = 300.0


@dataclass(frozen=True)
class Outcome:
    """What became of the dead letters of one kind.

    Attributes:
        kind: Kind of the reason for which they were refused.
        letters: How many there are.
        accepted: Of them those that today's contract accepts.
        there: Of these the ones whose reading another message has brought into the lake, or is about to.
        sent: Of these the others, which were sent again, or would be.
    """

    kind: str
    letters: int
    accepted: int
    there: int
    sent: int


def redrive(
    settings: PipelineSettings,
    catalog: Catalog,
    address: tuple[str, int],
    progress: Progress,
    days: Days | None = None,
    kind: str = "",
    dry_run: bool = False,
) -> list[Outcome]:
    """Send again what can be read now and whose reading the lake lacks; may be ended and begun again at any time.

    Args:
        settings: Where everything is.
        catalog: The tables, with the contracts of today.
        address: Host and port of the SQL endpoint.
        progress: Told of dead letters done, all of them, and what is being done.
        days: Days on which they came; None for all.
        kind: Kind of their reason; empty for all.
        dry_run: Send nothing.

    Returns:
        One a kind of reason, the most frequent first.

    Raises:
        PipelineError: The job does not run or refuses by another contract, or a service does not answer.
    """
    (letters,) = catalog.fed_by("dead_letter")
    if not dry_run:
        _refuse_in_vain(settings, catalog)
        _await_lake(settings, catalog, progress)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    # What tells one fact from another is known of these alone. A photograph that was refused is imported again.
    for table in catalog.facts:
        selection = Selection(letters, table.origin.name, days, kind)
        opened = nullcontext() if dry_run else closing(_open_producer(settings, table))
        with connect(settings, address) as sql, open_child(settings) as call, opened as producer:
            found = selection.counts(sql)
            for _, one, count in found:
                counts[one]["letters"] += count
            total, done = sum(count for _, _, count in found), 0
            sieve = _Sieve(settings, catalog, table, sql, call)
            for day in sorted({day for day, _, _ in found}):
                before = done
                for page in selection.pages(sql, day, table.origin.max_bytes):
                    progress(done, total, f"dead letters of {day}")
                    fresh = sieve.sift(page, counts)
                    if producer:
                        _send(settings, producer, table.origin.name, fresh)
                    done += len(page)
                done = before + sum(count for its, _, count in found if its == day)
            progress(total, total, "done")
    outcomes = [Outcome(k, c["letters"], c["accepted"], c["there"], c["sent"]) for k, c in counts.items()]
    return sorted(outcomes, key=lambda outcome: (-outcome.letters, outcome.kind))


class _Sieve:
    """Tells dead letters that are to be sent from those that are not.

    Args:
        settings: Where FLINK_HOME is.
        catalog: The tables.
        table: The table of ODS that their topic feeds.
        sql: The SQL endpoint.
        call: Calls a function where a JVM may live.
    """

    def __init__(self, settings: PipelineSettings, catalog: Catalog, table: Table, sql: SqlClient, call: Call) -> None:
        self._settings, self._catalog, self._table = settings, catalog, table
        self._sql, self._call = sql, call
        self._spec = kafka_spec(table, settings)
        self._columns = identity_columns(catalog, table)
        self._sent: set[Identity] = set()

    def sift(self, page: list[Letter], counts: defaultdict[str, Counter[str]]) -> dict[Identity, Letter]:
        """The dead letters to send by what tells their reading from others, in their order; counts all of them."""
        messages = [(letter.timestamp_ms, letter.payload) for letter in page]
        read: list[Identity | None] = self._call(parse, self._settings, self._spec, messages, self._columns)
        wanted = list({identity for identity in read if identity} - self._sent)
        there = self._sent | found_in_lake(self._catalog, self._table, self._sql, wanted)
        fresh: dict[Identity, Letter] = {}
        for letter, identity in zip(page, read, strict=True):
            if identity:
                known = identity in there or identity in fresh
                counts[letter.kind].update(["accepted", "there" if known else "sent"])
                if not known:
                    fresh[identity] = letter
        self._sent |= fresh.keys()
        return fresh


def _send(settings: PipelineSettings, producer: Any, topic: str, letters: dict[Identity, Letter]) -> None:
    """Send messages to the partition and with the time that they had, and wait until the broker has them."""
    with broker_errors(settings, f"send to topic {topic}"):
        futures = [
            # An event time is compared with the time of its message.
            producer.send(topic, one.payload, key.encode(), partition=one.partition, timestamp_ms=one.timestamp_ms)
            for (key, _), one in letters.items()
        ]
        for future in futures:
            future.get(ACKNOWLEDGE_SECONDS)


def _open_producer(settings: PipelineSettings, table: Table) -> Any:
    (topic,) = (topic for topic in TOPICS if topic.name == table.origin.name)
    with broker_errors(settings, f"send to topic {topic.name}"):
        return open_producer(settings, topic.max_message_bytes)


def _refuse_in_vain(settings: PipelineSettings, catalog: Catalog) -> None:
    if current_job(settings) is None:
        # Kafka deletes messages by their own time, which may be long ago: they must be read at once.
        raise PipelineError(
            "the pipeline does not run, so nobody would read what is sent before Kafka deletes it",
            "gridseal pipeline start",
            3,
        )
    known = load(settings) or Compiled({}, {})
    if changed := known.reads_otherwise(compiled_from(catalog)):
        raise PipelineError(
            f"the job that runs was compiled before the contract of {', '.join(changed)} changed, and would refuse the"
            " messages again",
            "gridseal pipeline restart",
            2,
        )


def _await_lake(settings: PipelineSettings, catalog: Catalog, progress: Progress) -> None:
    """Wait until every message that Kafka holds now is a row, those among them that were sent again before."""
    ends = {lag.topic: lag.ends for lag in topic_lags(settings, catalog)}
    deadline = time.monotonic() + _READ_S
    while True:
        lags = topic_lags(settings, catalog)
        waiting = sum(max(0, end - lag.offsets.get(p, 0)) for lag in lags for p, end in ends[lag.topic].items())
        produced = sum(map(sum, (end.values() for end in ends.values())))
        progress(produced - waiting, produced, "waiting for a checkpoint that covers every message")
        if not waiting:
            break
        if time.monotonic() > deadline:
            raise PipelineError(
                f"{waiting:,} messages wait to be read, after {_READ_S:.0f} s still; what was sent again among them"
                " cannot be told",
                "gridseal pipeline status",
            )
        time.sleep(0.5)
    await_checkpoint(settings)
