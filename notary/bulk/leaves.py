"""Leaves of Arrow batches, in memory that does not grow with the number of rows."""

from typing import Any

import numpy as np
import pyarrow as pa
from blake3 import blake3
from numpy.typing import NDArray

from notary.bulk import cells
from notary.bulk.lanes import BLOCK, CHUNK, hash_messages, self_test
from notary.verify.hashes import SIZE
from notary.verify.row import TAGS, Column, Schema

_ROWS = 2048
"""Rows of a chunk: they lie in the processor's cache from the first cell to the hash."""
_ALL_VALID = np.empty(0, np.uint8)


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
        self._memory = np.empty(0, np.uint8)

    def leaves(self, batch: pa.RecordBatch, salts: NDArray[Any]) -> NDArray[Any]:
        """Leaves of rows.

        Args:
            batch: The columns of the schema, in any order, and no others.
            salts: uint8[n, 32].

        Returns:
            uint8[n, 32].

        Raises:
            ValueError: The batch has other columns, or one cannot be read as its type without a loss.
        """
        names = [column.name for column in self._schema.columns]
        if sorted(batch.schema.names) != sorted(names):
            raise ValueError(
                f"the rows have the columns {sorted(batch.schema.names)}, the schema of {self._schema.table}"
                f" {sorted(names)}"
            )
        if salts.shape != (len(batch), SIZE) or salts.dtype != np.uint8:
            raise ValueError(f"{len(batch)} rows need as many salts of 32 bytes, not {salts.dtype}{salts.shape}")
        columns = [_Cells(column, batch.column(column.name)) for column in self._schema.columns]
        words = np.ascontiguousarray(salts).view(np.int64)
        leaves = np.empty((len(batch), 8), np.uint32)
        for first in range(0, len(batch), _ROWS):
            last = min(first + _ROWS, len(batch))
            self._chunk(columns, first, words[first:last], leaves[first:last])
        return leaves.view(np.uint8)

    def _chunk(self, columns: "list[_Cells]", first: int, salts: NDArray[Any], leaves: NDArray[Any]) -> None:
        lengths = np.full(len(leaves), 2 * SIZE, np.int64)
        for column in columns:
            column.measure(lengths, first)
        starts = np.empty(len(leaves), np.int64)
        size = cells.place_rows(starts, lengths, BLOCK)
        if size > len(self._memory):
            self._memory = np.empty(size, np.uint8)
        cursors = starts.copy()
        cells.put_heads(self._memory, cursors, lengths, self._schema_id, salts, BLOCK)
        for column in columns:
            column.put(self._memory, cursors, first)
        self._hash(starts, lengths, leaves)

    def _hash(self, starts: NDArray[Any], lengths: NDArray[Any], leaves: NDArray[Any]) -> None:
        blocks = (lengths - 1) // BLOCK
        if blocks.min() == blocks.max() and lengths[0] <= CHUNK:
            hash_messages(self._memory, starts, lengths, leaves)
            return
        # Lanes wait for the longest of them.
        order = np.argsort(blocks, kind="stable")
        short = order[: np.searchsorted(blocks[order], CHUNK // BLOCK)]
        hashes = np.empty((len(short), 8), np.uint32)
        hash_messages(self._memory, starts[short], lengths[short], hashes)
        leaves[short] = hashes
        for row in order[len(short) :]:
            message = self._memory[starts[row] : starts[row] + lengths[row]]
            leaves[row] = np.frombuffer(blake3(message.data).digest(), np.uint32)


class _Cells:
    """A column of a batch as the kernels read it."""

    def __init__(self, column: Column, array: pa.Array) -> None:
        self._tag, self._kind = TAGS[column.kind], column.kind
        try:
            array = _as_declared(column, array)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ValueError(f"{column.name}: {array.type} cannot be read as {column.type}: {error}") from error
        self._values: NDArray[Any]
        valid, *data = array.buffers()
        self._bit = array.offset
        self._valid = np.frombuffer(valid, np.uint8) if valid and array.null_count else _ALL_VALID
        self._offset = array.offset
        if self._kind in ("STRING", "BYTES"):
            self._offsets = np.frombuffer(data[0], np.int32)[array.offset : array.offset + len(array) + 1]
            self._values = np.frombuffer(data[1], np.uint8) if data[1] else _ALL_VALID
        elif self._kind == "BOOLEAN":
            self._values = np.frombuffer(data[0], np.uint8)
        else:
            words = 2 if self._kind == "DECIMAL" else 1
            values = np.frombuffer(data[0], np.int64)[words * array.offset :]
            self._values = values[: words * len(array)].reshape(-1, words)

    def measure(self, lengths: NDArray[Any], first: int) -> None:
        """Add the bytes of the cells from a row on."""
        if self._kind in ("STRING", "BYTES"):
            offsets = self._offsets[first : first + len(lengths) + 1]
            cells.measure_texts(lengths, offsets, self._valid, self._bit + first)
        elif len(self._valid):
            cells.measure(lengths, self._width, self._valid, self._bit + first)
        else:
            lengths += cells.HEAD + self._width

    def put(self, memory: NDArray[Any], cursors: NDArray[Any], first: int) -> None:
        """Write the cells from a row on."""
        valid, bit, last = self._valid, self._bit + first, first + len(cursors)
        if self._kind in ("STRING", "BYTES"):
            offsets = self._offsets[first : last + 1]
            cells.put_texts(memory, cursors, self._tag, self._values, offsets, valid, bit)
        elif self._kind == "BOOLEAN":
            cells.put_bits(memory, cursors, self._tag, self._values, self._offset + first, valid, bit)
        else:
            cells.put_words(memory, cursors, self._tag, self._values[first:last], valid, bit)

    @property
    def _width(self) -> int:
        return 1 if self._kind == "BOOLEAN" else 8 * self._values.shape[1]


def _as_declared(column: Column, array: Any) -> Any:
    """The column in the one Arrow type that has its canonical bytes; nothing is rounded, cut or shifted on the way."""
    match column.kind:
        case "STRING":
            return array.cast(pa.string())
        case "BYTES":
            return array.cast(pa.binary())
        case "BOOLEAN":
            return array.cast(pa.bool_())
        case "INT":
            return array.cast(pa.int32()).cast(pa.int64())
        case "BIGINT":
            return array.cast(pa.int64())
        case "DATE":
            return array.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
        case "TIMESTAMP":
            # A moment is stored in UTC whatever zone it is shown in.
            return array.cast(pa.timestamp("us", getattr(array.type, "tz", None))).view(pa.int64())
        case "DECIMAL" if pa.types.is_decimal(array.type):
            same = array.type.bit_width == 128 and array.type.scale == column.scale
            return array if same else array.cast(pa.decimal128(38, column.scale))
        case "DOUBLE":
            values = array.cast(pa.float64())
            # One NaN, and zero has no sign.
            plain = np.asarray(values.fill_null(0.0)) + 0.0
            plain[np.isnan(plain)] = np.nan
            return pa.array(plain, pa.float64(), mask=np.asarray(values.is_null())).view(pa.int64())
    raise pa.ArrowInvalid("there is no exact way from the one to the other")
