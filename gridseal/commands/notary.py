"""notary status, publish, forget, deploy."""

from typing import Annotated

import typer

from gridseal.commands.options import FormatOption, WaitOption
from gridseal.errors import CHECK_FAILED, GridsealError
from gridseal.notary_office import open_here, print_checkpoints, publish_tables, say_waiting
from gridseal.output import Format, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The notary: what is sealed and anchored, and the contract on the chain.")
    group.command("status")(status)
    group.command("publish")(publish)
    group.command("forget")(forget)
    group.command("deploy")(deploy)
    app.add_typer(group, name="notary")


def status(format: FormatOption = Format.TABLE) -> None:
    """Show the checkpoints, the newest first, and how many partitions have been sealed."""
    with open_here() as office:
        checkpoints, seals, contract = office.checkpoints.all(), len(office.log), office.contract
        partitions = sum(len(office.log.newest(table.name)) for table in office.catalog)
        origin = office.log.origin
    print_checkpoints(checkpoints, format)
    say(f"{origin}: {partitions} partitions, {seals:,} seals; contract {contract or 'not made yet'}")


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
