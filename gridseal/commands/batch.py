"""batch run, repair, pending."""

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption, parse_days
from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from pipelines.batch.spark import Made


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Bounded runs: tables made anew by the same SQL as in the stream, or by Spark.")
    group.command("run")(run)
    group.command("pending")(pending)
    group.command("repair")(repair)
    app.add_typer(group, name="batch")


def run(
    tables: Annotated[list[str], typer.Argument(help="Layer and table, such as dws.region_hour; one or more.")],
    first: Annotated[str, typer.Option("--from", help="First day to replace, yyyy-MM-dd in the grid's zone.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day to replace; default: the first.")] = "",
    pause: Annotated[
        bool, typer.Option("--pause", help="Stop the pipeline with a savepoint for the time of the run.")
    ] = False,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Of tables made by Spark, all days and not only changed ones.")
    ] = False,
) -> None:
    """Make tables anew and replace their rows, all days or those from --from to --to.

    Tables of the pipeline are made from ODS, by Flink. A table has one writer at a time: while the pipeline runs, its
    tables are refused unless --pause is given. Tables with engine: spark in their contracts, such as
    ads.customer_monthly_bill, are made from other tables as they are in the lake, beside the pipeline, and by default
    only the days or months of which something has changed since the last run.
    """
    from gridseal.settings import load_settings
    from pipelines.batch.run import run_batch
    from pipelines.batch.spark import run_spark
    from pipelines.streaming.child import in_child
    from pipelines.streaming.pause import paused
    from pipelines.streaming.submit import refuse_other_sql
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    catalog = load_catalog(loaded)
    days = parse_days(first, last, "gridseal batch run")
    began = time.monotonic()
    names = list(dict.fromkeys(tables))
    for name in names:
        if catalog.table(name).engine == "notary":
            raise GridsealError(f"{name} is made from the notary's record", "gridseal notary publish", WRONG_USAGE)
    by_spark = [name for name in names if catalog.table(name).engine == "spark"]
    by_flink = [name for name in names if name not in by_spark]
    if by_flink:
        if not pause and any(catalog.table(name).mode == "stream" for name in by_flink):
            refuse_other_sql(loaded, catalog)
        with paused(loaded, catalog, say) if pause else nullcontext():
            in_child(loaded, run_batch, loaded, catalog, by_flink, days)
        say(f"{', '.join(by_flink)}: {days or 'all rows'} made anew in {time.monotonic() - began:.1f} s")
    if by_spark:
        with progress(f"making {', '.join(by_spark)}"):
            done = in_child(loaded, run_spark, loaded, catalog, by_spark, days, full_refresh)
        for one in done:
            say(f"{one.table}: {_told(one)}")
        say(f"in {time.monotonic() - began:.1f} s")


def pending(
    all_days: Annotated[bool, typer.Option("--all", help="Also days that are repaired.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """List the frozen days that something came for and that wait for a repair."""
    from gridseal.settings import load_settings
    from gridseal.sql_access import ensure_sql
    from pipelines.batch.repair import frozen_days
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    days = frozen_days(loaded, load_catalog(loaded), ensure_sql(loaded))
    rows = [(d.day, d.arrivals, d.repaired, "pending" if d.pending else "") for d in days if d.pending or all_days]
    print_rows(("day", "came late", "of them repaired", ""), rows, format)
    if any(day.pending for day in days):
        say("next:  gridseal batch repair")


def repair() -> None:
    """Make every pending day anew from ODS; the pipeline is paused for that time."""
    from gridseal.settings import load_settings
    from gridseal.sql_access import ensure_sql
    from pipelines.batch.repair import repair as repair_days
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    began = time.monotonic()
    days = repair_days(loaded, load_catalog(loaded), ensure_sql(loaded), lambda what: say(f"  {what}"))
    if days:
        say(f"{len(days)} days are repaired, {days[0]} to {days[-1]}, in {time.monotonic() - began:.1f} s")
    else:
        say("nothing waits for a repair")


def _told(made: "Made") -> str:
    """What a run did, in words."""
    parts = [
        f"{len(partitions)} {what} ({partitions[0]} to {partitions[-1]})"
        for partitions, what in ((made.replaced, "days or months made anew"), (made.removed, "emptied"))
        if partitions
    ]
    return ", ".join(parts) or "nothing has changed"
