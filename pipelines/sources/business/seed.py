"""Fills the business database for the first time."""

from pipelines.settings import PipelineSettings
from pipelines.sources.business.database import connect, create_schema, set_clock
from pipelines.sources.business.progress import read_simulation, require_same_grid, write_simulation
from pipelines.sources.grid import Grid


def seed_database(settings: PipelineSettings, grid: Grid) -> dict[str, int]:
    """Creates the tables and their first rows, once; all rows in one transaction.

    The rows carry a time before the grid's first day, so that they are in force when the first reading is
    taken even if the change log already runs.

    Args:
        settings: Where the database is, and the grid's zone.
        grid: The grid.

    Returns:
        Rows inserted by table; all zero when the database had been filled before.

    Raises:
        PipelineError: The database holds another grid, or does not answer.
    """
    tables = grid.initial_rows()
    with connect(settings) as connection:
        create_schema(connection)
        simulation = read_simulation(connection)
        if simulation is not None:
            require_same_grid(simulation, grid, settings.grid_timezone)
            return dict.fromkeys(tables, 0)
        set_clock(connection, grid.seeded_at)
        with connection.cursor() as cursor:
            for table, rows in tables.items():
                columns = [name for name in next(iter(rows.values())) if name != "updated_at"]
                # Names come from the declaration of the tables; values are bound.
                cursor.executemany(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",
                    [[row[name] for name in columns] for row in rows.values()],
                )
        write_simulation(connection, grid, settings.grid_timezone)
        connection.commit()
    return {table: len(rows) for table, rows in tables.items()}
