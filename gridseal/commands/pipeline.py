"""pipeline start, stop, restart, status."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import NO_SERVICE, WRONG_USAGE, GridsealError
from gridseal.output import Format, print_rows, say

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from warehouse.catalog import Catalog


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The streaming job that carries every message from the sources to ADS.")
    group.command("start")(start)
    group.command("stop")(stop)
    group.command("restart")(restart)
    group.command("status")(status)
    app.add_typer(group, name="pipeline")


def start() -> None:
    """Submit the job compiled from the warehouse, from its newest savepoint or checkpoint; never a second one."""
    from gridseal.settings import load_settings
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    _start(loaded, load_catalog(loaded))


def _start(loaded: "Settings", catalog: "Catalog") -> None:
    from pipelines.streaming.submit import start as start_pipeline

    began = time.monotonic()
    started = start_pipeline(loaded, catalog, lambda what: say(f"  {time.monotonic() - began:5.1f} s  {what}"))
    if started.submitted:
        say(f"the pipeline runs: {started.job.tasks} tasks, after {time.monotonic() - began:.1f} s")
    else:
        say("the pipeline runs already")


def stop(
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that the savepoint may take.")] = 330,
) -> None:
    """Take a savepoint and stop the job; pipeline start continues from there."""
    from gridseal.settings import load_settings
    from pipelines.streaming import submit
    from pipelines.streaming.cluster import current_job

    loaded = load_settings()
    job = current_job(loaded)
    if job is None:
        say("the pipeline does not run")
        return
    say(f"the pipeline has stopped with {submit.stop(loaded, job.id, timeout)}")


def restart(
    from_scratch: Annotated[
        bool,
        typer.Option("--from-scratch", help="Remove every table and all state first, and read all sources anew."),
    ] = False,
    accept_loss: Annotated[
        bool,
        typer.Option("--accept-loss", help="Go on after messages that Kafka deleted unread, and put them on record."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that the savepoint may take.")] = 330,
) -> None:
    """Stop the job with a savepoint and submit it again from there, as the warehouse is now.

    Where contracts or transforms have changed, their tables are made anew from ODS, and so is the state of the job.
    """
    import stack
    from gridseal.settings import load_settings
    from pipelines.streaming import scratch
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    catalog = load_catalog(loaded)
    if from_scratch and accept_loss:
        raise GridsealError(
            "--accept-loss goes on from the newest checkpoint, --from-scratch begins anew; only one can be had",
            "gridseal pipeline restart --help",
            WRONG_USAGE,
        )
    other_columns = from_scratch
    if accept_loss:
        _accept_loss(loaded, catalog, yes)
    elif not from_scratch:
        other_columns = _stop_or_replay(loaded, catalog, timeout)
    else:
        lost = scratch.discarded(loaded, catalog)
        say(f"this removes {lost.tables} tables ({lost.lake_bytes / 1e6:,.1f} MB) and {lost.state or 'no state'}")
        say(f"Kafka holds {scratch.messages_in_kafka(loaded, catalog):,} messages, which are read again")
        for topic, count in lost.messages_gone.items():
            say(f"[bold]{count:,} older messages of {topic} are no longer in Kafka: their rows are lost[/bold]")
        say(
            "the business database is read as it is now: [bold]versions that the lake holds of its past are lost[/bold]"
        )
        if not yes and not typer.confirm("Start from scratch?"):
            raise GridsealError("nothing was removed", "gridseal pipeline restart --from-scratch --yes", WRONG_USAGE)
        scratch.remove(loaded, catalog)
    _start(loaded, catalog)
    if other_columns:
        # It may know the tables by their columns of before; the next query starts it.
        stack.stop(loaded, "sql")


def _stop_or_replay(loaded: "Settings", catalog: "Catalog", timeout: float) -> bool:
    """Whether the next start begins with a replay."""
    from pipelines.streaming import compiled
    from pipelines.streaming.upgrade import prepare_replay

    known = compiled.load(loaded)
    changed = known.changed(compiled.compiled_from(catalog)) if known else []
    if not changed:
        stop(timeout)
        return False
    say(f"{', '.join(changed)} changed; the state of the job fits no other SQL and is made anew from ODS")
    replay = prepare_replay(loaded, catalog, lambda what: say(f"  {what}"), timeout)
    say(f"the pipeline has stopped with {replay.savepoint}, where its sources go on")
    if replay.first_open:
        say(f"the stream reads the days from {replay.first_open} on once more")
    if replay.remade:
        say(f"a batch run makes {', '.join(replay.remade)} anew, all days")
    return True


def _accept_loss(loaded: "Settings", catalog: "Catalog", yes: bool) -> None:
    from pipelines.streaming.ending import end_job
    from pipelines.streaming.losses import find_losses, record_losses

    losses = find_losses(loaded, catalog)
    if not losses:
        raise GridsealError("Kafka holds every message that was not read: nothing is lost", "gridseal pipeline start")
    for loss in losses:
        say(f"[bold]{loss} are no longer in Kafka and were never read[/bold]")
    say("they stay on record: gridseal reconcile shows them as lost")
    if not yes and not typer.confirm("Go on without them?"):
        raise GridsealError("nothing was accepted", "gridseal pipeline restart --accept-loss --yes", WRONG_USAGE)
    # No savepoint can be taken of a job that fails; its newest checkpoint is where it goes on.
    end_job(loaded)
    record_losses(loaded, losses)


def status(format: FormatOption = Format.TABLE) -> None:
    """Show the job, its newest checkpoint, what it has not read yet, its last failure; exit 3 if it does not run."""
    from gridseal.settings import load_settings
    from pipelines.streaming.cluster import current_job, last_checkpoint, last_failure
    from pipelines.streaming.lag import lag
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
