"""Whether tables keep what their contracts promise: that rows are there so many minutes after they happened."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.observe.checkpoint import CheckpointFigures
from pipelines.observe.topics import TopicFigures
from warehouse.catalog import Catalog
from warehouse.contract import Table


@dataclass(frozen=True)
class Delay:
    """How long what a table still lacks may have been waiting.

    The age of its last commit does not tell this: a table that nothing has changed commits nothing, and lacks nothing.

    Attributes:
        table: Its layer name.
        delay_s: Seconds; 0 if nothing is waiting.
        promised_s: What its contract promises; None if it promises nothing.
    """

    table: str
    delay_s: float
    promised_s: int | None

    @property
    def behind(self) -> bool:
        """It does not keep its promise."""
        return self.promised_s is not None and self.delay_s > self.promised_s


def delays(
    catalog: Catalog, topics: Iterable[TopicFigures], checkpoint: CheckpointFigures | None, now: float
) -> tuple[Delay, ...]:
    """The delay of every streamed table.

    Args:
        catalog: The tables.
        topics: How far the checkpoints have come in each topic.
        checkpoint: The newest one; None before the first, when no table can be judged.
        now: Seconds since 1970.
    """
    if checkpoint is None:
        return ()
    uncovered = _seconds_since(checkpoint.covers_until_ms, now)
    # Of a topic it is known what is waiting. Of the binlog it is not: all may be that the newest checkpoint does not
    # cover.
    waiting = {t.topic: _waits_s(t, uncovered, now) for t in topics}
    return tuple(
        Delay(table.name, max(_waits(table, catalog, waiting, uncovered)), _promised_s(table))
        for table in catalog
        if table.mode == "stream"
    )


def _waits(table: Table, catalog: Catalog, waiting: dict[str, float], uncovered: float) -> list[float]:
    sources = [catalog.table(name).origin for name in catalog.sources_of(table.name)]
    waits = [uncovered for source in sources if source.kind == "mysql"]
    waits += [waiting.get(source.name, 0.0) for source in sources if source.kind == "kafka"]
    if any(source.kind == "dead_letter" for source in sources):
        waits += waiting.values()
    return waits or [0.0]


def _waits_s(topic: TopicFigures, uncovered: float, now: float) -> float:
    if not topic.waiting:
        return 0.0
    return uncovered if topic.waiting_since_ms is None else _seconds_since(topic.waiting_since_ms, now)


def _seconds_since(moment_ms: int, now: float) -> float:
    return max(0.0, now - moment_ms / 1000)


def _promised_s(table: Table) -> int | None:
    return None if table.freshness_minutes is None else table.freshness_minutes * 60
