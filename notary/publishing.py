"""The notary's record as tables of the lake, for those who ask by SQL: ads.seal_register and ads.audit_status."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from notary.record.checkpoints import Anchored, Checkpoints, State
from notary.record.database import changing, open_database
from notary.record.seals import Sealed, SealLog
from notary.settings import NotarySettings
from notary.verify.evm import parse_header
from pipelines.batch.services import spark_failures
from pipelines.batch.spark import Made, replace_rows
from pipelines.sql.session import Tables, open_session
from pipelines.streaming.lock import writing
from warehouse.catalog import Catalog
from warehouse.contract import Table

REGISTER, AUDITS = "ads.seal_register", "ads.audit_status"

Rows = Sequence[Mapping[str, Any]]


def publish(settings: NotarySettings, catalog: Catalog) -> list[Made]:
    """Write the days of both tables of which something has changed in the record since they were written.

    Runs in a process of its own, as it starts Spark.

    Raises:
        NotaryError: The record cannot be used.
        PipelineError: Another run writes one of the tables, or Spark fails.
    """
    tables = [catalog.table(REGISTER), catalog.table(AUDITS)]
    with open_database(settings) as connection, writing(settings, tables), spark_failures(settings):
        session = open_session(settings)
        known = Tables(session, catalog, settings)
        made = []
        for table, rows in zip(tables, (_seals(connection), _audits(connection)), strict=True):
            days = _days(rows)
            digests = {day: _digest(of_day) for day, of_day in days.items()}
            before = _written(connection, table) if known.written(table) else {}
            changed = sorted(day for day, digest in digests.items() if before.get(day) != digest)
            if not changed:
                continue
            values = [tuple(row[name] for name in table.column_names) for day in changed for row in days[day]]
            ddl = ", ".join(f"`{column.name}` {column.type.spark}" for column in table.columns)
            frame = session.createDataFrame(values, ddl)
            made.append(replace_rows(session, known, table, frame, changed, None))
            with changing(connection):
                connection.executemany(
                    "INSERT OR REPLACE INTO published VALUES (?, ?, ?)",
                    [(table.name, day, digests[day]) for day in changed],
                )
        return made


def _seals(connection: Any) -> Rows:
    log = SealLog(connection)
    checkpoints = sorted(Checkpoints(connection, log).all(), key=lambda one: one.checkpoint.size)
    anchored = [one for one in checkpoints if one.evidence]
    return [register_line(sealed, _holding(anchored, sealed) or _holding(checkpoints, sealed)) for sealed in log.all()]


def _holding(checkpoints: Sequence[Anchored], sealed: Sealed) -> Anchored | None:
    return next((one for one in checkpoints if one.checkpoint.size > sealed.position), None)


def register_line(sealed: Sealed, held: Anchored | None) -> Mapping[str, Any]:
    """What ``ads.seal_register`` says of a seal.

    Args:
        sealed: The seal.
        held: The checkpoint that holds it; None if there is none yet.
    """
    evidence = held.evidence if held else None
    block = parse_header(evidence.header) if evidence else None
    return {
        "position": sealed.position,
        "dt": sealed.sealed_at.date().isoformat(),
        "table_name": sealed.seal.table,
        "partition_path": sealed.seal.partition,
        "instant": sealed.seal.instant,
        "sealed_at": sealed.sealed_at,
        "row_count": sealed.seal.rows,
        "root": sealed.seal.root.hex(),
        "seal_hash": sealed.seal.hash.hex(),
        "checkpoint_size": held.checkpoint.size if held else None,
        "checkpoint_root": held.checkpoint.root.hex() if held else None,
        "state": str(held.state if held else State.PENDING),
        "chain_id": evidence.chain_id if evidence else None,
        "contract": f"0x{evidence.contract.hex()}" if evidence else None,
        "block": block.number if block else None,
        "block_hash": block.hash.hex() if block else None,
        "block_time": datetime.fromtimestamp(block.timestamp, UTC) if block else None,
    }


def _audits(connection: Any) -> Rows:
    found = []
    for row in connection.execute("SELECT * FROM audits ORDER BY audited_at"):
        at = datetime.fromisoformat(row["audited_at"])
        found.append(
            {
                "table_name": row["table_name"],
                "partition_path": row["partition"],
                "audited_at": at,
                "dt": at.date().isoformat(),
                "position": row["position"],
                "instant": row["instant"],
                "finding": row["verdict"],
                "changed": row["changed"],
                "added": row["added"],
                "removed": row["removed"],
            }
        )
    return found


def _days(rows: Rows) -> dict[str, list[Mapping[str, Any]]]:
    days: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        days.setdefault(row["dt"], []).append(row)
    return days


def _digest(rows: Rows) -> str:
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()


def _written(connection: Any, table: Table) -> dict[str, str]:
    rows = connection.execute("SELECT dt, digest FROM published WHERE table_name = ?", (table.name,))
    return {row["dt"]: row["digest"] for row in rows}
