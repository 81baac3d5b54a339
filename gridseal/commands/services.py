"""up, down, serve, status, doctor, clean, settings."""

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import CHECK_FAILED, NO_SERVICE, WRONG_USAGE, GridsealError
from gridseal.output import Format, print_json, print_rows, say

if TYPE_CHECKING:
    from gridseal.settings import Settings


class OnDemand(StrEnum):
    """Services that are not started by themselves."""

    SQL = "sql"
    DETECTOR = "detector"
    AIRFLOW = "airflow"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("serve")(serve)
    app.command("status")(status)
    app.command("doctor")(doctor)
    app.command("clean")(clean)
    app.command("settings")(settings)


def up(
    further: Annotated[
        list[OnDemand] | None,
        typer.Option(
            "--with",
            help="Also start sql, for jdbc:hive2, detector, which tells defects on photographs as they come, or"
            " airflow, which runs the nights.",
        ),
    ] = None,
) -> None:
    """Start HDFS, Kafka, MariaDB and Flink; nothing is started twice. A pipeline that ran before goes on."""
    import stack
    from gridseal import model_process
    from gridseal.settings import load_settings
    from models.register import register as register_model
    from pipelines.streaming.cluster import current_job
    from pipelines.webhdfs import close_to_others
    from stack import airflow

    began = time.monotonic()
    settings = load_settings()
    if OnDemand.DETECTOR in (further or ()):
        model_process.require()
    if OnDemand.AIRFLOW in (further or ()):
        airflow.require()
    stack.up(settings, tell)
    if settings.tls_dir:
        close_to_others(settings)
    for service in further or ():
        if service is OnDemand.DETECTOR:
            # Each of its answers names a model that the lake knows.
            version, _ = register_model(settings, settings.model_dir)
        stack.start(settings, *_parts(settings, service), report=tell)
        if service is OnDemand.DETECTOR:
            model_process.refuse_another(settings, version)
    say(f"all services are ready after {time.monotonic() - began:.1f} s")
    if OnDemand.AIRFLOW in (further or ()):
        say(f"Airflow: {airflow.url(settings)}, users {', '.join(airflow.USERS)}; their passwords are in .env")
    if current_job(settings):
        say("the pipeline goes on from its newest checkpoint")
    else:
        say("next:  gridseal pipeline start")


def serve(
    service: Annotated[
        str, typer.Argument(help="One service, by itself, such as sql or airflow-api; else all of this host.")
    ] = "",
) -> None:
    """Run the services that GRIDSEAL_CLUSTER has on this host, in the foreground until SIGTERM, as a container does."""
    from gridseal import model_process
    from gridseal.settings import load_settings
    from models.register import register as register_model
    from stack.serving import serve, serve_one

    settings = load_settings()
    if service == OnDemand.DETECTOR:
        model_process.require()
        register_model(settings, settings.model_dir)
    raise typer.Exit(serve_one(settings, service) if service else serve(settings, tell))


def _parts(settings: "Settings", service: OnDemand) -> list[str]:
    from stack import airflow

    return airflow.service_names(settings) if service is OnDemand.AIRFLOW else [service.value]


def tell(name: str, state: str, seconds: float) -> None:
    """Print a step of a service that a person waits for."""
    if state in ("ready", "failed", "stopped"):
        say(f"  {name:<12} {state} after {seconds:.1f} s")


def down() -> None:
    """Stop every service; nothing is left running. The pipeline goes on from its newest checkpoint after up."""
    import stack
    from gridseal.settings import load_settings

    began = time.monotonic()
    stack.down(load_settings(), tell)
    say(f"everything is stopped after {time.monotonic() - began:.1f} s; gridseal up starts it again")


def status(
    format: FormatOption = Format.TABLE,
    tables: Annotated[bool, typer.Option("--tables", help="Also list the last commit of every table.")] = False,
) -> None:
    """Show each service, then the figures of pipeline and nights; exit 3 if a service is not ready."""
    from gridseal.overview import (
        night_document,
        night_rows,
        part_document,
        pipeline_document,
        pipeline_rows,
        table_rows,
    )
    from gridseal.settings import load_settings
    from gridseal.watching import watch
    from warehouse.catalog import load_catalog

    loaded = load_settings()
    watched = watch(loaded, load_catalog(loaded))
    services = watched.services.value or []
    rows = [
        (s.name, s.state, s.pid, round(s.uptime_s), s.restarts, round(s.rss_mb), s.address, str(s.log))
        for s in services
    ]
    names = ("service", "state", "pid", "uptime_s", "restarts", "memory_mb", "address", "log")
    if format is Format.JSON:
        listed = [dict(zip(names, row, strict=True)) for row in rows]
        print_json(
            {
                "services": part_document(watched.services, lambda _: listed),
                "pipeline": pipeline_document(watched.pipeline),
                "nights": night_document(watched.nights),
            }
        )
    else:
        print_rows(names, rows, format)
    if format is Format.TABLE:
        # What runs on another host does not tell its memory.
        say(f"{sum(s.rss_mb for s in services) / 1024:.1f} GiB in all{' on this host' if loaded.cluster else ''}")
        rows_told = pipeline_rows(watched.pipeline) + night_rows(watched.nights)
        print_rows(("pipeline and nights", "value"), rows_told, format)
        if tables and watched.pipeline.commits.value:
            print_rows(*table_rows(watched.pipeline), format)
    if not watched.services.ok:
        raise GridsealError(watched.services.error, watched.services.hint, NO_SERVICE)
    if any(s.state != "ready" and not s.on_demand for s in services):
        say("next:  gridseal up")
        raise typer.Exit(NO_SERVICE)


def doctor(format: FormatOption = Format.TABLE) -> None:
    """Say what is missing or wrong, and the command that mends it; exit 1 if anything is."""
    import stack
    from gridseal.settings import load_settings

    findings = stack.doctor(load_settings())
    rows = [("ok" if f.ok else "WRONG", f.name, f.detail, f.remedy if not f.ok else "") for f in findings]
    print_rows(("", "looked at", "found", "mend it with"), rows, format)
    if not all(f.ok for f in findings):
        raise typer.Exit(CHECK_FAILED)


def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop everything and remove all state: the lake, Kafka, the database, logs (var/)."""
    import stack
    from gridseal.settings import load_settings

    loaded = load_settings()
    if loaded.var_dir.exists() and not yes and not typer.confirm(f"Remove {loaded.var_dir} with the whole lake?"):
        raise GridsealError("nothing was removed", "gridseal clean --yes", WRONG_USAGE)
    stack.clean(loaded, tell)
    say(f"{loaded.var_dir} is gone; .env with its passwords stays")


def settings(format: FormatOption = Format.TABLE) -> None:
    """List every setting: its name in the environment or .env, its value, what it is."""
    from pydantic import SecretStr

    from gridseal.settings import Settings, load_settings
    from stack.settings import env_name

    loaded = load_settings()
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(loaded, name)
        shown = "(set, hidden)" if isinstance(value, SecretStr) else str(value)
        rows.append((env_name(name), shown, field.description or ""))
    print_rows(("setting", "value", "what it is"), rows, format)
