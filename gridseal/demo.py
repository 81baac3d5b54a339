"""``make run``: from nothing to answers, each step timed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from gridseal.commands.feed import ensure_grid
from gridseal.commands.lake import show_brief
from gridseal.commands.services import tell
from gridseal.output import progress, say

if TYPE_CHECKING:
    from datetime import date

    from gridseal.settings import Settings
    from warehouse.catalog import Catalog


def run_demo(meters: int, seed: int, timeout_s: float) -> bool:
    """Start everything, feed one day, reconcile, show insight.

    Args:
        meters: Meters of the grid, if the database is empty.
        seed: Seed of the grid, likewise.
        timeout_s: Seconds that the pipeline may take to catch up.

    Returns:
        Whether every number agrees.
    """
    import stack
    from gridseal.insight import show_insight
    from gridseal.model_process import missing
    from gridseal.photograph_demo import import_photographs, show_defects
    from gridseal.settings import load_settings
    from models.register import register
    from pipelines.reconcile.run import reconcile
    from pipelines.sources.business import apply_changes
    from pipelines.sources.business.capture import wait_until_captured
    from pipelines.sources.meters import MeterOptions, feed_day
    from pipelines.streaming.submit import start
    from warehouse.catalog import load_catalog

    began = time.monotonic()
    settings = load_settings()
    catalog = load_catalog(settings)
    with _step("services: HDFS, Kafka, MariaDB, Flink, the chain"):
        stack.up(settings, tell)
    with _step("business database: regions, feeders, customers, tariffs, tickets"):
        grid = ensure_grid(settings, seed, meters, None)
    with _step(f"pipeline: {len(catalog.tables)} tables"):
        started = start(settings, catalog, lambda what: say(f"  {what}"))
        say(f"  {started.job.tasks} tasks run" + ("" if started.submitted else "; it ran already"))
        wait_until_captured(settings, timeout_s)
    # Spark takes as long to start as the stream takes to read the day.
    warming = Thread(target=_warm, args=(settings,))
    warming.start()
    with _step(f"business changes of {grid.first_day}: moves, prices, deletes, tickets"):
        changes = apply_changes(settings, grid, grid.first_day)
        say(f"  {changes.applied_now} of {changes.changes} changes made now")
    with (
        _step(f"readings of {grid.first_day}: {grid.meters} meters, every minute"),
        progress("sending readings") as update,
    ):
        options = MeterOptions(meters=grid.meters, seed=grid.seed, first_day=grid.first_day)
        summary = feed_day(settings, grid.first_day, options, update)
    say(f"  {summary.messages:,} messages: " + ", ".join(f"{count:,} {kind}" for kind, count in summary.kinds.items()))
    without_models = missing()
    with _step("photographs of equipment, and a detector of defects that reads along"):
        say(f"  {import_photographs(settings, grid)} photographs imported now")
        if without_models:
            say(f"  not started: {without_models}; make torch (5 GB), then: gridseal up --with detector")
        else:
            register(settings, settings.model_dir)
            stack.start(settings, "detector", report=tell)
    warming.join()
    with _step("reconciliation"), progress("reconciling") as update:
        lines = reconcile(settings, catalog, (settings.host, settings.sql_port), timeout_s, update)
    show_brief(lines)
    show_insight(settings, grid.first_day.isoformat(), summary.feed_id)
    if not without_models:
        show_defects(settings, grid.first_day.isoformat())
    _show_proofs(settings, catalog, grid.first_day)
    _show_next(settings, time.monotonic() - began)
    return all(line.ok for line in lines)


def _show_proofs(settings: "Settings", catalog: "Catalog", day: "date") -> None:
    from gridseal.notary_demo import prove_bill, seal_lake, show_forgery
    from gridseal.notary_office import keeper
    from notary.office import open_office

    with open_office(settings, catalog, keeper(settings)) as office, office.alone(lambda: None):
        with _step("notary: every partition sealed, the checkpoint of all seals written to the chain"):
            seal_lake(office)
        with _step("a bill proven, and verified from its file"):
            prove_bill(settings, office, day)
        with _step("a bill made a cent cheaper in a copy of its Parquet file, and audited"):
            show_forgery(office, day)


def _warm(settings: "Settings") -> None:
    from gridseal.errors import GridsealError
    from gridseal.sql_access import ensure_sql
    from stack import StackError

    try:
        ensure_sql(settings)
    except (GridsealError, StackError) as error:
        say(f"  {error}")


@contextmanager
def _step(what: str) -> Iterator[None]:
    say(f"[bold]{what}[/bold]")
    began = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - began:.1f} s")


def _show_next(settings: "Settings", seconds: float) -> None:
    lines: list[tuple[str, Any]] = [
        ("Flink", settings.flink_url),
        ("HDFS", settings.webhdfs_url),
        ("query", '.venv/bin/gridseal sql "SELECT * FROM ads.customer_daily_bill LIMIT 5"'),
        ("checks", ".venv/bin/gridseal check"),
        ("columns and units", ".venv/bin/gridseal describe ads.feeder_loss"),
        ("proofs", ".venv/bin/gridseal prove --help; .venv/bin/gridseal audit"),
        ("stop", "make down"),
    ]
    say(f"\n[bold]The lake runs[/bold] ({seconds:.0f} s). Where to look next:")
    for what, where in lines:
        say(f"  {what:<18} {where}")
