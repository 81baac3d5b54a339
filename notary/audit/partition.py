"""A partition against its seal: which rows were changed, added or removed, and whether a commit accounts for each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from notary.bulk.leaves import LeafMaker
from notary.errors import NotaryError
from notary.lake.snapshot import Snapshot, project
from notary.record.seals import Sealed
from notary.sealing.leaf_table import LeafTable
from notary.settings import NotarySettings
from pipelines.errors import PipelineError
from pipelines.reading.commits import Commit, Commits
from pipelines.reading.snapshot import COMMIT_TIME, UnreadableError

_SEALED, _NOW = "_sealed", "_now"


class Kind(StrEnum):
    """How a row differs from what was sealed."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class Finding(StrEnum):
    """What an audit of a partition found."""

    AS_SEALED = "as sealed"
    CHANGED_SINCE = "changed since"
    """Commits after the seal account for every difference: seal it again."""
    TAMPERED = "tampered"
    """No commit accounts for a difference, or the files can no longer be read."""


@dataclass(frozen=True)
class Difference:
    """A row that is not as it was sealed.

    Attributes:
        kind: Changed, added or removed.
        key: Of the row.
        old_leaf: As sealed; None of one that was added.
        new_leaf: As it would be sealed now, with the same salt; None of one that was added or removed.
        instant: That wrote the row as it is now; empty of one that was removed.
        commit: That accounts for it; None if none does.
    """

    kind: Kind
    key: Mapping[str, Any]
    old_leaf: bytes | None
    new_leaf: bytes | None
    instant: str
    commit: Commit | None


@dataclass(frozen=True)
class Audit:
    """What an audit of a partition found.

    Attributes:
        sealed: What it was compared with.
        instant: As of which its rows were read.
        rows: How many there are.
        forgotten: How many could not be compared, since their salts were destroyed.
        differences: Rows that are not as they were sealed.
        unreadable: Why the rows could not be read; empty if they could.
    """

    sealed: Sealed
    instant: str
    rows: int
    forgotten: int
    differences: Sequence[Difference]
    unreadable: str = ""

    @property
    def finding(self) -> Finding:
        """In a word."""
        if self.unreadable or any(difference.commit is None for difference in self.differences):
            return Finding.TAMPERED
        return Finding.CHANGED_SINCE if self.differences else Finding.AS_SEALED

    def count(self, kind: Kind) -> int:
        """Rows that differ in a way."""
        return sum(difference.kind is kind for difference in self.differences)


def audit_partition(
    settings: NotarySettings,
    snapshot: Snapshot,
    commits: Commits,
    sealed: Sealed,
    forgotten: frozenset[bytes] = frozenset(),
) -> Audit:
    """Compare the rows of now with those that were sealed.

    Args:
        settings: Where the lake is.
        snapshot: Of the table.
        commits: Of the table.
        sealed: What to compare with.
        forgotten: Leaves whose salts were destroyed with a reason.

    Raises:
        NotaryError: The leaves of the seal are gone, or not its own.
        PipelineError: HDFS does not answer.
    """
    leaves = LeafTable(settings, sealed)
    later = [commit for commit in commits.after(sealed.seen) if sealed.seal.partition in commit.partitions]
    try:
        rows = list(snapshot.rows(sealed.seal.partition))
    except (NotaryError, UnreadableError) as error:
        return Audit(sealed, snapshot.instant, 0, 0, (), str(error))
    now = _table(rows, snapshot)
    before, after = _aligned(leaves, now)
    both = (before >= 0) & (after >= 0)
    if not leaves.in_order():
        return Audit(sealed, snapshot.instant, len(now), 0, (), "its rows were not sealed in the order of their keys")
    if robbed := leaves.without_salt() - forgotten:
        return Audit(
            sealed, snapshot.instant, len(now), 0, (), f"{len(robbed):,} salts were destroyed by nobody knows whom"
        )
    found, hidden = _recomputed(leaves, now, before[both], after[both])
    different = (found != leaves.leaves[before[both]]).any(axis=1) & ~hidden
    differences = [
        *_changed(leaves, now, before[both][different], after[both][different], found[different], later),
        *_added(sealed, now, after[before < 0], later),
        *_removed(settings, leaves, commits, before[after < 0], later),
    ]
    return Audit(sealed, snapshot.instant, len(now), int(hidden.sum()), differences)


def _table(batches: Sequence[pa.RecordBatch], snapshot: Snapshot) -> pa.Table:
    if batches:
        return pa.Table.from_batches(batches).combine_chunks()
    return pa.table({name: pa.array([], pa.string()) for name in [*snapshot.schema.names, COMMIT_TIME]})


