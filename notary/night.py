"""The nightly run: seal what has changed, anchor, and audit a share of all partitions, so that each has its turn."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from notary.anchors import Tell, anchor_newest
from notary.audit.partition import Audit
from notary.audit.run import audit_partitions, check_record
from notary.office import Office
from notary.record.checkpoints import Anchored, first_after
from notary.record.database import changing, now
from notary.record.seals import Sealed
from notary.sealing.seal import Outcome, seal_tables
from pipelines.observe.files import Progress


@dataclass(frozen=True)
class Night:
    """What a nightly run has done.

    Attributes:
        outcomes: Of the partitions that were due; empty if the night had been sealed before.
        anchored: The checkpoint that holds the night's seals, and how far it has come; None while nothing is sealed.
        held: Whether every anchor holds it for good.
        audits: Of the partitions whose turn it was.
    """

    outcomes: Sequence[Outcome]
    anchored: Anchored | None
    held: bool
    audits: Sequence[Audit]


def notarize(office: Office, night: date, wait_s: float, tell: Tell, progress: Progress) -> Night:
    """Do a night's work, or what is left of it: a night that is sealed is not sealed again.

    Args:
        office: The notary at work.
        night: Which night; any number of runs make one checkpoint of it.
        wait_s: Seconds to wait until the checkpoint is final.
        tell: Told what goes on.
        progress: Told how far it has come.

    Raises:
        NotaryError: The record is not whole, the chain does not answer or holds another log, leaves are gone.
        PipelineError: HDFS does not answer.
    """
    check_record(office.log, office.checkpoints)
    nights, outcomes = Nights(office.connection), list[Outcome]()
    if not nights.sealed(night):
        outcomes = seal_tables(office.settings, office.log, list(office.catalog), progress=progress)
        if not any(outcome.error for outcome in outcomes):
            nights.add(night, len(office.log))
    anchored, held = anchor_newest(office.checkpoints, office.anchors(), wait_s, tell)
    share = due_for_audit(office)
    audits = audit_partitions(office.settings, office.catalog, office.audits, office.forgotten, share, progress)
    return Night(outcomes, anchored, held, audits)


def due_for_audit(office: Office) -> list[Sealed]:
    """The partitions that were audited longest ago, so many that each has its turn within the set number of nights."""
    newest = [sealed for table in office.catalog for sealed in office.log.newest(table.name).values()]
    last = office.audits.last()
    share = -(-len(newest) // office.settings.audit_nights)

    def age(sealed: Sealed) -> tuple[datetime, int]:
        place = (sealed.seal.table, sealed.seal.partition)
        return last.get(place, datetime.min.replace(tzinfo=UTC)), sealed.position

    return sorted(newest, key=age)[:share]


@dataclass(frozen=True)
class Sealing:
    """A night that has been sealed.

    Attributes:
        night: Which.
        sealed_at: When its seals were complete.
        anchored: The oldest checkpoint that holds them and is anchored, else the newest that holds them; None before
            the first, and while nothing is sealed.
    """

    night: date
    sealed_at: datetime
    anchored: Anchored | None

    @property
    def final(self) -> bool:
        """Nobody can take its checkpoint back."""
        return bool(self.anchored and self.anchored.evidence)


class Nights:
    """Which nights have been sealed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, night: date, size: int) -> None:
        """A night is sealed."""
        with changing(self._connection):
            self._connection.execute(
                "INSERT OR IGNORE INTO nights VALUES (?, ?, ?)",
                (night.isoformat(), size, now()),
            )

    def sealed(self, night: date) -> bool:
        """Whether a night is."""
        row = self._connection.execute("SELECT size FROM nights WHERE night = ?", (night.isoformat(),)).fetchone()
        return row is not None

    def all(self, checkpoints: Sequence[Anchored]) -> list[Sealing]:
        """The nights that have been sealed, the newest first.

        Args:
            checkpoints: All of the log, the newest first.
        """
        return [
            Sealing(
                date.fromisoformat(row["night"]),
                datetime.fromisoformat(row["sealed_at"]),
                first_after(checkpoints, row["size"] - 1),
            )
            for row in self._connection.execute("SELECT * FROM nights ORDER BY night DESC")
        ]


def missing(nights: Sequence[Sealing], today: date) -> list[date]:
    """The nights since the first one, up to the one before today, that nobody has sealed."""
    sealed = {one.night for one in nights}
    first = min(sealed, default=today)
    every = (first + timedelta(days=number) for number in range((today - first).days))
    return [night for night in every if night not in sealed]
