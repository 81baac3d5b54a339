"""Memory of sealing partitions of more and more rows, each in a process of its own."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.figure import Figure, Goal
from bench.notary import rows
from bench.options import Options

_TIMES = (1, 2, 4, 8)
_MB = 1e6
_GOALS = (Goal("<=", 400),)


def measure(options: Options) -> Iterator[Figure]:
    """Of 1, 2, 4 and 8 times the rows; flat if it does not grow with them."""
    for order, made in (("in key order", rows.in_key_order), ("as they arrived", rows.as_they_arrive)):
        found: list[float] = []
        for times in _TIMES:
            file = rows.write(options.folder / "rows.parquet", made(times * options.rows))
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                found.append(pool.submit(peak_mb, file, options.folder / "leaves.parquet").result())
            file.unlink()
            what, beside = f"memory of sealing {times * options.rows:,} rows {order}", f"of {options.rows:,} rows"
            yield Figure(what, found[-1], "MB", beside, found[0], _GOALS)


def peak_mb(file: Path, leaves: Path) -> float:
    """The most memory that this process had after sealing a file, in MB."""
    from bench.notary.partition import seal

    seal(file, leaves)
    # Of this program; ru_maxrss would be that of the one that started it, if it had more.
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / _MB
