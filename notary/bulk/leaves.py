"""Leaves of Arrow batches, in memory that does not grow with the number of rows."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from blake3 import blake3
from numpy.typing import NDArray

from notary.bulk import cells
from notary.bulk.lanes import BLOCK, CHUNK, hash_messages, self_test
from notary.verify.hashes import SIZE
from notary.verify.row import MAX_ROW_BYTES, TAGS, Column, Schema

_ROWS = 4096
"""Rows of a chunk: they lie in the processor's cache from the first cell to the hash."""
_ALL_VALID = np.empty(0, np.uint8)

_FIRST_DAY, _LAST_DAY = ((day - date(1970, 1, 1)).days for day in (date.min, date.max))
_DAY_MICROS = 86_400_000_000
_HOLD: dict[str, tuple[Callable[[Any], bool], ...]] = {
    "STRING": (pa.types.is_string, pa.types.is_large_string),
    "BYTES": (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary),
    "BOOLEAN": (pa.types.is_boolean,),
    "INT": (pa.types.is_integer,),
    "BIGINT": (pa.types.is_integer,),
    "DATE": (pa.types.is_date32,),
    "TIMESTAMP": (pa.types.is_timestamp,),
    "DECIMAL": (pa.types.is_decimal,),
    "DOUBLE": (pa.types.is_float32, pa.types.is_float64),
}
"""Types of Arrow that hold values of a type and no others."""
_STORED = {
    "STRING": pa.string(),
    "BYTES": pa.binary(),
    "BOOLEAN": pa.bool_(),
    "INT": pa.int64(),
    "BIGINT": pa.int64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "DOUBLE": pa.float64(),
}


class LeafMaker:
    """Makes the leaves of rows of one schema."""

    def __init__(self, schema: Schema) -> None:
        """Prepare; the kernel is compared with the blake3 package first.

        Raises:
            ArithmeticError: They differ on this processor.
        """
        self_test()
        self._schema = schema
        self._schema_id = np.frombuffer(schema.id, np.int64)

    def leaves(self, batch: pa.RecordBatch, salts: NDArray[Any]) -> NDArray[Any]:
        """Leaves of rows.

        Args:
            batch: The columns of the schema, in any order, and no others.
            salts: uint8[n, 32].

        Returns:
            uint8[n, 32].

        Raises:
            ValueError: The batch has other columns, one is not of its type, holds what no proof could, or a row is too
                long for a proof.
        """
        names = [column.name for column in self._schema.columns]
        if sorted(batch.schema.names) != sorted(names):
            raise ValueError(
                f"the rows have the columns {sorted(batch.schema.names)}, the schema of {self._schema.table}"
                f" {sorted(names)}"
            )
        if salts.shape != (len(batch), SIZE) or salts.dtype != np.uint8:
            raise ValueError(f"{len(batch)} rows need as many salts of 32 bytes, not {salts.dtype}{list(salts.shape)}")
        columns = [_Cells(column, batch.column(column.name)) for column in self._schema.columns]
        if not self._schema.disclosable:
            return self._hashes(columns, salts)
        self._check_lengths(columns, len(batch))
        hashes = [self._hashes([column], _cell_salts(salts, place)) for place, column in enumerate(columns)]
        return self._hashes([_Bytes(np.concatenate(hashes, axis=1))], np.zeros_like(salts))

    def _check_lengths(self, columns: "list[_Cells]", rows: int) -> None:
        self._refuse_long(int(_lengths(columns, 0, rows).max(initial=0)))

    def _refuse_long(self, longest: int) -> None:
        if longest > MAX_ROW_BYTES:
            raise ValueError(f"a row of {self._schema.table} has {longest:,} bytes, at most {MAX_ROW_BYTES:,}")

    def _hashes(self, columns: "Sequence[_Cells | _Bytes]", salts: NDArray[Any]) -> NDArray[Any]:
        """Hashes of schema id, salt and columns; uint8[n, 32]."""
        words = np.ascontiguousarray(salts).view(np.int64)
        hashes = np.empty((len(salts), 8), np.uint32)
        memory = np.empty(0, np.uint8)
        for first in range(0, len(salts), _ROWS):
            last = min(first + _ROWS, len(salts))
            memory = self._chunk(memory, columns, first, words[first:last], hashes[first:last])
        return hashes.view(np.uint8)

    def _chunk(
        self,
        memory: NDArray[Any],
        columns: "Sequence[_Cells | _Bytes]",
        first: int,
        salts: NDArray[Any],
        leaves: NDArray[Any],
    ) -> NDArray[Any]:
        """Hashes of a chunk; returns the memory that its rows lay in, for the next one."""
        lengths = _lengths(columns, first, len(leaves)) + 2 * SIZE
        self._refuse_long(int(lengths.max()) - 2 * SIZE)
        starts = np.empty(len(leaves), np.int64)
        size = cells.place_rows(starts, lengths, BLOCK)
        if size > len(memory):
            memory = np.empty(size, np.uint8)
        cursors = starts.copy()
        cells.put_heads(memory, cursors, lengths, self._schema_id, salts, BLOCK)
        for column in columns:
            column.put(memory, cursors, first)
        _hash(memory, starts, lengths, leaves)
        return memory


