"""The full record of one feed: every message with the offset that the broker gave it."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from pipelines.sources.meters.malformed import MALFORMED_KINDS
from pipelines.sources.meters.readings import DECIMALS, KINDS, MALFORMED, Messages

PRECISION = {"active_power": 10, "reactive_power": 10, "voltage": 8, "current": 8}
SCHEMA = pa.schema(
    [
        ("kind", pa.dictionary(pa.int8(), pa.string())),
        ("malformed_kind", pa.dictionary(pa.int8(), pa.string())),
        ("topic", pa.string()),
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("key", pa.binary()),
        ("payload", pa.binary()),
        ("meter_id", pa.string()),
        ("event_time", pa.timestamp("ms", "UTC")),
        *((name, pa.decimal128(PRECISION[name], scale)) for name, scale in DECIMALS.items()),
        ("seq", pa.int64()),
    ]
)
ROW_GROUP = 50_000


class FeedRecord:
    """Writes the record while the feed goes on; the file appears under its name when all is written.

    Args:
        file: Parquet file to make.
        topic: Where the messages go.
    """

    def __init__(self, file: Path, topic: str) -> None:
        self.file = file
        self.topic = topic
        self._part = file.with_suffix(".part")
        self._writer = parquet.ParquetWriter(self._part, SCHEMA, compression="zstd")
        self._waiting: list[pa.Table] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        self._writer.close()
        if kind is None:
            self._part.replace(self.file)

    def add(
        self,
        messages: Messages,
        values: list[bytes | None],
        partitions: npt.NDArray[np.int32],
        offsets: npt.NDArray[np.int64],
    ) -> None:
        """Records messages that the broker has acknowledged.

        Args:
            messages: Messages in the order sent.
            values: Their values as bytes.
            partitions: Partition of each.
            offsets: Offset of each.
        """
        self._waiting.append(self._table(messages, values, partitions, offsets))
        if sum(map(len, self._waiting)) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting.clear()

    def _table(
        self,
        messages: Messages,
        values: list[bytes | None],
        partitions: npt.NDArray[np.int32],
        offsets: npt.NDArray[np.int64],
    ) -> pa.Table:
        broken = messages["kind"] == MALFORMED
        keys = [bytes(key) for key in messages["meter_id"].tolist()]
        malformed_kinds = pa.array(np.where(broken, messages["variant"], 0).astype("i1"), mask=broken == 0)
        columns = {
            "kind": pa.DictionaryArray.from_arrays(messages["kind"], pa.array(KINDS)),
            "malformed_kind": pa.DictionaryArray.from_arrays(
                malformed_kinds, pa.array([kind.name for kind in MALFORMED_KINDS])
            ),
            "topic": pa.array([self.topic] * len(messages)),
            "kafka_partition": pa.array(partitions, pa.int32()),
            "kafka_offset": pa.array(offsets, pa.int64()),
            "key": pa.array(keys, pa.binary()),
            "payload": pa.array(values, pa.binary()),
            "meter_id": pa.array([key.decode() for key in keys], pa.string(), mask=broken),
            "event_time": pa.array(messages["event_ms"], pa.int64(), mask=broken).cast(pa.timestamp("ms", "UTC")),
            **{name: _decimals(messages[name], broken, name) for name in DECIMALS},
            "seq": pa.array(messages["seq"], pa.int64(), mask=broken),
        }
        return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _decimals(units: npt.NDArray[np.int64], null: npt.NDArray[np.bool_], name: str) -> pa.Array:
    """Whole numbers of the smallest unit as decimals, without a Python object a value."""
    # A decimal128 is a whole number of units in two little-endian halves; the upper one repeats the sign.
    halves = np.empty((len(units), 2), dtype="<i8")
    halves[:, 0], halves[:, 1] = units, np.where(units < 0, -1, 0)
    valid = pa.array(~null).buffers()[1]
    kind = pa.decimal128(PRECISION[name], DECIMALS[name])
    return pa.Array.from_buffers(kind, len(units), [valid, pa.py_buffer(halves)])
