"""sql, export and demo."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gridseal.chart import Chart, draw_answer
from gridseal.commands.options import FormatOption
from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.output import Format, print_rows, progress, say


class Engine(StrEnum):
    """What answers a query."""

    SPARK = "spark"
    DUCKDB = "duckdb"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sql")(sql)
    app.command("export")(export)
    app.command("demo")(demo)


def sql(
    query: Annotated[str | None, typer.Argument(help="SQL of the engine that reads; without it, a prompt.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Read every table as it was then, ISO 8601, UTC.")
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(
            help="spark: the warm endpoint. duckdb: this process, without a JVM, which copies what has changed; its SQL"
            " is DuckDB's own, in which averages and quotients of decimals are doubles."
        ),
    ] = Engine.SPARK,
    format: FormatOption = Format.TABLE,
    chart: Annotated[
        Chart | None, typer.Option(help="Draw it: the first column along the x axis, columns of numbers beside it.")
    ] = None,
) -> None:
    """Query the lake: tables by their layer names, such as ads.region_load_curve; timestamps are UTC."""
    from gridseal.settings import load_settings
    from gridseal.sql_access import open_embedded, open_sql
    from pipelines.sql.time_travel import parse_moment

    settings = load_settings()
    moment = parse_moment(as_of) if as_of else None
    if query is None and not sys.stdin.isatty():
        query = sys.stdin.read()
    if query is not None and not query.strip():
        raise GridsealError("the query is empty", 'gridseal sql "SELECT * FROM ads.data_freshness"', WRONG_USAGE)
    if chart and query is None:
        raise GridsealError("--chart draws the answer of a query; there is none", "gridseal sql --help", WRONG_USAGE)
    with (open_embedded if engine is Engine.DUCKDB else open_sql)(settings) as client:
        if query is not None:
            result = client.query(query, moment)
            if chart:
                draw_answer(result.names, result.rows, chart)
            else:
                print_rows(result.names, result.rows, format)
        else:
            from gridseal.prompt import run_prompt

            run_prompt(client, moment, format)


def export(
    table: Annotated[str, typer.Argument(help="Layer and table, such as ads.customer_daily_bill.")],
    to: Annotated[Path, typer.Option("--to", help="File to write, .parquet or .csv; FILE.manifest.json beside it.")],
    partition: Annotated[
        list[str] | None, typer.Option("--partition", help="Its path, such as dt=2026-11-20; again for more.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Write a table to a file, with a manifest that says how each partition was sealed and whether it still is so.

    All rows are as of one instant, sorted by key. The manifest has the file's BLAKE3, the schema, and of each partition
    the seal, the checkpoint that holds it and its block.
    """
    from gridseal.notary_office import open_here
    from notary.exporting import MANIFEST
    from notary.exporting import export as run

    with open_here() as office, progress("exporting") as update:
        exported = run(office, office.catalog.table(table), to, partition or [], update)
    print_rows(("partition", "rows", "rows are"), [(one.partition, one.rows, one.standing) for one in exported], format)
    say(f"{sum(one.rows for one in exported):,} rows in {to}, and {to.name}{MANIFEST}")


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
