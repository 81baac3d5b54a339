"""metrics."""

import sys
from typing import Annotated

import typer

from gridseal.output import say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("metrics")(metrics)


def metrics(
    serve: Annotated[
        int | None,
        typer.Option("--serve", metavar="PORT", min=1024, max=65535, help="Answer scrapes on this port until ended."),
    ] = None,
) -> None:
    """Print the figures of services and pipeline in Prometheus' text format, or serve them; starts no service."""
    from gridseal import exposition
    from gridseal.settings import load_settings
    from gridseal.watching import watch
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    catalog = load_catalog(loaded)
    if serve is None:
        sys.stdout.write(exposition.text(lambda: watch(loaded, catalog)))
        return
    thread = exposition.serve(lambda: watch(loaded, catalog), loaded.host, serve)
    say(f"metrics at http://{loaded.host}:{serve}/metrics until Ctrl-C")
    thread.join()
