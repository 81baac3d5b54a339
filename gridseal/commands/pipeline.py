"""pipeline start, stop, status."""

import time
from typing import Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import NO_SERVICE
from gridseal.output import Format, print_rows, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The streaming job that carries every message from the sources to ADS.")
    group.command("start")(start)
    group.command("stop")(stop)
    group.command("status")(status)
    app.add_typer(group, name="pipeline")


def start() -> None:
    """Submit the job compiled from the warehouse, from its newest savepoint or checkpoint; never a second one."""
    from gridseal.settings import load_settings
    from pipelines.streaming.submit import start as start_pipeline
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    began = time.monotonic()
    started = start_pipeline(
        loaded, load_catalog(loaded), lambda what: say(f"  {time.monotonic() - began:5.1f} s  {what}")
    )
    if started.submitted:
        say(f"the pipeline runs: {started.job.tasks} tasks, after {time.monotonic() - began:.1f} s")
    else:
        say("the pipeline runs already")


def stop(
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that the savepoint may take.")] = 120,
) -> None:
    """Take a savepoint and stop the job; pipeline start continues from there."""
    from gridseal.settings import load_settings
    from pipelines.streaming.cluster import current_job, stop_with_savepoint

    loaded = load_settings()
    job = current_job(loaded)
    if job is None:
        say("the pipeline does not run")
        return
    path = stop_with_savepoint(loaded, job.id, timeout)
    say(f"the pipeline has stopped with {path}")


def status(format: FormatOption = Format.TABLE) -> None:
    """Show the job, its newest checkpoint, what it has not read yet, its last failure; exit 3 if it does not run."""
    from gridseal.settings import load_settings
    from pipelines.reconcile.messages import lag
    from pipelines.streaming.cluster import current_job, last_checkpoint, last_failure
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    job = current_job(loaded)
    if job is None:
        print_rows(("pipeline", "value"), [("state", "does not run")], format)
        say("next:  gridseal pipeline start")
        raise typer.Exit(NO_SERVICE)
    covered, produced = lag(loaded, load_catalog(loaded))
    rows: list[tuple[str, object]] = [
        ("state", job.state),
        ("tasks", f"{job.tasks_running} of {job.tasks} run"),
        ("up for, s", round(job.uptime_s)),
        ("messages produced", produced),
        ("of them in a checkpoint", covered),
    ]
    if checkpoint := last_checkpoint(loaded, job.id):
        age = time.time() - checkpoint.completed_ms / 1000
        rows += [
            ("newest checkpoint", checkpoint.id),
            ("its age, s", round(age, 1)),
            ("its duration, s", checkpoint.duration_ms / 1000),
            ("its size, MB", round(checkpoint.size / 1e6, 1)),
        ]
    if failure := last_failure(loaded, job.id):
        rows.append(("last failure", failure))
    rows.append(("web page", loaded.flink_url))
    print_rows(("pipeline", "value"), rows, format)
    if not job.healthy:
        raise typer.Exit(NO_SERVICE)
