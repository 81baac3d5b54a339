"""feed business, feed meters: the simulated sources."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.output import Format, print_json, print_rows, progress

if TYPE_CHECKING:
    from gridseal.settings import Settings

DEFAULT_SEED = 7
DEFAULT_METERS = 50


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Send simulated data: meter readings to Kafka, changes to the business database.")
    group.command("meters")(meters)
    group.command("business")(business)
    app.add_typer(group, name="feed")


DayOption = Annotated[
    str | None, typer.Option(help="Day in the grid's zone, yyyy-MM-dd; default: the grid's first day.")
]


def meters(
    day: DayOption = None,
    days: Annotated[int, typer.Option(min=1, help="Consecutive days.")] = 1,
    rate: Annotated[int | None, typer.Option(min=1, help="Messages a second; default: as fast as possible.")] = None,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="Share of readings sent twice.")] = 0.01,
    late: Annotated[float, typer.Option(min=0, max=1, help="Share delivered 1 to 36 hours late.")] = 0.01,
    out_of_order: Annotated[
        float, typer.Option(min=0, max=1, help="Share delivered up to 5 minutes out of order.")
    ] = 0.02,
    malformed: Annotated[float, typer.Option(min=0, max=1, help="Malformed messages, as a share of readings.")] = 0.002,
    anomalies: Annotated[bool, typer.Option(help="Plant silence, flat lines, jumps and reverse flow.")] = True,
    again: Annotated[bool, typer.Option(help="Send even if this very feed has been sent.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Replay real one-minute readings for every meter of the grid into Kafka, and record what was sent.

    A feed that was sent before is not sent again. The record lies in var/feeds/.
    """
    from gridseal.settings import load_settings
    from pipelines.sources.meters import MeterOptions, feed_day

    wanted = parse_day(day)
    loaded = load_settings()
    grid = require_grid(loaded)
    options = MeterOptions(
        meters=grid.meters, seed=grid.seed, first_day=grid.first_day, days=days, rate=rate, duplicates=duplicates,
        late=late, out_of_order=out_of_order, malformed=malformed, anomalies=anomalies, again=again,
    )  # fmt: skip
    with progress("sending readings") as update:
        summary = feed_day(loaded, wanted or grid.first_day, options, update)
    values = summary.model_dump(mode="json")
    if format is Format.JSON:
        print_json(values)
    else:
        shown = [("feed", summary.feed_id), ("messages", summary.messages), ("readings", summary.readings)]
        shown += [(f"of kind {kind}", count) for kind, count in summary.kinds.items()]
        shown += [
            ("seconds", values.get("seconds")),
            ("already sent", getattr(summary, "already_sent", False)),
        ]
        print_rows(("meters", "value"), shown, format)


def business(
    day: DayOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the grid, used when the database is empty.")] = DEFAULT_SEED,
    meters: Annotated[int, typer.Option(min=12, max=20000, help="Meters of the grid, likewise.")] = DEFAULT_METERS,
    first_day: Annotated[str | None, typer.Option(help="First day of the grid, likewise; default: yesterday.")] = None,
    changes: Annotated[bool, typer.Option(help="Also make the planned changes of the day.")] = True,
    format: FormatOption = Format.TABLE,
) -> None:
    """Create the business database if it is empty, then make the day's changes: moves, prices, deletes, tickets."""
    from gridseal.settings import load_settings
    from pipelines.sources.business import apply_changes

    wanted, first = parse_day(day), parse_day(first_day)
    loaded = load_settings()
    grid = ensure_grid(loaded, seed, meters, first)
    if not changes:
        print_rows(("business", "value"), [("first day", grid.first_day), ("meters", grid.meters)], format)
        return
    with progress("changing the business database") as update:
        summary = apply_changes(loaded, grid, wanted or grid.first_day, update)
    rows = [("day", summary.day), ("changes", summary.changes), ("made now", summary.applied_now)]
    rows += [
        (f"{table}: {operation}", count)
        for table, counts in summary.operations.items()
        for operation, count in counts.items()
    ]
    print_rows(("business", "value"), rows, format)


def parse_day(text: str | None) -> date | None:
    """Read a day of an option.

    Raises:
        GridsealError: It is no ISO date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise GridsealError(
            f"day {text!r} is not a date; allowed: yyyy-MM-dd", "gridseal feed --help", WRONG_USAGE
        ) from error


def ensure_grid(loaded: "Settings", seed: int, meters: int, first_day: date | None) -> Any:
    """The grid of the business database; an empty one is filled first.

    Returns:
        pipelines.sources.grid.Grid
    """
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from pipelines.sources.business import seed_database
    from pipelines.sources.grid import Grid

    found = _stored_grid(loaded)
    if found is None:
        yesterday = datetime.now(ZoneInfo(loaded.grid_timezone)).date() - timedelta(days=1)
        found = Grid(seed=seed, meters=meters, first_day=first_day or yesterday)
        seed_database(loaded, found)
    return found


def require_grid(loaded: "Settings") -> Any:
    """The grid of the business database.

    Raises:
        GridsealError: The database is empty, so nobody knows which meters there are.
    """
    found = _stored_grid(loaded)
    if found is None:
        raise GridsealError("the business database is empty, so there are no meters to read", "gridseal feed business")
    return found


def _stored_grid(loaded: "Settings") -> Any:
    from pipelines.sources.business.database import connect, create_schema
    from pipelines.sources.business.progress import read_simulation
    from pipelines.sources.grid import Grid

    with connect(loaded) as connection:
        create_schema(connection)
        simulation = read_simulation(connection)
    if simulation is None:
        return None
    return Grid(seed=simulation.seed, meters=simulation.meters, first_day=simulation.first_day)
