"""The notary at work: its settings, its record, and the chain once it is asked for."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notary.audit.record import Audits
from notary.record.checkpoints import Checkpoints
from notary.record.database import alone, open_database
from notary.record.forgotten import Forgotten
from notary.record.seals import SealLog
from notary.settings import NotarySettings
from warehouse.catalog import Catalog

if TYPE_CHECKING:
    from notary.anchors import Anchor
    from notary.chain.anchor import Anchorage


@dataclass(frozen=True)
class Office:
    """What every command of the notary works with.

    Attributes:
        settings: Where the lake and the chain are.
        catalog: The tables.
        log: Of the lake's seals.
        checkpoints: Of the log.
        audits: What audits have found.
        forgotten: Rows whose salts were destroyed.
        connection: To the record.
        keep: Returns once the node of the chain can no longer lose a block of this number.
        deploys: Whether to make the contract where there is none, once something is anchored.
    """

    settings: NotarySettings
    catalog: Catalog
    log: SealLog
    checkpoints: Checkpoints
    audits: Audits
    forgotten: Forgotten
    connection: sqlite3.Connection
    keep: Callable[[int], None]
    deploys: bool

    @property
    def contract(self) -> str | None:
        """Address of the contract as set or as known; None before it is made."""
        return self.anchorage().contract

    def anchorage(self) -> "Anchorage":
        """The contract on the chain, which is asked nothing yet."""
        from notary.chain.anchor import Anchorage

        return Anchorage(self.settings, self.connection, self.log, self.keep, self.deploys)

    def anchors(self) -> "list[Anchor]":
        """Wherever checkpoints are brought to: the chain, and a time-stamp authority if one is set."""
        found: list[Anchor] = [self.anchorage()]
        if self.settings.timestamp_url:
            from notary.timestamp.authority import Authority

            found.append(Authority(self.settings, self.connection, self.log))
        return found

    def alone(self, waiting: Callable[[], None]) -> AbstractContextManager[None]:
        """Be the only run that seals, anchors or forgets."""
        return alone(self.settings, waiting)


@contextmanager
def open_office(
    settings: NotarySettings,
    catalog: Catalog,
    keep: Callable[[int], None] = lambda _: None,
    deploys: bool = False,
) -> Iterator[Office]:
    """Open the record.

    Raises:
        NotaryError: It cannot be used.
    """
    with open_database(settings) as connection:
        log = SealLog(connection)
        yield Office(
            settings,
            catalog,
            log,
            Checkpoints(connection, log),
            Audits(connection),
            Forgotten(connection),
            connection,
            keep,
            deploys,
        )
