"""The deterministic model of the simulated grid, shared by the meters and the business database."""

from pipelines.sources.grid.model import FIRST_DAY, Grid
from pipelines.sources.grid.rows import TABLE_KEYS, Change, MeteringPoint, Row

__all__ = ["FIRST_DAY", "TABLE_KEYS", "Change", "Grid", "MeteringPoint", "Row"]
