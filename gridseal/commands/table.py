"""table files."""

from typing import Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.output import Format, print_rows, progress, say

_MIB = 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Table services: what the files of a table are, and what keeps them few.")
    group.command("files")(show_files)
    app.add_typer(group, name="table")


def show_files(
    table: Annotated[str | None, typer.Argument(help="Layer and table, such as dws.meter_day; default: all.")] = None,
    small: Annotated[int, typer.Option("--small", min=1, help="Base files below this many MiB are small.")] = 16,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the files of tables: small ones, logs that wait for a compaction, what is kept of the past and since when.

    It only reads, and may run beside the pipeline at any time.
    """
    from dataclasses import astuple, fields

    from gridseal.settings import load_settings
    from pipelines.observe.files import TableFiles, table_files
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    catalog = load_catalog(loaded)
    wanted = [catalog.table(table)] if table else list(catalog)
    with progress("listing", len(wanted)) as update:
        found = table_files(loaded, wanted, small * _MIB, update)
    rows = [astuple(one) for one in found]
    if format is Format.TABLE:
        rows = [(*counts, _size(now), _size(past), commits, since) for *counts, now, past, commits, since in rows]
    print_rows([field.name for field in fields(TableFiles)], rows, format)
    say(
        f"each table keeps {loaded.retention_hours} h of commits for queries about the past (GRIDSEAL_RETENTION_HOURS);"
        f" small: below {small} MiB"
    )


def _size(count: int) -> str:
    return f"{count / 1e6:,.2f} MB"
