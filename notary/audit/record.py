"""What audits have found."""

import sqlite3
from datetime import datetime

from notary.audit.partition import Audit, Finding, Kind
from notary.record.database import changing, now


class Audits:
    """The audits of one lake."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, audit: Audit) -> None:
        """Write down what an audit has found."""
        with changing(self._connection):
            self._connection.execute(
                "INSERT INTO audits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    audit.sealed.seal.table, audit.sealed.seal.partition, audit.sealed.position, audit.instant,
                    audit.finding, *(audit.count(kind) for kind in Kind), now(),
                ),
            )  # fmt: skip

    def last(self) -> dict[tuple[str, str], datetime]:
        """When each partition was audited last, by table and path."""
        rows = self._connection.execute(
            "SELECT table_name, partition, max(audited_at) AS at FROM audits GROUP BY table_name, partition"
        )
        return {(row["table_name"], row["partition"]): datetime.fromisoformat(row["at"]) for row in rows}

    def tampered(self) -> set[tuple[str, str]]:
        """Table and path of the partitions in which the last audit found tampering."""
        # SQLite takes the other columns from the row that has the maximum.
        rows = self._connection.execute(
            "SELECT table_name, partition, verdict, max(audited_at) FROM audits GROUP BY table_name, partition"
        )
        return {(row["table_name"], row["partition"]) for row in rows if row["verdict"] == Finding.TAMPERED}
