"""Cells of many rows at once: each kernel writes one column of a chunk into the rows that lie in memory.

A kernel may write up to seven bytes beyond its cell, which the next cell covers; behind the last one a row leaves room.
"""

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

HEAD = 6
"""Bytes of a cell before its value."""
SLACK = 8
"""Bytes behind a row that belong to no other."""

_NULL = 1 << 8
_LENGTH_SHIFT = 16


@intrinsic
def _put(_: Any, memory: Any, place: Any, value: Any) -> Any:
    """Eight bytes at any place of uint8[:]; numba itself stores aligned words only."""
    signature = types.void(memory, types.int64, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(64).as_pointer())
        builder.store(arguments[2], pointer, align=1)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _get(_: Any, memory: Any, place: Any) -> Any:
    """The eight bytes at any place of uint8[:]."""
    signature = types.int64(memory, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(64).as_pointer())
        return builder.load(pointer, align=1)

    return signature, generate


@njit(cache=True, nogil=True)
def _is_null(valid: Any, bit: int, row: int) -> bool:
    """By Arrow's bitmap, which is empty if there is no null."""
    place = bit + row
    return len(valid) > 0 and not (valid[place >> 3] >> (place & 7)) & 1


@njit(cache=True, nogil=True)
def measure(lengths: Any, width: int, valid: Any, bit: int) -> None:
    """Add the cells of a column of values of one width, which nulls have not."""
    for row in range(len(lengths)):
        lengths[row] += HEAD if _is_null(valid, bit, row) else HEAD + width


@njit(cache=True, nogil=True)
def measure_texts(lengths: Any, offsets: Any, valid: Any, bit: int) -> None:
    """Add the cells of a column of texts; offsets int32[n + 1]."""
    if len(valid) == 0:
        # Without a branch the compiler takes many rows at once.
        for row in range(len(lengths)):
            lengths[row] += HEAD + offsets[row + 1] - offsets[row]
        return
    for row in range(len(lengths)):
        lengths[row] += HEAD
        if not _is_null(valid, bit, row):
            lengths[row] += offsets[row + 1] - offsets[row]


@njit(cache=True, nogil=True)
def place_rows(starts: Any, lengths: Any, block: int) -> int:
    """Where each row begins, if all are followed by zeros up to a whole block; returns the bytes of all."""
    end = 0
    for row in range(len(lengths)):
        starts[row] = end
        end += (lengths[row] + block - 1) // block * block + SLACK
    return end


@njit(cache=True, nogil=True)
def put_heads(memory: Any, cursors: Any, lengths: Any, schema_id: Any, salts: Any, block: int) -> None:
    """What stands before the cells, and the zeros behind them; schema_id int64[4], salts int64[n, 4]."""
    for row in range(len(cursors)):
        start = cursors[row]
        last = start + (lengths[row] - 1) // block * block
        for word in range(0, block, 8):
            _put(memory, last + word, 0)
        for word in range(4):
            _put(memory, start + 8 * word, schema_id[word])
            _put(memory, start + 32 + 8 * word, salts[row, word])
        cursors[row] = start + 64


@njit(cache=True, nogil=True)
def put_words(memory: Any, cursors: Any, tag: int, values: Any, valid: Any, bit: int) -> None:
    """A column of values of 8 or 16 bytes; values int64[n, 1 or 2]."""
    words = values.shape[1]
    head = tag | (8 * words) << _LENGTH_SHIFT
    for row in range(len(cursors)):
        place = cursors[row]
        if _is_null(valid, bit, row):
            _put(memory, place, tag | _NULL)
            cursors[row] = place + HEAD
        else:
            _put(memory, place, head)
            for word in range(words):
                _put(memory, place + HEAD + 8 * word, values[row, word])
            cursors[row] = place + HEAD + 8 * words


@njit(cache=True, nogil=True)
def put_bits(memory: Any, cursors: Any, tag: int, values: Any, values_bit: int, valid: Any, bit: int) -> None:
    """A column of booleans; values as Arrow's bitmap."""
    head = tag | 1 << _LENGTH_SHIFT
    for row in range(len(cursors)):
        place = cursors[row]
        if _is_null(valid, bit, row):
            _put(memory, place, tag | _NULL)
            cursors[row] = place + HEAD
        else:
            at = values_bit + row
            _put(memory, place, head | ((values[at >> 3] >> (at & 7)) & 1) << (8 * HEAD))
            cursors[row] = place + HEAD + 1


@njit(cache=True, nogil=True)
def put_texts(memory: Any, cursors: Any, tag: int, data: Any, offsets: Any, valid: Any, bit: int) -> None:
    """A column of texts or bytes; data uint8[:], offsets int32[n + 1]."""
    for row in range(len(cursors)):
        place = cursors[row]
        if _is_null(valid, bit, row):
            _put(memory, place, tag | _NULL)
            cursors[row] = place + HEAD
            continue
        first, length = offsets[row], offsets[row + 1] - offsets[row]
        _put(memory, place, tag | length << _LENGTH_SHIFT)
        place += HEAD
        whole = length & ~7
        for byte in range(0, whole, 8):
            _put(memory, place + byte, _get(data, first + byte))
        if first + whole + 8 <= len(data):
            rest = _get(data, first + whole) & ((1 << 8 * (length - whole)) - 1)
            _put(memory, place + whole, rest)
        else:
            for byte in range(whole, length):
                memory[place + byte] = data[first + byte]
        cursors[row] = place + length


@njit(cache=True, nogil=True)
def put_bytes(memory: Any, cursors: Any, values: Any) -> None:
    """Bytes as they are; values uint8[n, length]."""
    for row in range(len(cursors)):
        place = cursors[row]
        for byte in range(values.shape[1]):
            memory[place + byte] = values[row, byte]
        cursors[row] = place + values.shape[1]
