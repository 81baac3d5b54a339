"""The business database over time, from its first rows and the record of its changes."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Key = Any

SNAPSHOT = datetime(1970, 1, 1)
"""The first rows are in force since then: nobody knows since when they really are."""


class History:
    """Every state of every row. Times are UTC without a zone; the database's clock has whole seconds.

    Args:
        initial: First rows by table and key.
        feeds: Folder of the records: ``*/changes.jsonl``.
    """

    def __init__(self, initial: dict[str, dict[Key, Row]], feeds: Path) -> None:
        # Of each key: the times of its changes, and the row from then on (None: deleted).
        self._states: dict[str, dict[Key, tuple[list[datetime], list[Row | None]]]] = {
            table: {key: ([SNAPSHOT], [row]) for key, row in rows.items()} for table, rows in initial.items()
        }
        for change in sorted(_changes(feeds), key=lambda change: change["time"]):
            rows = self._states[change["table"]]
            times, states = rows.setdefault(change["key"], ([], []))
            if times and times[-1] == change["time"]:
                # Twice within one second: what stands at its end counts.
                states[-1] = change["after"]
            else:
                times.append(change["time"])
                states.append(change["after"])

    def at(self, table: str, key: Key, moment: datetime) -> Row | None:
        """The row in force at a moment; None before it appeared, after it was deleted, or without a key."""
        times, states = self._states[table].get(key, ([], []))
        position = bisect_right(times, moment)
        return states[position - 1] if position else None

    def now(self, table: str) -> dict[Key, Row]:
        """The rows after the last change."""
        return {key: states[-1] for key, (_, states) in self._states[table].items() if states[-1] is not None}

    def versions(self, table: str) -> Iterator[tuple[Key, datetime, datetime | None, Row]]:
        """Key, begin, end (None: in force) and row of every version."""
        for key, (times, states) in self._states[table].items():
            for begin, end, row in zip(times, [*times[1:], None], states, strict=True):
                if row is not None:
                    yield key, begin, end, row

    def unchanged(self, table: str) -> list[Key]:
        """Keys whose rows are the first ones still."""
        return [key for key, (times, _) in self._states[table].items() if times == [SNAPSHOT]]

    def ever(self, table: str) -> list[Key]:
        """Every key that ever was."""
        return list(self._states[table])

    def times(self, *tables: str) -> list[datetime]:
        """Every moment at which a row of the tables changed."""
        return sorted({time for table in tables for times, _ in self._states[table].values() for time in times})


def _changes(feeds: Path) -> Iterator[dict[str, Any]]:
    """The recorded changes, file after file in the order in which they were begun."""
    for file in sorted(feeds.glob("*/changes.jsonl"), key=lambda file: file.stat().st_ctime):
        for line in file.read_text("utf-8").splitlines():
            change = json.loads(line)
            time = datetime.fromisoformat(change["time"]).astimezone(UTC).replace(tzinfo=None, microsecond=0)
            yield change | {"time": time, "after": change["after"] and _typed(change["after"])}


def _typed(row: Row) -> Row:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    """A value of the record as the database's own type; the names of columns say which."""
    if value is None:
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(value).replace(tzinfo=None)
    if name.endswith("_on"):
        return date.fromisoformat(value)
    if name.endswith(("_kv", "_kw", "_price", "_charge", "_voltage")):
        return Decimal(value)
    return value
