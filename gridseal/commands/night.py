"""night."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption, parse_day
from gridseal.errors import CHECK_FAILED, WRONG_USAGE, GridsealError
from gridseal.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from gridseal.airflow_client import AirflowClient, TaskRun

_STARTED = ("defect_detection", "batch_marts", "lake_maintenance", "freshness")
_OF_NO_DAY = ("freshness",)
_FOLLOWS = {"batch_marts": "nightly_notary"}
"""What Airflow starts by itself after one of them."""
_OF_A_NIGHT = len(_STARTED) + len(_FOLLOWS)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("night")(night)


def night(
    date: Annotated[str, typer.Option("--date", help="The day that the night is for, yyyy-MM-dd; it must be over.")],
    to: Annotated[str, typer.Option("--to", help="The last day, if it is for several.")] = "",
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that each night may take.")] = 3600,
    format: FormatOption = Format.TABLE,
) -> None:
    """Let Airflow do a night's work now, for a day, and wait for its end; exit 1 if a task failed.

    Runs defect_detection, batch_marts, which nightly_notary follows, lake_maintenance and freshness, one after the
    other. Any number of nights for one day end in the same tables and one checkpoint.
    """
    from zoneinfo import ZoneInfo

    from gridseal.airflow_client import AirflowClient, TaskRun
    from gridseal.settings import load_settings
    from notary.night import refuse_unended

    first = parse_day(date, "gridseal night")
    last = parse_day(to, "gridseal night") if to else first
    if first > last:
        raise GridsealError(f"--date {first} is after --to {last}", "gridseal night --help", WRONG_USAGE)
    settings = load_settings()
    refuse_unended(last, ZoneInfo(settings.grid_timezone))
    client, failed, done = AirflowClient(settings), list[str](), list[tuple[str, TaskRun]]()
    try:
        for number in range((last - first).days + 1):
            day = str(first + timedelta(days=number))
            with progress(f"night of {day}") as update:
                failed += _do(client, day, time.monotonic() + timeout, update, done)
    finally:
        rows = [
            (day, one.dag, one.task, one.state, None if one.seconds is None else round(one.seconds, 1), one.tries)
            for day, one in done
        ]
        print_rows(("day", "dag", "task", "state", "seconds", "tries"), rows, format)
    if failed:
        say(f"failed: {', '.join(failed)}")
        raise typer.Exit(CHECK_FAILED)
    say(f"{first}" + (f" to {last}" if last > first else "") + f": all of {_OF_A_NIGHT} DAGs succeeded")


def _do(
    client: "AirflowClient",
    day: str,
    deadline: float,
    update: Callable[[int, int, str], None],
    done: "list[tuple[str, TaskRun]]",
) -> list[str]:
    """Run the DAGs of a night, add their tasks to those that are done, and return the runs that failed."""
    ended, failed = 0, list[str]()

    def finish(dag: str, run: str) -> None:
        nonlocal ended

        def tell(tasks: "list[TaskRun]") -> None:
            running = [one.task for one in tasks if one.state == "running"]
            update(ended, _OF_A_NIGHT, " ".join((day, dag, *running)))

        state = client.wait(dag, run, deadline, tell)
        done.extend((day, task) for task in client.tasks(dag, run))
        ended += 1
        if state != "success":
            failed.append(f"{dag} of {day}")

    for dag in _STARTED:
        follower = _FOLLOWS.get(dag)
        known = {run["dag_run_id"] for run in client.runs(follower, day)} if follower else set()
        finish(dag, client.start(dag, None if dag in _OF_NO_DAY else day))
        if follower:
            finish(follower, client.await_run(follower, day, known, deadline))
    return failed
