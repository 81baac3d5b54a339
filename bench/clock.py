"""Times of several sides, measured in turn: what slows the machine down for a while slows all of them."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import TypeVar

_T = TypeVar("_T")


def in_turn(sides: Mapping[str, Callable[[], _T]], runs: int, warm_up: bool = True) -> dict[str, list[_T]]:
    """What each side returns, run by run: A B, B A, A B, ... after one run of each that does not count, if any."""
    if warm_up:
        for side in sides.values():
            side()
    found: dict[str, list[_T]] = {name: [] for name in sides}
    for run in range(runs):
        for name in sides if run % 2 == 0 else reversed(list(sides)):
            found[name].append(sides[name]())
    return found


def seconds(sides: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The median time of each side, in seconds."""
    return {name: median(times) for name, times in in_turn({n: timed(s) for n, s in sides.items()}, runs).items()}


def repeated(function: Callable[[], object], times: int) -> Callable[[], None]:
    """A function that calls another so many times, which is too fast to be timed once."""

    def repeat() -> None:
        for _ in range(times):
            function()

    return repeat


@contextmanager
def one_core() -> Iterator[None]:
    """Stay on one core of the processor: this thread, those that it starts, and pyarrow's."""
    # Not there where models run.
    import pyarrow as pa

    cores, threads = os.sched_getaffinity(0), pa.cpu_count()
    os.sched_setaffinity(0, {max(cores)})
    pa.set_cpu_count(1)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        pa.set_cpu_count(threads)


def timed(side: Callable[[], object]) -> Callable[[], float]:
    """A function that does the same and returns the seconds that it took."""

    def measure() -> float:
        began = time.perf_counter()
        side()
        return time.perf_counter() - began

    return measure
