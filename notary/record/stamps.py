"""Time-stamps of checkpoints."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from notary.record.database import changing


@dataclass(frozen=True)
class Stamp:
    """That an authority has seen a checkpoint.

    Attributes:
        url: Of the authority.
        token: RFC 3161, DER.
        time: What the token says.
    """

    url: str
    token: bytes
    time: datetime


class Stamps:
    """The stamps of one log's checkpoints."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, size: int, stamp: Stamp) -> None:
        """Keep the stamp of the checkpoint of so many seals; the first of an authority stays."""
        with changing(self._connection):
            self._connection.execute(
                "INSERT OR IGNORE INTO stamps VALUES (?, ?, ?, ?)",
                (size, stamp.url, stamp.token, stamp.time.isoformat()),
            )

    def has(self, size: int, url: str) -> bool:
        """Whether an authority has stamped the checkpoint of so many seals."""
        row = self._connection.execute("SELECT size FROM stamps WHERE size = ? AND url = ?", (size, url)).fetchone()
        return row is not None

    def of(self, size: int) -> tuple[Stamp, ...]:
        """The stamps of the checkpoint of so many seals, oldest first."""
        rows = self._connection.execute("SELECT * FROM stamps WHERE size = ? ORDER BY stamped_at, url", (size,))
        return tuple(Stamp(row["url"], row["token"], datetime.fromisoformat(row["stamped_at"])) for row in rows)

    def lacking(self, url: str, most: int) -> list[int]:
        """Sizes of checkpoints on the chain, which proofs end in, without a stamp of an authority; newest first."""
        rows = self._connection.execute(
            "SELECT size FROM anchors WHERE evidence IS NOT NULL"
            " AND size NOT IN (SELECT size FROM stamps WHERE url = ?) ORDER BY size DESC LIMIT ?",
            (url, most),
        )
        return [int(row["size"]) for row in rows]
