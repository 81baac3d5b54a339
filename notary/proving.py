"""Proofs: a row of a sealed partition, or that a key is in none of its rows, down to the chain."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from notary.errors import NotaryError
from notary.lake.keys import has_key
from notary.lake.snapshot import Snapshot
from notary.record.checkpoints import Checkpoints
from notary.record.seals import Sealed, SealLog
from notary.sealing.leaf_table import LeafTable
from notary.settings import NotarySettings
from notary.verify.evm import EvmAnchor
from notary.verify.proof import MOST_STAMPS, Place, Proof, Shown, check
from notary.verify.row import Column, Schema, cell_hash, cell_salts, key_of, leaf
from notary.verify.seal import Checkpoint
from notary.verify.text import value_from_text
from pipelines.errors import PipelineError
from pipelines.reading.commits import Commits
from warehouse.contract import Table


def parse_key(table: Table, texts: Sequence[str]) -> dict[str, Any]:
    """A key as somebody types it: its values in the order of the contract, or each as name=value.

    Raises:
        NotaryError: A value is missing or none of its column's type.
    """
    named = dict(text.split("=", 1) for text in texts if text.split("=", 1)[0] in table.key and "=" in text)
    given = named if len(named) == len(texts) else dict(zip(table.key, texts, strict=False))
    columns = {column.name: Column(column.name, str(column.type)) for column in table.columns}
    if len(texts) != len(table.key) or given.keys() != set(table.key):
        raise NotaryError(
            f"the key of {table.name} has the columns {', '.join(table.key)}; {len(texts)} values were given",
            f"gridseal prove {table.name} {' '.join(name.upper() for name in table.key)}",
            2,
        )
    try:
        return {name: value_from_text(columns[name], given[name]) for name in table.key}
    except ValueError as error:
        raise NotaryError(str(error), f"gridseal describe {table.name}", 2) from error


def prove(
    settings: NotarySettings,
    log: SealLog,
    checkpoints: Checkpoints,
    table: Table,
    key: Mapping[str, Any],
    until: str | None = None,
    shown: Collection[str] | None = None,
) -> Proof:
    """Make the proof of a key: of its row, or that there is none.

    Args:
        settings: Where the lake is.
        log: Of the lake's seals.
        checkpoints: Of the log.
        table: Which table.
        key: Values of its key.
        until: Only seals of instants up to this one, yyyyMMddHHmmssSSS.
        shown: Columns to show of a disclosable row; None for all.

    Raises:
        NotaryError: Nothing is sealed that could hold the key, the row has changed since, or its salt was destroyed.
        PipelineError: HDFS does not answer.
    """
    leaves, index, there = _find(settings, _candidates(log, table, key, until), table, key)
    if shown is not None and not leaves.sealed.schema.disclosable:
        raise NotaryError(
            f"rows of {table.name} are sealed as a whole, single columns of them cannot be shown",
            f"customProperties: disclosable: true in {table.folder / 'contract.odcs.yaml'}, and seal it again",
            2,
        )
    places = [index] if there else [at for at in (index - 1, index) if 0 <= at < len(leaves)]
    rows = _rows(settings, table, leaves, places)
    # Of the neighbours of an absent key, nothing but their keys need be known.
    columns = shown if there else table.key
    given = tuple(_shown(leaves, at, row, columns) for at, row in zip(places, rows, strict=True))
    way = way_of(log, checkpoints, leaves.sealed)
    return _checked(leaves.sealed, way, None if there else dict(key), given)


@dataclass(frozen=True)
class Way:
    """The way from a seal to the chain, which all proofs of its rows share.

    Attributes:
        place: Of the seal in the log.
        checkpoint: Of the log.
        anchors: Where the checkpoint is written down.
        stamps: Time-stamp tokens of it.
    """

    place: Place
    checkpoint: Checkpoint
    anchors: tuple[EvmAnchor, ...]
    stamps: tuple[bytes, ...]


def way_of(log: SealLog, checkpoints: Checkpoints, sealed: Sealed) -> Way:
    """The way from a seal to the oldest checkpoint on the chain that holds it, or to the newest there is."""
    found = checkpoints.first_after(sealed.position)
    checkpoint = found.checkpoint if found else log.checkpoint()
    anchors = (found.evidence,) if found and found.evidence else ()
    stamps = tuple(stamp.token for stamp in found.stamps[:MOST_STAMPS]) if found else ()
    return Way(log.place(sealed.position, checkpoint.size), checkpoint, anchors, stamps)


def prove_row(leaves: LeafTable, way: Way, index: int, row: dict[str, Any]) -> Proof | None:
    """Make the proof of a row that is known; None if it is not the one that was sealed, or its salt was destroyed."""
    salt = leaves.salt(index)
    if salt is None or leaf(leaves.sealed.schema, salt, row) != leaves.leaves[index].tobytes():
        return None
    return _checked(leaves.sealed, way, None, (_shown(leaves, index, row, None),))


def in_words(key: Mapping[str, Any]) -> str:
    """A key as messages tell it."""
    return ", ".join(f"{name}={value!s:.80}" for name, value in key.items())


def _checked(sealed: Sealed, way: Way, absent: dict[str, Any] | None, rows: tuple[Shown, ...]) -> Proof:
    proof = Proof(sealed.schema, absent, rows, sealed.seal, way.place, way.checkpoint, way.anchors, way.stamps)
    check(proof)
    return proof


def _candidates(log: SealLog, table: Table, key: Mapping[str, Any], until: str | None) -> list[Sealed]:
    """The newest seal of each partition that may hold a key, the newest first."""
    newest: dict[str, Sealed] = {}
    for sealed in log.of_table(table.name):
        if until is None or sealed.seal.instant <= until:
            newest[sealed.seal.partition] = sealed
    if not newest:
        when = f" until {until}" if until else ""
        raise NotaryError(f"nothing of {table.name} is sealed{when}", f"gridseal seal {table.name}")
    if set(table.partition_by) <= set(key):
        path = table.partition_path(key)
        if path not in newest:
            raise NotaryError(
                f"the partition {path} of {table.name} is not sealed, which proves neither that a row is there nor that"
                " it is not",
                f"gridseal seal {table.name}; gridseal notary status",
            )
        return [newest[path]]
    return sorted(newest.values(), key=lambda sealed: sealed.position, reverse=True)


def _find(
    settings: NotarySettings, candidates: list[Sealed], table: Table, key: Mapping[str, Any]
) -> tuple[LeafTable, int, bool]:
    for sealed in candidates:
        leaves = LeafTable(settings, sealed)
        index, there = leaves.find(key)
        if there or len(candidates) == 1:
            return leaves, index, there
    raise NotaryError(
        f"no sealed partition of {table.name} has the key {in_words(key)}; that a key is in none of several partitions"
        " takes a proof for each",
        "gridseal notary status",
    )


def _rows(settings: NotarySettings, table: Table, leaves: LeafTable, places: list[int]) -> list[dict[str, Any]]:
    """The rows as they were sealed: those of now if they are the same, or those of then if they can still be read."""
    for at in places:
        if leaves.salt(at) is None:
            raise NotaryError(
                f"the salt of the row {in_words(leaves.key(at))} of {table.name} was destroyed: nothing proves it any"
                " more",
                "gridseal notary status",
            )
    commits = Commits.of(settings, table)
    for instant in dict.fromkeys(("", leaves.sealed.seal.instant)):
        try:
            with Snapshot.open(settings, commits, instant) as snapshot:
                found = _as_sealed(snapshot, leaves, places)
        except (NotaryError, PipelineError):
            if instant:
                raise
            continue
        if len(found) == len(places):
            return [found[at] for at in places]
    raise NotaryError(
        f"the row {in_words(leaves.key(places[0]))} of {table.name} is no longer as it was sealed at"
        f" {leaves.sealed.seal.instant}, and the lake no longer keeps how it was",
        f"gridseal audit {table.name}; gridseal seal {table.name}",
    )


def _as_sealed(snapshot: Snapshot, leaves: LeafTable, places: list[int]) -> dict[int, dict[str, Any]]:
    """By their places, rows of a snapshot that are those that were sealed."""
    schema, found = leaves.sealed.schema, dict[int, dict[str, Any]]()
    if snapshot.schema != schema:
        return found
    keys = {at: leaves.key(at) for at in places}
    for batch in snapshot.batches(leaves.sealed.seal.partition):
        if len(found) == len(places):
            break
        for at in keys.keys() - found.keys():
            for row in _matching(batch, schema, keys[at]):
                if leaf(schema, leaves.salt(at) or b"", row) == leaves.leaves[at].tobytes():
                    found[at] = row
    return found


def _matching(batch: pa.RecordBatch, schema: Schema, key: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = pa.Table.from_batches([batch])
    found = rows.filter(has_key(rows, key)).select(schema.names).to_pylist()
    return [row for row in found if key_of(schema, row) == key_of(schema, key)]


def _shown(leaves: LeafTable, at: int, row: dict[str, Any], shown: Collection[str] | None) -> Shown:
    schema, salt = leaves.sealed.schema, leaves.salt(at) or b""
    if not schema.disclosable:
        return Shown(row, (salt,), leaves.place(at))
    wanted = set(schema.names if shown is None else shown)
    if unknown := sorted(wanted - set(schema.names)):
        raise NotaryError(
            f"{schema.table} has no column {unknown[0]}; allowed: {', '.join(schema.names)}",
            f"gridseal describe {schema.table}",
            2,
        )
    salts = [
        own if column.name in wanted else cell_hash(schema, own, column, row[column.name])
        for own, column in zip(cell_salts(schema, salt), schema.columns, strict=True)
    ]
    return Shown({name: value for name, value in row.items() if name in wanted}, tuple(salts), leaves.place(at))
