"""Rows in the order of their key, in memory that does not grow with them."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from notary.errors import NotaryError

ROWS = 1 << 20
"""Rows that are sorted in memory; of more, sorted runs go to disk and are merged."""
_ROWS_OUT = 1 << 16


def in_key_order(batches: Iterable[pa.RecordBatch], key: list[str], what: str, rows: int = ROWS) -> Iterator[pa.Table]:
    """Sort rows by their key: numbers and times by size, texts by their bytes, false before true.

    Args:
        batches: Rows.
        key: Columns of the key.
        what: Whose rows, for the message.
        rows: How many are sorted in memory.

    Yields:
        Tables of rows, one after the other in order.

    Raises:
        NotaryError: Two rows have one key.
    """
    with tempfile.TemporaryDirectory(prefix="gridseal-") as folder:
        last: pa.Table | None = None
        for part in _sorted(batches, key, rows, Path(folder)):
            _refuse_twins(part if last is None else pa.concat_tables([last, part]), key, what)
            last = part.slice(len(part) - 1)
            yield part


def _sorted(batches: Iterable[pa.RecordBatch], key: list[str], rows: int, folder: Path) -> Iterator[pa.Table]:
    runs: list[Path] = []
    for chunk in _chunks(batches, rows):
        ordered = _by_key(chunk, key)
        if not runs and len(chunk) < rows:
            yield from _slices(ordered)
            return
        runs.append(folder / str(len(runs)))
        with pa.OSFile(str(runs[-1]), "wb") as file, pa.ipc.new_file(file, ordered.schema) as writer:
            writer.write_table(ordered, _ROWS_OUT)
    yield from _merged([_Run(run) for run in runs], key)


def _chunks(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += len(batch)
        if count >= rows:
            yield pa.Table.from_batches(held)
            held, count = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _by_key(table: pa.Table, key: list[str]) -> pa.Table:
    order = pc.sort_indices(table.select(key), [(name, "ascending") for name in key])
    return table.take(order).combine_chunks()


def _slices(table: pa.Table) -> Iterator[pa.Table]:
    for first in range(0, len(table), _ROWS_OUT):
        yield table.slice(first, _ROWS_OUT)


class _Run:
    """A sorted run on disk, read batch by batch."""

    def __init__(self, path: Path) -> None:
        self._reader = pa.ipc.open_file(pa.memory_map(str(path)))
        self._next = 0
        self.head: pa.Table | None = None
        self.advance(None)

    def advance(self, rest: pa.Table | None) -> None:
        """Go on with what is left of a batch, or with the next one."""
        if rest is not None and len(rest):
            self.head = rest
        elif self._next < self._reader.num_record_batches:
            self.head = pa.Table.from_batches([self._reader.get_batch(self._next)])
            self._next += 1
        else:
            self.head = None


def _merged(runs: list[_Run], key: list[str]) -> Iterator[pa.Table]:
    """Whatever stands up to the least of the runs' last keys is complete: sort it and hand it on."""
    while heads := [run for run in runs if run.head is not None]:
        tables = [run.head for run in heads if run.head is not None]
        lasts = pa.concat_tables([table.slice(len(table) - 1) for table in tables])
        least = _by_key(lasts, key).slice(0, 1)
        parts = []
        for run, table in zip(heads, tables, strict=True):
            count = _up_to(table, least, key)
            parts.append(table.slice(0, count))
            run.advance(table.slice(count))
        yield from _slices(_by_key(pa.concat_tables(parts), key))


def _up_to(table: pa.Table, bound: pa.Table, key: list[str]) -> int:
    """How many rows of a sorted table stand at or before a row."""
    low, high = 0, len(table)
    limit = _values(bound, 0, key)
    while low < high:
        middle = (low + high) // 2
        if _values(table, middle, key) <= limit:
            low = middle + 1
        else:
            high = middle
    return low


def _values(table: pa.Table, row: int, key: list[str]) -> tuple[object, ...]:
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
