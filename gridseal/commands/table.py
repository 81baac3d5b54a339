"""table files, compact, clean, cluster."""

from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from pipelines.batch.services import Service

_MIB = 1024 * 1024


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Table services: what the files of a table are, and what keeps them few.")
    group.command("files")(show_files)
    group.command("compact")(compact)
    group.command("clean")(clean)
    group.command("cluster")(cluster)
    app.add_typer(group, name="table")


TablesArgument = Annotated[
    list[str] | None, typer.Argument(help="Layer and table, one or more; default: all that it is for.")
]
PauseOption = Annotated[bool, typer.Option("--pause", help="Stop the pipeline with a savepoint for the time of it.")]


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


def compact(tables: TablesArgument = None, pause: PauseOption = False, format: FormatOption = Format.TABLE) -> None:
    """Merge what waits in log files into base files, so that queries no longer do.

    The pipeline compacts by itself, after every fifth commit of a table; this finishes what it has planned, and plans
    more for tables in which no writer has left an instant in flight. A table has one writer at a time: while the
    pipeline runs, its tables are refused unless --pause is given. Where no log file waits, nothing is paused.
    """
    from pipelines.batch.services import compact as service

    _serve(service, tables, pause, format)


def clean(tables: TablesArgument = None, pause: PauseOption = False, format: FormatOption = Format.TABLE) -> None:
    """Remove files that no query about the past may ask for any more, by GRIDSEAL_RETENTION_HOURS.

    The pipeline cleans by itself, after its commits; this is for a table that commits no longer, or after a shorter
    retention. While the pipeline runs, its tables are refused unless --pause is given. Where no table has more commits
    than are kept, nothing is paused.
    """
    from pipelines.batch.services import clean as service

    _serve(service, tables, pause, format)


def cluster(tables: TablesArgument = None, format: FormatOption = Format.TABLE) -> None:
    """Write the rows of tables anew into few files, sorted by their keys; for tables that Spark makes.

    Flink finds a bucket by the name of its file, and could not write a clustered table again: its tables are refused.
    """
    from pipelines.batch.services import cluster as service

    _serve(service, tables, False, format)


def _serve(service: "Service", tables: list[str] | None, pause: bool, format: Format) -> None:
    import time
    from contextlib import nullcontext

    from gridseal.settings import load_settings
    from pipelines.batch.services import idle, refuse_unfit, why_not
    from pipelines.observe.files import table_files
    from pipelines.streaming.child import in_child
    from pipelines.streaming.pause import paused
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    catalog = load_catalog(loaded)
    wanted = [catalog.table(name) for name in tables or ()] or [t for t in catalog if not why_not(service, t)]
    refuse_unfit(service, wanted)
    before, began = table_files(loaded, wanted, _MIB), time.monotonic()
    if not tables:
        before = [one for one in before if one.commits]
        wanted = [catalog.table(one.table) for one in before]
    served = [catalog.table(one.table) for one in before if not idle(service, loaded, one)]
    streamed = any(table.mode == "stream" for table in served)
    with (
        paused(loaded, catalog, say) if pause and streamed else nullcontext(),
        progress(f"{service.__name__}: {', '.join(table.name for table in served)}"),
    ):
        if served:
            in_child(loaded, service, loaded, catalog, [table.name for table in served])
    after = table_files(loaded, wanted, _MIB)
    size = _size if format is Format.TABLE else int
    rows = [
        (a.table, b.files, a.files, b.log_files, a.log_files, size(b.past_bytes), size(a.past_bytes))
        for b, a in zip(before, after, strict=True)
    ]
    counts = [name + when for name in ("files", "log_files", "past_bytes") for when in ("_before", "")]
    print_rows(("table", *counts), rows, format)
    rest = f"; {len(rows) - len(served)} had nothing to do" if len(served) < len(rows) else ""
    say(f"{len(served)} tables in {time.monotonic() - began:.1f} s{rest}")


def _size(count: int) -> str:
    return f"{count / 1e6:,.2f} MB"
