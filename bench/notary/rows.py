"""Rows like those of dwd.meter_reading: ten columns, about 240 bytes a leaf, the same at every run."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from notary.lake.snapshot import schema_of
from notary.verify.row import Schema
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

TABLE, DAY = "dwd.meter_reading", "2026-11-20"
COLUMNS = (
    "meter_id", "event_time", "dt", "message_id", "active_power", "voltage", "current_a", "meter_kind",
    "customer_id", "feeder_id",
)  # fmt: skip
BATCH = 1 << 16
"""Rows of a batch, as the notary reads them."""
_MINUTES = 1440
_MIDNIGHT_MS = int(np.datetime64(DAY, "ms").astype(np.int64))
_SEED = 2026


@cache
def schema() -> Schema:
    """What the rows are: the table's contract, as far as these columns go."""
    return schema_of(load_catalog(WarehouseSettings()).table(TABLE), COLUMNS)


def in_key_order(rows: int) -> Iterator[pa.RecordBatch]:
    """Rows in the order of their key: the minutes of one meter after those of another."""
    for first in range(0, rows, BATCH):
        yield _batch(np.arange(first, min(first + BATCH, rows)), rows)


def as_they_arrive(rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in the order of time: all meters of one minute after those of another."""
    order = np.argsort(np.arange(rows) % _MINUTES, kind="stable")
    for first in range(0, rows, BATCH):
        yield _batch(order[first : first + BATCH], rows)


def write(path: Path, batches: Iterator[pa.RecordBatch]) -> Path:
    """Write rows to a Parquet file, compressed as Hudi's are in this lake (zstd)."""
    writer = None
    for batch in batches:
        writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_batch(batch)
    if writer:
        writer.close()
    return path


def _batch(numbers: NDArray[Any], rows: int) -> pa.RecordBatch:
    """Rows by their number in the order of the key."""
    meters, minutes = numbers // _MINUTES, numbers % _MINUTES
    noise = _noise(numbers)
    arrays = [
        _text("M", meters, 6),
        pa.array(_MIDNIGHT_MS + 60_000 * minutes, pa.timestamp("ms")),
        pa.repeat(DAY, len(numbers)),
        _text("meter-readings-0-", numbers * 7919 % rows, 0),
        _decimal(noise % 9_000, 10, 3),
        _decimal(22_000 + (noise >> 16) % 2_000, 8, 2),
        _without(_decimal((noise >> 32) % 400, 8, 1), noise % 97 == 0),
        pc.if_else(pa.array(meters % 50 == 0), "feeder", "customer"),
        _without(pa.array(meters, pa.int32()), meters % 50 == 0),
        pa.array(meters % 12, pa.int32()),
    ]
    return pa.RecordBatch.from_arrays(arrays, list(COLUMNS))


def _noise(numbers: NDArray[Any]) -> NDArray[Any]:
    """A number of 48 bits a row, the same wherever the row stands (the finaliser of splitmix64)."""
    mixed = numbers.astype(np.uint64) + np.uint64(_SEED)
    for factor in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(factor)
    return (mixed >> np.uint64(16)).astype(np.int64)


def _text(before: str, numbers: NDArray[Any], digits: int) -> pa.Array:
    return pc.binary_join_element_wise(before, pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0"), "")


def _decimal(unscaled: NDArray[Any], digits: int, scale: int) -> pa.Array:
    words = np.stack([unscaled, unscaled >> 63], axis=1)
    return pa.Array.from_buffers(pa.decimal128(digits, scale), len(words), [None, pa.py_buffer(words.tobytes())])


def _without(values: pa.Array, gone: NDArray[Any]) -> pa.Array:
    return pc.if_else(pa.array(gone), pa.scalar(None, values.type), values)
