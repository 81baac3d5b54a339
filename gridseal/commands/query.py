"""sql and demo."""

import sys
from typing import Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.output import Format, print_rows, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sql")(sql)
    app.command("demo")(demo)


def sql(
    query: Annotated[str | None, typer.Argument(help="Spark SQL that reads; without it, a prompt.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Read every table as it was then, ISO 8601, UTC.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Query the lake: tables by their layer names, such as ads.region_load_curve; timestamps are UTC."""
    from gridseal.settings import load_settings
    from gridseal.sql_access import open_sql
    from pipelines.sql.time_travel import parse_moment

    settings = load_settings()
    moment = parse_moment(as_of) if as_of else None
    if query is None and not sys.stdin.isatty():
        query = sys.stdin.read()
    if query is not None and not query.strip():
        raise GridsealError("the query is empty", 'gridseal sql "SELECT * FROM ads.data_freshness"', WRONG_USAGE)
    with open_sql(settings) as client:
        if query is not None:
            result = client.query(query, moment)
            print_rows(result.names, result.rows, format)
        else:
            from gridseal.prompt import run_prompt

            run_prompt(client, moment, format)


def demo(
    meters: Annotated[int, typer.Option(min=12, max=20000, help="Meters of the grid.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the grid.")] = 7,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that the pipeline may take to catch up.")] = 240,
) -> None:
    """Start everything, let one day of readings flow through, show what the numbers say (make run)."""
    from gridseal.demo import run_demo

    if not run_demo(meters, seed, timeout):
        say("numbers clash; gridseal reconcile looks again, gridseal pipeline status shows the job")
        raise typer.Exit(1)
