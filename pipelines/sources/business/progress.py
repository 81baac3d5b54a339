"""Which grid the database holds and how far its planned changes have been applied."""

from dataclasses import dataclass
from datetime import date

from pipelines.errors import PipelineError
from pipelines.sources.business.database import Connection
from pipelines.sources.grid import Grid


@dataclass(frozen=True)
class Simulation:
    """The only row of table simulation.

    Args:
        seed: Seed of the grid.
        meters: Meters of the grid.
        first_day: First day of the grid.
        zone: IANA zone whose midnight starts a day.
        current_day: Day whose changes are being applied.
        applied: How many of them have been.
    """

    seed: int
    meters: int
    first_day: date
    zone: str
    current_day: date
    applied: int


def read_simulation(connection: Connection) -> Simulation | None:
    """The grid of the database, None before the first rows.

    Args:
        connection: Open connection; the tables exist.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT seed, meters, first_day, zone, current_day, applied FROM simulation")
        row = cursor.fetchone()
    connection.rollback()
    return Simulation(**row) if row else None


def require_simulation(connection: Connection, grid: Grid, zone: str) -> Simulation:
    """The progress of this very grid.

    Args:
        connection: Open connection.
        grid: The grid that is asked for.
        zone: IANA zone whose midnight starts a day.

    Raises:
        PipelineError: The database is empty or holds another grid.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW TABLES LIKE 'simulation'")
        filled = cursor.fetchone() is not None
    simulation = read_simulation(connection) if filled else None
    if simulation is None:
        raise PipelineError("the business database is empty", "fill it first: `gridseal feed business`", 1)
    require_same_grid(simulation, grid, zone)
    return simulation


def write_simulation(connection: Connection, grid: Grid, zone: str) -> None:
    """Notes the grid in the transaction that fills the tables.

    Args:
        connection: Open connection.
        grid: The grid.
        zone: IANA zone whose midnight starts a day.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO simulation (simulation_id, seed, meters, first_day, zone, current_day, applied)"
            " VALUES (1, %s, %s, %s, %s, %s, 0)",
            (grid.seed, grid.meters, grid.first_day, zone, grid.first_day),
        )


def advance(connection: Connection, before: tuple[date, int], after: tuple[date, int]) -> None:
    """Moves on within the transaction of a change.

    Args:
        connection: Open connection.
        before: Day and number of changes applied, as they must be now.
        after: Day and number of changes applied.

    Raises:
        PipelineError: Somebody else has moved on in the meantime.
    """
    with connection.cursor() as cursor:
        count = cursor.execute(
            "UPDATE simulation SET current_day = %s, applied = %s WHERE current_day = %s AND applied = %s",
            (*after, *before),
        )
    if count != 1:
        raise PipelineError(
            f"the changes of {before[0]} are being applied by another process (no longer at {before[1]})",
            "wait for it to end, then ask again",
            1,
        )


def require_same_grid(simulation: Simulation, grid: Grid, zone: str) -> None:
    """Refuses to mix two grids in one database.

    Args:
        simulation: The grid of the database.
        grid: The grid that is asked for.
        zone: Its zone.

    Raises:
        PipelineError: They differ.
    """
    has = (simulation.seed, simulation.meters, simulation.first_day, simulation.zone)
    wants = (grid.seed, grid.meters, grid.first_day, zone)
    if has != wants:
        told = "seed {}, {} meters, from {}, zone {}"
        raise PipelineError(
            f"the database holds the grid of {told.format(*has)}; asked for is {told.format(*wants)}",
            "ask for the same grid, or start empty with `make clean` and `gridseal up`",
            2,
        )