def _aligned(leaves: LeafTable, now: pa.Table) -> tuple[NDArray[Any], NDArray[Any]]:
    """For each key, where its row stands in the seal and where among those of now; -1 where it does not."""
    key = list(leaves.sealed.schema.key)
    there = np.arange(len(now), dtype=np.int64)
    if not len(leaves) or not len(now):
        gone = np.arange(len(leaves), dtype=np.int64)
        nowhere = np.full(len(gone) + len(there), -1, np.int64)
        before, after = nowhere.copy(), nowhere.copy()
        before[: len(gone)], after[len(gone) :] = gone, there
        return before, after
    old = leaves.keys.append_column(_SEALED, pa.array(np.arange(len(leaves), dtype=np.int64)))
    new = now.select(key).append_column(_NOW, pa.array(there))
    joined = old.join(new.cast(pa.schema([*(old.schema.field(n) for n in key), new.schema.field(_NOW)])), key,
                      join_type="full outer")  # fmt: skip
    before, after = (np.asarray(joined.column(name).fill_null(-1)) for name in (_SEALED, _NOW))
    order = np.lexsort((after, before))
    return before[order], after[order]


def _recomputed(
    leaves: LeafTable, now: pa.Table, before: NDArray[Any], after: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Leaves of the rows of now with the salts of the seal, and which of the salts were destroyed."""
    schema, salts = leaves.sealed.schema, leaves.salts[before]
    if missing := set(schema.names) - set(now.column_names):
        raise NotaryError(
            f"{schema.table} was sealed with the column {sorted(missing)[0]}, which it no longer has",
            f"gridseal seal {schema.table}",
        )
    maker, found, first = LeafMaker(schema), [leaves.leaves[:0]], 0
    for batch in now.take(pa.array(after)).combine_chunks().to_batches():
        found.append(maker.leaves(project(batch, schema.names), salts[first : first + len(batch)]))
        first += len(batch)
    return np.concatenate(found), ~salts.any(axis=1)


def _changed(
    leaves: LeafTable,
    now: pa.Table,
    before: NDArray[Any],
    after: NDArray[Any],
    found: NDArray[Any],
    later: Sequence[Commit],
) -> Iterator[Difference]:
    instants = now.column(COMMIT_TIME)
    for place, row, leaf in zip(before.tolist(), after.tolist(), found, strict=True):
        instant = str(instants[row].as_py())
        yield Difference(
            Kind.CHANGED, leaves.key(place), leaves.leaves[place].tobytes(), leaf.tobytes(), instant,
            _of_instant(later, instant),
        )  # fmt: skip


def _added(sealed: Sealed, now: pa.Table, after: NDArray[Any], later: Sequence[Commit]) -> Iterator[Difference]:
    for row in after.tolist():
        key = {name: now.column(name)[row].as_py() for name in sealed.schema.key}
        instant = str(now.column(COMMIT_TIME)[row].as_py())
        yield Difference(Kind.ADDED, key, None, None, instant, _of_instant(later, instant))


def _removed(
    settings: NotarySettings, leaves: LeafTable, commits: Commits, before: NDArray[Any], later: Sequence[Commit]
) -> Iterator[Difference]:
    """A commit accounts for what was there, as it was sealed, at the instant of the seal."""
    there = _intact(settings, leaves, commits, before) if len(before) and later else None
    for place in before.tolist():
        commit = later[-1] if later and (there is None or place in there) else None
        yield Difference(Kind.REMOVED, leaves.key(place), leaves.leaves[place].tobytes(), None, "", commit)


def _intact(
    settings: NotarySettings, leaves: LeafTable, commits: Commits, places: NDArray[Any]
) -> frozenset[int] | None:
    """Which rows are as they were sealed, as of the instant of their seal; None if the lake no longer keeps it."""
    sealed = leaves.sealed
    if sealed.seal.instant < min((name.split(".")[0] for name, _ in commits.completed()), default=""):
        return None
    try:
        with Snapshot.open(settings, commits, sealed.seal.instant) as then:
            rows = _table(list(then.rows(sealed.seal.partition)), then)
    except (NotaryError, PipelineError):
        return frozenset()
    before, after = _aligned(leaves, rows)
    both = (before >= 0) & (after >= 0)
    found, _ = _recomputed(leaves, rows, before[both], after[both])
    same = (found == leaves.leaves[before[both]]).all(axis=1)
    return frozenset(before[both][same].tolist()) & frozenset(places.tolist())


def _of_instant(later: Sequence[Commit], instant: str) -> Commit | None:
    return next((commit for commit in later if commit.instant == instant), None)