def _lengths(columns: "Sequence[_Cells | _Bytes]", first: int, rows: int) -> NDArray[Any]:
    """Bytes of rows from one on; int64[rows]."""
    lengths = np.full(rows, sum(column.width for column in columns), np.int64)
    for column in columns:
        if isinstance(column, _Cells) and not column.width:
            column.measure(lengths, first)
    return lengths


def _hash(memory: NDArray[Any], starts: NDArray[Any], lengths: NDArray[Any], leaves: NDArray[Any]) -> None:
    blocks = (lengths - 1) // BLOCK
    if blocks.min() == blocks.max() and lengths[0] <= CHUNK:
        hash_messages(memory, starts, lengths, leaves)
        return
    # Lanes wait for the longest of them.
    order = np.argsort(blocks, kind="stable")
    short = order[: np.searchsorted(blocks[order], CHUNK // BLOCK)]
    hashes = np.empty((len(short), 8), np.uint32)
    hash_messages(memory, starts[short], lengths[short], hashes)
    leaves[short] = hashes
    for row in order[len(short) :]:
        message = memory[starts[row] : starts[row] + lengths[row]]
        leaves[row] = np.frombuffer(blake3(message.data).digest(), np.uint32)


def _cell_salts(salts: NDArray[Any], place: int) -> NDArray[Any]:
    """Salts of the cells of one column, made from those of the rows."""
    memory = np.zeros((len(salts), BLOCK), np.uint8)
    memory[:, :SIZE] = salts
    memory[:, SIZE : SIZE + 8] = np.frombuffer(place.to_bytes(8, "little"), np.uint8)
    hashes = np.empty((len(salts), 8), np.uint32)
    starts = np.arange(len(salts), dtype=np.int64) * BLOCK
    hash_messages(memory.reshape(-1), starts, np.full(len(salts), SIZE + 8, np.int64), hashes)
    return hashes.view(np.uint8)


class _Bytes:
    """Bytes of one length a row, as they are; uint8[n, length]."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = values
        self.width = values.shape[1]

    def put(self, memory: NDArray[Any], cursors: NDArray[Any], first: int) -> None:
        """Write the bytes from a row on."""
        cells.put_bytes(memory, cursors, self._values[first : first + len(cursors)])


class _Cells:
    """A column of a batch as the kernels read it.

    Attributes:
        width: Bytes of every cell; 0 if they differ.
    """

    def __init__(self, column: Column, array: pa.Array) -> None:
        self._tag, self._kind = TAGS[column.kind], column.kind
        try:
            array = _as_declared(column, array)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ValueError(f"{column.name}: {array.type} is no {column.type}: {error}") from error
        self._values: NDArray[Any]
        valid, *data = array.buffers()
        self._bit = array.offset
        self._valid = np.frombuffer(valid, np.uint8) if valid and array.null_count else _ALL_VALID
        if self._kind in ("STRING", "BYTES"):
            # Of an empty column there may be no buffer at all.
            offsets = np.frombuffer(data[0], np.int32) if data[0] else np.zeros(1, np.int32)
            self._offsets = offsets[array.offset : array.offset + len(array) + 1]
            self._values = np.frombuffer(data[1], np.uint8) if data[1] else _ALL_VALID
        elif self._kind == "BOOLEAN":
            self._values = np.frombuffer(data[0], np.uint8) if data[0] else _ALL_VALID
        else:
            words = 2 if self._kind == "DECIMAL" else 1
            values = np.frombuffer(data[0], np.int64) if data[0] else np.empty(0, np.int64)
            self._values = values[words * array.offset :][: words * len(array)].reshape(-1, words)
        differ = self._kind in ("STRING", "BYTES") or len(self._valid)
        self.width = 0 if differ else cells.HEAD + self._value_width

    def measure(self, lengths: NDArray[Any], first: int) -> None:
        """Add the bytes of the cells from a row on, whose widths differ."""
        if self._kind in ("STRING", "BYTES"):
            offsets = self._offsets[first : first + len(lengths) + 1]
            cells.measure_texts(lengths, offsets, self._valid, self._bit + first)
        else:
            cells.measure(lengths, self._value_width, self._valid, self._bit + first)

    def put(self, memory: NDArray[Any], cursors: NDArray[Any], first: int) -> None:
        """Write the cells from a row on."""
        valid, bit, last = self._valid, self._bit + first, first + len(cursors)
        if self._kind in ("STRING", "BYTES"):
            offsets = self._offsets[first : last + 1]
            cells.put_texts(memory, cursors, self._tag, self._values, offsets, valid, bit)
        elif self._kind == "BOOLEAN":
            cells.put_bits(memory, cursors, self._tag, self._values, bit, valid, bit)
        else:
            cells.put_words(memory, cursors, self._tag, self._values[first:last], valid, bit)

    @property
    def _value_width(self) -> int:
        return 1 if self._kind == "BOOLEAN" else 8 * self._values.shape[1]


def _as_declared(column: Column, array: Any) -> Any:
    """The column in the one Arrow type that has its canonical bytes.

    Arrow's casts convert where a seal must not: 5 is no BOOLEAN, and an afternoon no DATE. So only types that hold the
    same values pass, and what a value may be is looked at once more.

    Raises:
        pa.ArrowInvalid: The column is of another type, or a value is one that a proof could not state.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_null(array.type):
        array = pa.nulls(len(array), _stored(column))
    if not any(holds(array.type) for holds in _HOLD[column.kind]):
        raise pa.ArrowInvalid("it holds other values")
    # Offsets that lead out of the column, bytes that are no text, decimals of more digits.
    array.validate()
    if column.kind in ("STRING", "BYTES", "DECIMAL") and not _is_ascii(array):
        array.validate(full=True)
    match column.kind:
        case "INT":
            return pc.cast(pc.cast(array, pa.int32()), pa.int64())
        case "DATE":
            return _within(pc.cast(pc.cast(array, pa.int32()), pa.int64()), _FIRST_DAY, _LAST_DAY)
        case "TIMESTAMP":
            # A moment is stored in UTC whatever zone it is shown in.
            zone = array.type.tz
            if column.numbers[0] == 3:
                array = pc.cast(array, pa.timestamp("ms", zone))
            micros = pc.cast(array, pa.timestamp("us", zone)).view(pa.int64())
            return _within(micros, _FIRST_DAY * _DAY_MICROS, (_LAST_DAY + 1) * _DAY_MICROS - 1)
        case "DOUBLE":
            values = pc.cast(array, pa.float64())
            # One NaN, and zero has no sign.
            plain = np.asarray(pc.fill_null(values, 0.0)) + 0.0
            plain[np.isnan(plain)] = np.nan
            return pa.array(plain, pa.float64(), mask=np.asarray(pc.is_null(values))).view(pa.int64())
    return pc.cast(array, _stored(column))


def _is_ascii(array: pa.Array) -> bool:
    """Whether a column is of texts in ASCII behind offsets in order: valid however it is split, and faster to tell."""
    if not pa.types.is_string(array.type) or not all(array.buffers()[1:]):
        return False
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int32)[array.offset :][: len(array) + 1]
    in_order = bounds[0] >= 0 and bounds[-1] <= data.size and (bounds[1:] >= bounds[:-1]).all()
    return bool(in_order and np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]].max(initial=0) < 128)


def _stored(column: Column) -> Any:
    """The type in which Arrow's buffers of the column are its values."""
    return pa.decimal128(*column.numbers) if column.kind == "DECIMAL" else _STORED[column.kind]


def _within(array: Any, first: int, last: int) -> Any:
    """Years 1 to 9999: milliseconds that were written as microseconds, or the reverse, end up elsewhere."""
    found = pc.min_max(array).as_py()
    if found["min"] is not None and not first <= found["min"] <= found["max"] <= last:
        raise pa.ArrowInvalid("a time outside of the years 1 to 9999")
    return array
