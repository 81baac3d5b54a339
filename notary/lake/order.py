"""Rows in the order of their key, in memory that does not grow with them."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from notary.errors import NotaryError

BYTES = 24 << 20
"""Of rows that are sorted in memory, which takes it twice; of more, sorted runs go to disk and are merged."""
_ROWS_OUT = 1 << 16
_ROWS_OF_RUN = 1 << 13
"""Rows of a batch on disk, of which one of each run is in memory."""
_WIDEST = 1 << 40
"""Numbers of a column whose order is their own, such as the microseconds of some days; others are numbered."""


def in_key_order(
    batches: Iterable[pa.RecordBatch], key: list[str], what: str, most_bytes: int = BYTES
) -> Iterator[pa.Table]:
    """Sort rows by their key: numbers and times by size, texts by their bytes, false before true.

    Args:
        batches: Rows.
        key: Columns of the key.
        what: Whose rows, for the message.
        most_bytes: How many bytes of rows are sorted in memory.

    Yields:
        Tables of rows, one after the other in order.

    Raises:
        NotaryError: Two rows have one key.
    """
    with tempfile.TemporaryDirectory(prefix="gridseal-") as folder:
        last: pa.Table | None = None
        for part in _sorted(batches, key, most_bytes, Path(folder)):
            _refuse_twins(part if last is None else pa.concat_tables([last, part]), key, what)
            last = part.slice(len(part) - 1)
            yield part


def _sorted(batches: Iterable[pa.RecordBatch], key: list[str], most_bytes: int, folder: Path) -> Iterator[pa.Table]:
    runs: list[Path] = []
    for chunk, is_last in _chunks(batches, most_bytes):
        ordered = _by_ranks(chunk, _ranks(chunk, key))
        if is_last and not runs:
            yield from _pieces([ordered])
            return
        runs.append(folder / str(len(runs)))
        with pa.OSFile(str(runs[-1]), "wb") as file, pa.ipc.new_file(file, ordered.schema) as writer:
            writer.write_table(ordered, _ROWS_OF_RUN)
        del chunk, ordered  # Before the next ones are read.
    yield from _pieces(_merged([_Run(run, key) for run in runs], key))


def _chunks(batches: Iterable[pa.RecordBatch], most_bytes: int) -> Iterator[tuple[pa.Table, bool]]:
    """Rows of some bytes together, and whether they are the last."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if size > most_bytes:
            yield pa.Table.from_batches(held), False
            held, size = [], 0
        held.append(batch)
        size += batch.nbytes
    if held:
        yield pa.Table.from_batches(held), True


def _by_ranks(table: pa.Table, ranks: NDArray[Any]) -> pa.Table:
    if (ranks[:-1] <= ranks[1:]).all():
        return table
    # Which is fast with what is sorted in parts.
    return table.combine_chunks().take(np.argsort(ranks, kind="stable"))


def _ranks(table: pa.Table, key: list[str]) -> NDArray[Any]:
    """Numbers in the order of the keys, which are faster to sort; int64[n]."""
    ranks, span = np.zeros(len(table), np.int64), 1
    for name in key:
        found, width = _column_ranks(table.column(name).combine_chunks())
        if span * width >= 1 << 62:
            values, ranks = np.unique(ranks, return_inverse=True)
            span = len(values)
        ranks, span = ranks * width + found, span * width
    return ranks


def _column_ranks(column: Any) -> tuple[NDArray[Any], int]:
    """Numbers in the order of the values, from 0 on, and how many there may be."""
    kind = column.type
    if len(column) and not column.null_count and (pa.types.is_integer(kind) or pa.types.is_temporal(kind)):
        values = np.asarray(column.cast(pa.int32()) if pa.types.is_date32(kind) else column.cast(pa.int64()))
        least, most = int(values.min()), int(values.max())
        if most - least < _WIDEST:
            return values.astype(np.int64) - least, most - least + 1
    encoded = column.dictionary_encode(null_encoding="encode")
    places = np.empty(len(encoded.dictionary), np.int64)
    places[np.asarray(pc.sort_indices(encoded.dictionary))] = np.arange(len(places))
    return places[np.asarray(encoded.indices)], max(1, len(places))


def _pieces(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Tables one after the other, as larger or smaller ones, each in one piece."""
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        for first in range(0, len(table), _ROWS_OUT):
            held.append(table.slice(first, _ROWS_OUT))
            count += len(held[-1])
            if count >= _ROWS_OUT:
                yield pa.concat_tables(held).combine_chunks()
                held, count = [], 0
    if held:
        yield pa.concat_tables(held).combine_chunks()


class _Run:
    """A sorted run on disk, read batch by batch.

    Attributes:
        head: What is left of the batch that was read last; None at the end.
        first: Key of its first row.
        last: Key of its last row.
    """

    def __init__(self, path: Path, key: list[str]) -> None:
        self._reader, self._key = pa.ipc.open_file(pa.OSFile(str(path))), key
        self._next = 0
        self.head: pa.Table | None = None
        self.advance(0)

    def advance(self, count: int) -> None:
        """Leave rows behind."""
        self.head = self.head.slice(count) if self.head is not None else None
        if not self.head and self._next < self._reader.num_record_batches:
            self.head = pa.Table.from_batches([self._reader.get_batch(self._next)])
            self._next += 1
            self.last = _values(self.head, len(self.head) - 1, self._key)
        if self.head:
            self.first = _values(self.head, 0, self._key)
        else:
            self.head = None


def _merged(runs: list[_Run], key: list[str]) -> Iterator[pa.Table]:
    """Whatever stands up to the least of the runs' last keys is complete: sort it and hand it on."""
    while there := [run for run in runs if run.head is not None]:
        least = min(run.last for run in there)
        there = [run for run in there if run.first <= least]
        heads = [run.head for run in there if run.head is not None]
        ranks = np.split(_ranks(pa.concat_tables(heads), key), np.cumsum([len(head) for head in heads])[:-1])
        bound = min(part[-1] for part in ranks)
        complete = [part[: np.searchsorted(part, bound, "right")] for part in ranks]
        parts = [head.slice(0, len(part)) for head, part in zip(heads, complete, strict=True)]
        yield _by_ranks(pa.concat_tables(parts), np.concatenate(complete))
        for run, part in zip(there, complete, strict=True):
            run.advance(len(part))


def _values(table: pa.Table, row: int, key: list[str]) -> tuple[Any, ...]:
    return tuple(table.column(name)[row].as_py() for name in key)


def _refuse_twins(table: pa.Table, key: list[str], what: str) -> None:
    upper, lower = table.slice(0, len(table) - 1), table.slice(1)
    same = None
    for name in key:
        equal = pc.equal(upper.column(name), lower.column(name))
        same = equal if same is None else pc.and_(same, equal)
    if same is not None and pc.any(same).as_py():
        row = pc.index(same, True).as_py()
        told = ", ".join(f"{name} {value!s:.80}" for name, value in zip(key, _values(table, row, key), strict=True))
        raise NotaryError(f"{what} has two rows with the key {told}; a key is unique", "gridseal check")
