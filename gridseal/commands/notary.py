"""notary status, publish, forget, deploy."""

from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption, WaitOption, parse_day, parse_span
from gridseal.errors import CHECK_FAILED, PENDING, GridsealError
from gridseal.notary_office import nights_told, open_here, print_checkpoints, publish_tables, say_waiting
from gridseal.output import Format, say

if TYPE_CHECKING:
    from notary.night import Sealing


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The notary: what is sealed and anchored, and the contract on the chain.")
    group.command("status")(status)
    group.command("publish")(publish)
    group.command("forget")(forget)
    group.command("deploy")(deploy)
    app.add_typer(group, name="notary")


def status(
    night: Annotated[
        str,
        typer.Option("--night", help="Only this night, yyyy-MM-dd: exit code 1 unless it is sealed, 4 until final."),
    ] = "",
    expect_within: Annotated[
        str,
        typer.Option(help="Such as 26h: exit code 1 unless a night was sealed so long ago at most, and is final."),
    ] = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the checkpoints, the newest first, the nights, and how many partitions have been sealed.

    With --expect-within it is a dead-man's switch for cron or a monitor: it needs neither Airflow nor a service, and
    says by its exit code whether the nightly anchoring goes on.
    """
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from notary.night import night_figures

    limit = parse_span(expect_within, "gridseal notary status") if expect_within else None
    wanted = parse_day(night, "gridseal notary status") if night else None
    now = datetime.now(UTC)
    with open_here() as office:
        checkpoints, seals, contract = office.checkpoints.all(), len(office.log), office.contract
        partitions = sum(len(office.log.newest(table.name)) for table in office.catalog)
        origin = office.log.origin
        figures = night_figures(office.connection, checkpoints, now, ZoneInfo(office.settings.grid_timezone))
    if wanted:
        _show_night(next((one for one in figures.nights if one.night == wanted), None), night, format)
        return
    print_checkpoints(checkpoints, format)
    say(f"{origin}: {partitions} partitions, {seals:,} seals; contract {contract or 'not made yet'}")
    say(nights_told(figures))
    if limit is not None and not any(one.final and now - one.sealed_at <= limit for one in figures.nights):
        last = figures.last_final
        raise GridsealError(
            f"no night was sealed and final within {expect_within}; the last one: "
            + (f"{last.night}, sealed at {last.sealed_at:%Y-%m-%d %H:%M} UTC" if last else "none"),
            "gridseal notarize",
            CHECK_FAILED,
        )


def _show_night(found: "Sealing | None", night: str, format: Format) -> None:
    if found is None:
        raise GridsealError(f"the night of {night} is not sealed", f"gridseal notarize --night {night}", CHECK_FAILED)
    print_checkpoints([found.anchored] if found.anchored else [], format)
    state = "final" if found.final else "not final yet"
    say(f"night of {night}: sealed at {found.sealed_at:%Y-%m-%d %H:%M} UTC, {state}")
    if not found.final:
        raise typer.Exit(PENDING)


def forget(
    table: Annotated[str, typer.Argument(help="Layer and table.")],
    key: Annotated[list[str], typer.Argument(help="Values of its key in the contract's order, or each as name=value.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, such as a request by its number; it is kept.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy the salt of a row in every seal: nothing proves the row any more, and all other proofs stay valid.

    It cannot be undone. Delete the row at its source first: what is still in the lake gets a new salt at the next seal.
    """
    from notary.proving import parse_key
    from notary.sealing.forget import forget as destroy

    with open_here() as office, office.alone(say_waiting):
        wanted = office.catalog.table(table)
        parsed = parse_key(wanted, key)
        if not yes:
            typer.confirm(f"destroy the salt of {table} {' '.join(key)} for good?", abort=True)
        destroyed = destroy(office.settings, office.forgotten, wanted, parsed, reason)
    if not destroyed:
        raise GridsealError(f"no seal of {table} has a salt of {' '.join(key)}", "gridseal notary status", CHECK_FAILED)
    say(f"{destroyed} salts destroyed")


def publish() -> None:
    """Bring ads.seal_register and ads.audit_status up to date with the notary's record; notarize does it, too."""
    with open_here() as office, office.alone(say_waiting):
        publish_tables(office)


def deploy(wait: WaitOption = 120) -> None:
    """Make the contract on the chain and open it for this lake, signed by admin.key.

    On the chain of this stack, anchor does it by itself.
    """
    with open_here() as office, office.alone(say_waiting):
        address = office.anchorage().deploy(wait, say)
    print(address)
