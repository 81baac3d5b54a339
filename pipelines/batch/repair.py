"""The repair of days that were frozen when something came for them."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.batch.days import Days, spans
from pipelines.batch.run import run_batch
from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sql.client import connect
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import await_checkpoint
from pipelines.streaming.pause import paused
from pipelines.streaming.restore import partitions, table_exists
from pipelines.streaming.stages import freezes
from pipelines.webhdfs import read_text, write_text
from warehouse.catalog import Catalog

Report = Callable[[str], None]


@dataclass(frozen=True)
class FrozenDay:
    """A frozen day that something came for.

    Attributes:
        day: yyyy-MM-dd in the grid's zone.
        arrivals: Rows of ``ods.late_arrival`` that concern it.
        repaired: How many of them the last repair of the day knew.
    """

    day: str
    arrivals: int
    repaired: int

    @property
    def pending(self) -> bool:
        """It waits for a repair."""
        return self.arrivals > self.repaired


def frozen_days(
    settings: PipelineSettings, catalog: Catalog, address: tuple[str, int], timeout_s: float | None = None
) -> list[FrozenDay]:
    """The days that something came for, pending or not.

    Args:
        settings: Where everything is.
        catalog: The tables.
        address: Host and port of the SQL endpoint.
        timeout_s: Wait that long for its answer at most.

    Raises:
        PipelineError: A service does not answer.
    """
    (late,) = catalog.fed_by("late")
    if not table_exists(settings, late):
        return []
    query = f"SELECT from_dt, to_dt, COUNT(*) FROM {late.name} GROUP BY from_dt, to_dt"
    with connect(settings, address) as sql:
        came = [(Days(first, last), int(count)) for first, last, count in sql.query(query, timeout_s=timeout_s).rows]
    repaired = _read(settings)
    # A change concerns every day since; of these only the ones with readings have anything to repair.
    with_readings = {day for join in catalog.joins.values() for day in partitions(settings, catalog.table(join.facts))}
    arrivals = {day: sum(count for days, count in came if day in days) for day in sorted(with_readings)}
    return [FrozenDay(day, count, repaired.get(day, 0)) for day, count in arrivals.items() if count]


def repair(
    settings: PipelineSettings, catalog: Catalog, address: tuple[str, int], report: Report = lambda _: None
) -> list[str]:
    """Make every pending day anew, in all tables that are made of readings day by day.

    The pipeline is paused for that time, since a table has one writer.

    Args:
        settings: Where everything is.
        catalog: The tables.
        address: Host and port of the SQL endpoint.
        report: Told what is happening.

    Returns:
        The days.

    Raises:
        PipelineError: A service does not answer, or a run fails; days that were made anew before count as repaired.
    """
    days = [day for day in frozen_days(settings, catalog, address) if day.pending]
    if not days:
        return []
    names = [t.name for t in catalog.ordered if t.mode == "stream" and freezes(t, catalog)]
    # What is known to have come late must be in ODS as a whole, which a later checkpoint makes sure of.
    await_checkpoint(settings)
    arrivals = {day.day: day.arrivals for day in days}
    with paused(settings, catalog, report):
        for span in spans(arrivals):
            report(f"making {span} anew in {len(names)} tables")
            in_child(settings, run_batch, settings, catalog, names, span)
            _write(settings, _read(settings) | {day: n for day, n in arrivals.items() if day in span})
    return list(arrivals)


def _read(settings: PipelineSettings) -> dict[str, int]:
    text = read_text(settings, _path(settings))
    if text is None:
        return {}
    try:
        return {str(day): int(arrivals) for day, arrivals in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise PipelineError(
            f"{settings.hdfs_uri}{_path(settings)} is no record of repairs: {error}",
            f"remove {_path(settings)} from HDFS; every day that something came late for is then made anew",
        ) from error


def _write(settings: PipelineSettings, repaired: dict[str, int]) -> None:
    write_text(settings, _path(settings), json.dumps(repaired, indent=2))


def _path(settings: PipelineSettings) -> str:
    return f"{settings.flink_path}/repaired.json"
