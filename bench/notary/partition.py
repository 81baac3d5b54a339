"""A partition in a Parquet file to its root, leaves and salts stored, on one core; beside DuckDB's count(distinct)."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench.clock import one_core, seconds
from bench.figure import Figure, Goal
from bench.notary import rows
from bench.options import Options
from notary.sealing.hashing import hash_rows

_READ = 1 << 14
"""Rows of a batch, as the notary's reader of Hudi gives them."""
_GOALS = (Goal(">=", 3e6), Goal(">=", 1 / 0.6, of_ratio=True))
_DUCKDB = "DuckDB 1 thread, count(distinct) of each column"


def measure(options: Options) -> Iterator[Figure]:
    """In the order of the key, as after a clustering, and in the order in which rows arrive."""
    # Not in the memory of those that import this module to seal.
    import duckdb

    for order, made in (("in key order", rows.in_key_order), ("as they arrived", rows.as_they_arrive)):
        file = rows.write(options.folder / "rows.parquet", made(options.rows))
        with one_core(), duckdb.connect(config={"threads": 1}) as database:
            sides: dict[str, Callable[[], object]] = {
                "seal": partial(seal, file, options.folder / "leaves.parquet"),
                "read": partial(_read, file),
                "duckdb": partial(_count, database, file),
            }
            took = seconds(sides, options.runs)
        speed = {name: options.rows / time for name, time in took.items()}
        what = f"Parquet to root, stored, rows {order}"
        yield Figure(what, speed["seal"], "rows/s", _DUCKDB, speed["duckdb"], _GOALS)
        yield Figure(what, speed["seal"], "rows/s", "reading the file alone", speed["read"])


def seal(file: Path, leaves: Path) -> bytes:
    """What sealing does between reading a table of Hudi and HDFS; returns the root."""
    leaves.unlink(missing_ok=True)  # Sealing always makes a new one; emptying an old one takes time.
    return hash_rows(pq.ParquetFile(file).iter_batches(_READ), rows.schema(), rows.TABLE, leaves).root()


def _read(file: Path) -> int:
    return sum(len(batch) for batch in pq.ParquetFile(file).iter_batches(_READ))


def _count(database: Any, file: Path) -> list[Any]:
    return list(database.execute(distinct(f"'{file}'")).fetchall())


def distinct(source: str) -> str:
    """SQL that counts the different values of each column, each by itself."""
    return f"SELECT {', '.join(f'COUNT(DISTINCT {name})' for name in rows.COLUMNS)} FROM {source}"
