"""What a run is told."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """What every measure is given.

    Attributes:
        rows: Of a partition.
        runs: Times that each side is measured; the median counts.
        folder: Empty, for files; removed afterwards.
    """

    rows: int
    runs: int
    folder: Path
