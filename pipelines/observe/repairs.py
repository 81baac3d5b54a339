"""Frozen days that something came late for and that wait for a repair."""

from pipelines.batch.repair import FrozenDay, frozen_days
from pipelines.observe.endpoint import TIMEOUT_S, if_it_runs
from pipelines.settings import PipelineSettings
from warehouse.catalog import Catalog


def pending_repairs(settings: PipelineSettings, catalog: Catalog, address: tuple[str, int]) -> tuple[FrozenDay, ...]:
    """The days, oldest first.

    Args:
        settings: Where everything is.
        catalog: The tables.
        address: Where the SQL endpoint listens; it is not started for this.

    Raises:
        PipelineError: The SQL endpoint does not run, or a service does not answer.
    """
    with if_it_runs(address):
        days = frozen_days(settings, catalog, address, TIMEOUT_S)
    return tuple(day for day in days if day.pending)
