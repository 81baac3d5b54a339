"""Rows whose salts were destroyed, why and when."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from notary.record.database import changing, now


class Forgotten:
    """What was forgotten of one lake."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, table: str, partition: str, key: Mapping[str, Any], leaves: Sequence[bytes], reason: str) -> None:
        """Write down that the salts of leaves are about to be destroyed."""
        at = now()
        with changing(self._connection):
            self._connection.executemany(
                "INSERT INTO forgotten VALUES (?, ?, ?, ?, ?, ?)",
                [(table, partition, json.dumps(key), leaf, reason, at) for leaf in leaves],
            )

    def leaves(self, table: str, partition: str) -> frozenset[bytes]:
        """Leaves of a partition whose salts were destroyed with a reason."""
        rows = self._connection.execute(
            "SELECT leaf FROM forgotten WHERE table_name = ? AND partition = ?", (table, partition)
        )
        return frozenset(row["leaf"] for row in rows)
