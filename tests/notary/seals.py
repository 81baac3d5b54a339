"""Seals of a table that is nowhere, for tests of what becomes of them."""

import secrets

from notary.record.seals import SealLog
from notary.verify.row import Column, Schema
from notary.verify.seal import Seal
from pipelines.reading.commits import Seen

SCHEMA = Schema("dws.trial", (Column("c", "INT"),), ("c",))
_INSTANT = "20261121021500123"


def append(log: SealLog, count: int) -> None:
    """Append so many seals, each of another partition, to a log."""
    for _ in range(count):
        seal = Seal("dws.trial", f"dt={len(log)}", _INSTANT, SCHEMA.id, 1, secrets.token_bytes(32))
        log.append(seal, SCHEMA, Seen(_INSTANT, frozenset(), 0), "")
