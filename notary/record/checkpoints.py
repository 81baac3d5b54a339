"""Checkpoints of the log, and how far each has come."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notary.record.database import changing, now
from notary.record.seals import SealLog
from notary.record.stamps import Stamp, Stamps
from notary.verify.evm import EvmAnchor, anchor_from_json, anchor_to_json
from notary.verify.seal import Checkpoint


class State(StrEnum):
    """How far a checkpoint has come; it may fall back until it is finalized."""

    PENDING = "pending"
    MINED = "mined"
    SAFE = "safe"
    FINALIZED = "finalized"
    SUPERSEDED = "superseded"
    """A later one was anchored before this one was seen to be final."""


@dataclass(frozen=True)
class Anchored:
    """A checkpoint and how far it has come.

    Attributes:
        checkpoint: Of the log.
        made_at: When.
        state: How far it has come.
        evidence: What proves it, once it is finalized.
        stamps: Of time-stamp authorities, oldest first.
    """

    checkpoint: Checkpoint
    made_at: datetime
    state: State
    evidence: EvmAnchor | None
    stamps: tuple[Stamp, ...]


class Checkpoints:
    """The checkpoints of one log."""

    def __init__(self, connection: sqlite3.Connection, log: SealLog) -> None:
        self._connection, self._log, self._stamps = connection, log, Stamps(connection)

    def make(self) -> Anchored | None:
        """The checkpoint of the whole log, made unless it is there; None while the log is empty."""
        if not len(self._log):
            return None
        checkpoint = self._log.checkpoint()
        with changing(self._connection):
            self._connection.execute(
                "INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?)", (checkpoint.size, checkpoint.root, now())
            )
            self._connection.execute(
                "INSERT OR IGNORE INTO anchors VALUES (?, ?, NULL, ?)", (checkpoint.size, State.PENDING, now())
            )
        return self.newest()

    def newest(self) -> Anchored | None:
        """The newest checkpoint; None before the first."""
        return next(iter(self.all()), None)

    def all(self) -> list[Anchored]:
        """All checkpoints, newest first."""
        return [
            Anchored(
                Checkpoint(self._log.origin, row["size"], row["root"]),
                datetime.fromisoformat(row["made_at"]),
                State(row["state"]),
                anchor_from_json(json.loads(row["evidence"])) if row["evidence"] else None,
                self._stamps.of(row["size"]),
            )
            for row in self._connection.execute(
                "SELECT * FROM checkpoints JOIN anchors USING (size) ORDER BY size DESC"
            )
        ]

    def first_after(self, position: int) -> Anchored | None:
        """The oldest checkpoint that holds a seal and is anchored; the newest one that holds it if none is."""
        return first_after(self.all(), position)

    def set_state(self, size: int, state: State, evidence: EvmAnchor | None = None) -> None:
        """Say how far a checkpoint has come; those before one that is finalized need no more."""
        text = json.dumps(anchor_to_json(evidence)) if evidence else None
        with changing(self._connection):
            self._connection.execute(
                "UPDATE anchors SET state = ?, evidence = ?, updated_at = ? WHERE size = ?", (state, text, now(), size)
            )
            if state is State.FINALIZED:
                self._connection.execute(
                    "UPDATE anchors SET state = ? WHERE size < ? AND evidence IS NULL", (State.SUPERSEDED, size)
                )


def first_after(checkpoints: Sequence[Anchored], position: int) -> Anchored | None:
    """Of checkpoints, the newest first, what ``Checkpoints.first_after`` says of them."""
    holding = [one for one in checkpoints if one.checkpoint.size > position]
    anchored = [one for one in holding if one.evidence]
    return anchored[-1] if anchored else next(iter(holding), None)
