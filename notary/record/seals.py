"""The log of seals: append-only, its tree is what is anchored."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from notary.bulk.trees import Levels, Tree
from notary.errors import NotaryError
from notary.record.database import changing
from notary.verify.hashes import EMPTY_ROOT, SIZE
from notary.verify.proof import Place, schema_from_json, schema_to_json
from notary.verify.row import Schema
from notary.verify.seal import Checkpoint, Seal
from pipelines.reading.commits import Seen


@dataclass(frozen=True)
class Sealed:
    """A seal of the log.

    Attributes:
        position: Its index in the log.
        seal: What it says.
        schema: What its rows are.
        seen: The commits that it holds.
        sealed_at: When it was made.
        leaves: File of its leaves and salts on HDFS.
    """

    position: int
    seal: Seal
    schema: Schema
    seen: Seen
    sealed_at: datetime
    leaves: str


class SealLog:
    """The log of one lake."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def origin(self) -> str:
        """Name of the lake wherever it is anchored; made at first use, at random."""
        row = self._connection.execute("SELECT origin FROM lake").fetchone()
        if row is None:
            with changing(self._connection):
                self._connection.execute(
                    "INSERT INTO lake SELECT ? WHERE NOT EXISTS (SELECT * FROM lake)",
                    (f"gridseal-{secrets.token_hex(8)}",),
                )
            row = self._connection.execute("SELECT origin FROM lake").fetchone()
        return str(row["origin"])

    @property
    def origin_id(self) -> bytes:
        """The lake as the contract knows it."""
        return Checkpoint(self.origin, 0, EMPTY_ROOT).origin_id

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM seals").fetchone()[0])

    def append(self, seal: Seal, schema: Schema, seen: Seen, leaves: str) -> Sealed:
        """Add a seal to the end of the log."""
        with changing(self._connection):
            position = len(self)
            now = datetime.now(UTC)
            self._connection.execute(
                "INSERT OR IGNORE INTO schemas VALUES (?, ?)", (schema.id, json.dumps(schema_to_json(schema)))
            )
            self._connection.execute(
                "INSERT INTO seals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    position, seal.table, seal.partition, seal.instant, schema.id, seal.rows, seal.root, seal.hash,
                    json.dumps(sorted(seen.unfinished)), seen.at_ms, now.isoformat(), leaves,
                ),
            )  # fmt: skip
        return Sealed(position, seal, schema, seen, now, leaves)

    def newest(self, table: str) -> dict[str, Sealed]:
        """The newest seal of each partition of a table."""
        return {sealed.seal.partition: sealed for sealed in self.of_table(table)}

    def of_table(self, table: str) -> Iterator[Sealed]:
        """All seals of a table, oldest first."""
        return self._select("WHERE table_name = ? ORDER BY position", table)

    def all(self) -> Iterator[Sealed]:
        """All seals, oldest first."""
        return self._select("ORDER BY position")

    def hashes(self, size: int | None = None) -> NDArray[Any]:
        """Hashes of the first seals, or of all; uint8[n, 32].

        Raises:
            NotaryError: A position is missing.
        """
        rows = self._connection.execute(
            "SELECT position, hash FROM seals ORDER BY position LIMIT ?", (-1 if size is None else size,)
        ).fetchall()
        if [row["position"] for row in rows] != list(range(len(rows) if size is None else size)):
            raise NotaryError("the log of seals has a gap; somebody has changed the notary's record", "gridseal audit")
        return np.frombuffer(b"".join(row["hash"] for row in rows), np.uint8).reshape(-1, SIZE)

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        """The log with its first seals, or with all."""
        hashes = self.hashes(size)
        return Checkpoint(self.origin, len(hashes), Tree().add(hashes).root())

    def place(self, position: int, size: int) -> Place:
        """Where a seal stands among the first ones."""
        return Place(position, tuple(Levels(self.hashes(size)).path(position)))

    def _select(self, where: str, *values: Any) -> Iterator[Sealed]:
        schemas = {
            row["id"]: schema_from_json(json.loads(row["declaration"]))
            for row in self._connection.execute("SELECT * FROM schemas")
        }
        for row in self._connection.execute(f"SELECT * FROM seals {where}", values):  # noqa: S608
            schema = schemas[row["schema_id"]]
            seal = Seal(row["table_name"], row["partition"], row["instant"], row["schema_id"], row["rows"], row["root"])
            seen = Seen(row["instant"], frozenset(json.loads(row["unfinished"])), row["seen_ms"])
            at = datetime.fromisoformat(row["sealed_at"])
            yield Sealed(row["position"], seal, schema, seen, at, row["leaves"])
