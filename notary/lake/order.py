"""Rows in the order of their key, in memory that does not grow with them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from notary.errors import NotaryError
from notary.lake.keys import order_of, ranks_of
from notary.lake.runs import Runs

BYTES = 24 << 20
"""Of rows that are sorted in memory; of more, sorted runs go to disk and are merged."""
_ROWS = 1 << 16
"""Rows of a table that is handed on."""


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
        NotaryError: Two rows have one key, or one has none.
    """
    with TemporaryDirectory(prefix="gridseal-") as folder:
        runs = Runs(Path(folder), key, what)
        for chunk, is_last in _chunks(_with_keys(batches, key, what), most_bytes):
            ordered = _in_order(chunk, key, what)
            if is_last and not runs:
                yield from ordered
                return
            runs.add(ordered)
        yield from _in_larger_ones(runs.merged())


def _with_keys(batches: Iterable[pa.RecordBatch], key: list[str], what: str) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for name in key:
            if batch.column(name).null_count:
                raise NotaryError(f"{what} has a row without {name}, which is part of its key", "gridseal check")
        yield batch


def _chunks(batches: Iterable[pa.RecordBatch], most_bytes: int) -> Iterator[tuple[list[Any], bool]]:
    """Rows of some bytes together, and whether they are the last; whoever takes them empties the list."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if size > most_bytes:
            yield held, False
            held, size = [], 0
        held.append(batch)
        size += batch.nbytes
    if held:
        yield held, True


def _in_order(held: list[pa.RecordBatch], key: list[str], what: str) -> Iterator[pa.Table]:
    """Rows in their order, in pieces, so that there are never two copies of all."""
    table = _in_one_piece(held)
    ranks = ranks_of(table, key)
    order = None if (ranks[:-1] < ranks[1:]).all() else order_of(table, ranks, key, what)
    for first in range(0, len(table), _ROWS):
        yield table.slice(first, _ROWS) if order is None else pc.take(table, order.slice(first, _ROWS))


def _in_one_piece(held: list[pa.RecordBatch]) -> pa.Table:
    """Batches as a table of unbroken columns, from which rows are taken faster; empties the list."""
    table = pa.Table.from_batches(held)
    held.clear()
    names, columns = table.column_names, table.columns
    del table
    for place, column in enumerate(columns):
        columns[place] = column.combine_chunks()
    return pa.Table.from_arrays(columns, names)


def _in_larger_ones(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Tables one after the other as larger ones, each in one piece."""
    held: list[pa.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += len(table)
        if count >= _ROWS:
            yield pa.concat_tables(held).combine_chunks()
            held, count = [], 0
    if held:
        yield pa.concat_tables(held).combine_chunks()
