"""The join of facts to the version in force at their own time: SQL for a batch, an operator for the stream."""

from collections.abc import Sequence
from dataclasses import dataclass

VIEW = "_as_of"
"""What the stream's view of a table's join is called after the table."""
LATE = "_late"
"""What the stream's view of the facts of frozen days is called after the table."""


@dataclass(frozen=True)
class AsOf:
    """What a transform joins by ``as_of(...)``; of several facts with one key and time the first counts.

    Attributes:
        facts: Append-only table of facts.
        versions: History, or table with a row for each moment (``valid_from``) at which something changed.
        key: Column that both have.
        time: Column of the facts' time.
        day: Column of the facts' day, which the horizon freezes.
        first_by: Columns of the facts by which the first is found; the first of them is the Kafka partition.
        columns: Columns of the facts that the join gives, those above among them.
        version_columns: Columns of the versions that the join gives, without ``key`` and ``valid_from``.
    """

    facts: str
    versions: str
    key: str
    time: str
    day: str
    first_by: tuple[str, ...]
    columns: tuple[str, ...]
    version_columns: tuple[str, ...]

    def batch_sql(self) -> str:
        """A subquery that gives the rows, for Flink in batch and for whoever reads the SQL."""
        given = ", ".join([*(f"r.{c}" for c in self.columns), *(f"v.{c}" for c in self.version_columns)])
        names = ", ".join((*self.columns, *self.version_columns))
        order = ", ".join(["v.valid_from DESC NULLS LAST", *(f"r.{c}" for c in self.first_by)])
        return f"""(
    SELECT {names}
    FROM (
      SELECT {given},
        ROW_NUMBER() OVER (PARTITION BY r.{self.key}, r.{self.time}, r.{self.day} ORDER BY {order}) AS rn
      FROM {self.facts} AS r
      LEFT JOIN {self.versions} AS v ON r.{self.key} = v.{self.key} AND v.valid_from <= r.{self.time})
    WHERE rn = 1)"""

    def facts_sql(self) -> str:
        """The facts' columns, for the stream."""
        return f"SELECT {', '.join(self.columns)} FROM {self.facts}"

    def versions_sql(self) -> str:
        """The versions' columns, for the stream."""
        return f"SELECT {', '.join((self.key, 'valid_from', *self.version_columns))} FROM {self.versions}"


def chosen(wanted: Sequence[str], needed: Sequence[str]) -> tuple[str, ...]:
    """The columns that are wanted and those that are needed, each once, in that order."""
    return tuple(dict.fromkeys((*wanted, *needed)))
