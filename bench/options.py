"""What a run is told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What every measure is given.

    Attributes:
        rows: Of a partition of the notary.
        messages: That flow through the pipeline.
        minutes: Of a flow that goes on.
        days: Of the month that is asked.
        runs: Times that each side is measured; the median counts.
        folder: Empty, for files; removed afterwards.
        tell: Told what is being done, for whoever waits.
    """

    rows: int
    runs: int
    folder: Path
    messages: int = 1_000_000
    minutes: float = 3
    days: int = 30
    tell: Callable[[str], None] = lambda _: None
