"""The nightly run: seal what has changed, anchor, and audit a share of all partitions, so that each has its turn."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notary.anchors import Tell, anchor_newest
from notary.audit.partition import Audit
from notary.audit.run import audit_partitions, check_record
from notary.errors import NotaryError
from notary.office import Office
from notary.record.checkpoints import Anchored, Checkpoints, first_after
from notary.record.database import changing, now, open_database, record_file
from notary.record.seals import Sealed, SealLog
from notary.sealing.seal import Outcome, seal_tables
from notary.settings import NotarySettings
from pipelines.observe.files import Progress

_DUE = timedelta(hours=12)
"""A night is to be sealed by noon, on the grid's clock, after its day."""


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

    Nights before it that nobody has sealed are sealed with it, since its seals hold what theirs would have held; when
    that was stays on record.

    Args:
        office: The notary at work.
        night: Which night; any number of runs make one checkpoint of it.
        wait_s: Seconds to wait until the checkpoint is final.
        tell: Told what goes on.
        progress: Told how far it has come.

    Raises:
        NotaryError: The day has not ended, the record is not whole, the chain does not answer or holds another log,
            leaves are gone.
        PipelineError: HDFS does not answer.
    """
    zone = ZoneInfo(office.settings.grid_timezone)
    refuse_unended(night, zone)
    check_record(office.log, office.checkpoints)
    nights, outcomes = Nights(office.connection, zone), list[Outcome]()
    if not nights.sealed(night):
        outcomes = seal_tables(office.settings, office.log, list(office.catalog), progress=progress)
        if not any(outcome.error for outcome in outcomes):
            for one in (*missing(nights.all([]), night), night):
                nights.add(one, len(office.log))
    anchored, held = anchor_newest(office.checkpoints, office.anchors(), wait_s, tell)
    share = due_for_audit(office)
    audits = audit_partitions(office.settings, office.catalog, office.audits, office.forgotten, share, progress)
    return Night(outcomes, anchored, held, audits)


def due_for_audit(office: Office) -> list[Sealed]:
    """Which partitions are audited in a night.

    Those in which the last audit found tampering, so that no later run passes over it; and those that were audited
    longest ago, so many that each has its turn within the set number of nights.
    """
    newest = [sealed for table in office.catalog for sealed in office.log.newest(table.name).values()]
    last, tampered = office.audits.last(), office.audits.tampered()
    share = -(-len(newest) // office.settings.audit_nights)

    def place(sealed: Sealed) -> tuple[str, str]:
        return sealed.seal.table, sealed.seal.partition

    def age(sealed: Sealed) -> tuple[datetime, int]:
        return last.get(place(sealed), datetime.min.replace(tzinfo=UTC)), sealed.position

    suspicious = [sealed for sealed in newest if place(sealed) in tampered]
    others = sorted((sealed for sealed in newest if place(sealed) not in tampered), key=age)
    return suspicious + others[:share]


@dataclass(frozen=True)
class Sealing:
    """A night that has been sealed.

    Attributes:
        night: Which.
        sealed_at: When its seals were complete.
        late: It was due before.
        anchored: The oldest checkpoint that holds them and is anchored, else the newest that holds them; None before
            the first, and while nothing is sealed.
    """

    night: date
    sealed_at: datetime
    late: bool
    anchored: Anchored | None

    @property
    def final(self) -> bool:
        """Nobody can take its checkpoint back."""
        return bool(self.anchored and self.anchored.evidence)


class Nights:
    """Which nights have been sealed.

    Args:
        connection: To the record.
        zone: Of the grid, whose days they are.
    """

    def __init__(self, connection: sqlite3.Connection, zone: ZoneInfo) -> None:
        self._connection, self._zone = connection, zone

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
        found = []
        for row in self._connection.execute("SELECT * FROM nights ORDER BY night DESC"):
            night, sealed_at = date.fromisoformat(row["night"]), datetime.fromisoformat(row["sealed_at"])
            late = sealed_at > due(night, self._zone)
            found.append(Sealing(night, sealed_at, late, first_after(checkpoints, row["size"] - 1)))
        return found


def due(night: date, zone: ZoneInfo) -> datetime:
    """By when a night is to be sealed."""
    return datetime.combine(night + timedelta(days=1), time(), zone) + _DUE


def last_due(moment: datetime, zone: ZoneInfo) -> date:
    """The newest night that is to be sealed by then."""
    return last_ended(moment.astimezone(zone) - _DUE, zone)


def last_ended(moment: datetime, zone: ZoneInfo) -> date:
    """The newest day that is over by then."""
    return moment.astimezone(zone).date() - timedelta(days=1)


def refuse_unended(night: date, zone: ZoneInfo) -> None:
    """Refuse a night whose day is not over: sealed too early, nobody would seal the rest of it.

    Raises:
        NotaryError: It is not.
    """
    last = last_ended(datetime.now(UTC), zone)
    if night > last:
        raise NotaryError(
            f"the day of {night} has not ended in {zone}; the last night that can be sealed is that of {last}",
            f"gridseal notarize --night {last}",
            exit_code=2,
        )


def missing(nights: Sequence[Sealing], end: date) -> list[date]:
    """The nights before `end` that nobody has sealed, since the first that somebody did: before it, nobody meant to."""
    if not nights:
        return []
    sealed, first = {one.night for one in nights}, min(nights, key=lambda one: one.sealed_at).night
    every = (first + timedelta(days=number) for number in range((end - first).days))
    return [night for night in every if night not in sealed]


@dataclass(frozen=True)
class NightFigures:
    """How the nightly anchoring goes on.

    Attributes:
        nights: That have been sealed, the newest first.
        missing: Nights that are due and that nobody has sealed, the oldest first.
    """

    nights: Sequence[Sealing]
    missing: Sequence[date]

    @property
    def last_final(self) -> Sealing | None:
        """The newest night that is final."""
        return next((one for one in self.nights if one.final), None)

    @property
    def late(self) -> list[date]:
        """Nights that were sealed after they were due, the newest first."""
        return [one.night for one in self.nights if one.late]

    @property
    def pending(self) -> list[date]:
        """Nights that are sealed and not final yet, the newest first."""
        return [one.night for one in self.nights if not one.final]


def night_figures(
    connection: sqlite3.Connection, checkpoints: Sequence[Anchored], moment: datetime, zone: ZoneInfo
) -> NightFigures:
    """How the nightly anchoring goes on, from the record alone: nobody is asked.

    Args:
        connection: To the record.
        checkpoints: All of its log, the newest first.
        moment: Now.
        zone: Of the grid.
    """
    nights = Nights(connection, zone).all(checkpoints)
    return NightFigures(nights, missing(nights, last_due(moment, zone) + timedelta(days=1)))


def watch_nights(settings: NotarySettings, moment: datetime) -> NightFigures:
    """The same of a lake that may have no record yet, of which none is made.

    Raises:
        NotaryError: The record cannot be read.
    """
    if not record_file(settings).exists():
        return NightFigures((), ())
    with open_database(settings) as connection:
        checkpoints = Checkpoints(connection, SealLog(connection)).all()
        return night_figures(connection, checkpoints, moment, ZoneInfo(settings.grid_timezone))
