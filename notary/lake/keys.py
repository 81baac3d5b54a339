"""Keys of rows: whether they stand in order, and numbers in their order, which are faster to sort."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from notary.errors import NotaryError

_WIDEST = 1 << 40
"""Numbers of a column whose order is their own, such as the microseconds of some days; others are numbered."""


def has_key(rows: pa.Table, key: Mapping[str, Any]) -> Any:
    """For each row, whether it has a key."""
    equal = (pc.equal(rows.column(name), pa.scalar(value, rows.schema.field(name).type)) for name, value in key.items())
    return reduce(pc.and_, equal)


def is_in_order(rows: pa.RecordBatch, key: list[str], last: pa.RecordBatch | None = None) -> bool:
    """Whether rows stand in the order of their keys and none has that of another.

    Args:
        rows: Some.
        key: Columns of the key.
        last: The one row before the first; None if there is none.
    """
    if any(rows.column(name).null_count for name in key):
        return False
    if last is not None and not values_of(last, 0, key) < values_of(rows, 0, key):
        return False
    upper, lower = rows.slice(0, len(rows) - 1), rows.slice(1)
    *before, least = key
    ascends = pc.less(upper.column(least), lower.column(least))
    for name in reversed(before):
        above, below = upper.column(name), lower.column(name)
        ascends = pc.or_(pc.less(above, below), pc.and_(pc.equal(above, below), ascends))
    return bool(pc.all(ascends, min_count=0).as_py())


def ranks_of(rows: pa.Table, key: list[str]) -> NDArray[Any]:
    """For each row, a number in the order of the keys, and one for equal keys; int64[n]."""
    ranks, span = np.zeros(len(rows), np.int64), 1
    for name in key:
        found, width = _column_ranks(rows.column(name).combine_chunks())
        if span * width >= 1 << 62:
            values, ranks = np.unique(ranks, return_inverse=True)
            span = len(values)
        ranks, span = ranks * width + found, span * width
    return ranks


def values_of(rows: pa.Table | pa.RecordBatch, row: int, key: list[str]) -> tuple[Any, ...]:
    """Key of a row."""
    return tuple(rows.column(name)[row].as_py() for name in key)


def order_of(rows: pa.Table, ranks: NDArray[Any], key: list[str], what: str) -> pa.Int64Array:
    """Where the rows stand, in the order of their ranks.

    Raises:
        NotaryError: Two rows have one key.
    """
    order = np.argsort(ranks, kind="stable")
    ordered = ranks[order]
    if len(twins := np.flatnonzero(ordered[:-1] == ordered[1:])):
        values = values_of(rows, int(order[twins[0]]), key)
        told = ", ".join(f"{name} {value!s:.80}" for name, value in zip(key, values, strict=True))
        raise NotaryError(f"{what} has two rows with the key {told}; a key is unique", "gridseal check")
    return pa.Array.from_buffers(pa.int64(), len(order), [None, pa.py_buffer(order)])


def _column_ranks(column: Any) -> tuple[NDArray[Any], int]:
    """Numbers in the order of the values, from 0 on, and how many there may be."""
    kind = column.type
    if len(column) and not column.null_count and (pa.types.is_integer(kind) or pa.types.is_temporal(kind)):
        values = _numbers(pc.cast(column, pa.int32() if pa.types.is_date32(kind) else pa.int64()))
        least, most = int(values.min()), int(values.max())
        if most - least < _WIDEST:
            return values.astype(np.int64) - least, most - least + 1
    encoded = pc.dictionary_encode(column, null_encoding="encode")
    places = np.empty(len(encoded.dictionary), np.int64)
    places[_numbers(pc.sort_indices(encoded.dictionary))] = np.arange(len(places))
    return places[_numbers(encoded.indices)], max(1, len(places))


def _numbers(array: Any) -> NDArray[Any]:
    """Numbers as they lie in memory; pyarrow's own way imports pandas, which takes longer than to sort a million."""
    if not len(array):
        return np.empty(0, np.int64)
    return np.frombuffer(array.buffers()[1], array.type.to_pandas_dtype())[array.offset :][: len(array)]
