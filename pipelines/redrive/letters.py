"""Dead letters as ods.dead_letter holds them, read page by page in the order in which Kafka had them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from pipelines.batch.days import Days
from pipelines.observe.dead_letters import kind_case
from pipelines.sql.client import SqlClient
from warehouse.contract import Table

# A page is held in memory twice, here and in Spark; a message has 65,536 bytes at most unless a contract says more.
_PAGE = 5000


class Letter(NamedTuple):
    """One dead letter; ``kind`` is that of the reason for which it was refused."""

    partition: int
    offset: int
    timestamp_ms: int
    payload: bytes
    kind: str


@dataclass(frozen=True)
class Selection:
    """Which dead letters of a topic are meant.

    Attributes:
        letters: Table that holds them.
        topic: The topic.
        days: Days on which they came; None for all.
        kind: Kind of their reason; empty for all.
    """

    letters: Table
    topic: str
    days: Days | None = None
    kind: str = ""

    def counts(self, sql: SqlClient) -> list[tuple[str, str, int]]:
        """Day, kind and number of the dead letters.

        Raises:
            PipelineError: The SQL endpoint does not answer.
        """
        rows = sql.query(f"SELECT dt, {kind_case()} AS kind, COUNT(*) FROM {self._where()} GROUP BY 1, 2").rows
        return [(day, kind, int(count)) for day, kind, count in rows if kind == (self.kind or kind)]

    def pages(self, sql: SqlClient, day: str, max_bytes: int) -> Iterator[list[Letter]]:
        """The dead letters of a day whose bytes may be read, some thousand at a time.

        One that came without a time is left out: sent again it would have another one, by which it is judged.

        Args:
            sql: The SQL endpoint.
            day: yyyy-MM-dd.
            max_bytes: A longer message is refused whatever it says, and left out.

        Raises:
            PipelineError: The SQL endpoint does not answer.
        """
        partition, offset = -1, -1
        while page := self._page(sql, day, max_bytes, partition, offset):
            yield page
            partition, offset = page[-1].partition, page[-1].offset

    def _page(self, sql: SqlClient, day: str, max_bytes: int, partition: int, offset: int) -> list[Letter]:
        kind = f" WHERE kind = '{self.kind}'" if self.kind else ""
        rows = sql.query(
            "SELECT kafka_partition, kafka_offset, kafka_timestamp, payload, kind"
            f" FROM (SELECT *, {kind_case()} AS kind FROM {self._where()}"
            f" AND dt = '{day}' AND OCTET_LENGTH(payload) <= {max_bytes} AND kafka_timestamp IS NOT NULL"
            f" AND (kafka_partition > {partition} OR kafka_partition = {partition} AND kafka_offset > {offset})){kind}"
            f" ORDER BY kafka_partition, kafka_offset LIMIT {_PAGE}"
        ).rows
        return [Letter(int(p), int(o), _milliseconds(at), bytes(payload), kind) for p, o, at, payload, kind in rows]

    def _where(self) -> str:
        days = f" AND {self.days.condition('dt')}" if self.days else ""
        return f"{self.letters.name} WHERE topic = '{self.topic}'{days}"


def _milliseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)
