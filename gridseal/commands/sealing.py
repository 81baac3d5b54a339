"""seal, anchor, notarize."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption, WaitOption, parse_day
from gridseal.errors import CHECK_FAILED, FINE, PENDING, WRONG_USAGE, GridsealError
from gridseal.notary_office import HASH_DIGITS, open_here, print_checkpoints, publish_tables, say_waiting, tell
from gridseal.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from notary.sealing.seal import Outcome


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("seal")(seal)
    app.command("anchor")(anchor)
    app.command("notarize")(notarize)


def seal(
    tables: Annotated[list[str] | None, typer.Argument(help="Layer and table, one or more.")] = None,
    all_tables: Annotated[bool, typer.Option("--all", help="Every table of the lake.")] = False,
    partition: Annotated[
        str | None, typer.Option(help="Only this partition of one table, such as dt=2026-11-20.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also partitions in which nothing has changed.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Seal every partition whose rows have changed since its last seal, as of one instant of its table.

    It only reads the lake, and may run beside the pipeline. Exit code 1: a partition could not be sealed; others are.
    """
    from notary.sealing.seal import seal_tables

    if all_tables == bool(tables) or (partition is not None and len(tables or ()) != 1):
        raise GridsealError(
            "say either --all, or one or more tables; --partition goes with one table",
            "gridseal seal --help",
            WRONG_USAGE,
        )
    began = time.monotonic()
    with open_here() as office, office.alone(say_waiting):
        wanted = list(office.catalog) if all_tables else [office.catalog.table(name) for name in tables or ()]
        with progress("sealing", len(wanted)) as update:
            outcomes = seal_tables(office.settings, office.log, wanted, partition, again, update)
        size = len(office.log)
    failed = _print_outcomes(outcomes, format)
    sealed = sum(outcome.sealed is not None for outcome in outcomes)
    say(f"{sealed} partitions sealed in {time.monotonic() - began:.1f} s, {failed} failed; {size:,} seals in the log")
    if sealed:
        say("next:  gridseal anchor")
    raise typer.Exit(CHECK_FAILED if failed else FINE)


def anchor(wait: WaitOption = 120, format: FormatOption = Format.TABLE) -> None:
    """Write the newest checkpoint of all seals to the contract, and wait until it is final.

    Whatever is stored and not yet mined is sent again, for a higher fee after a while: run it as often as you like.
    A time-stamp authority, if one is set, stamps it too. Exit code 4: not final yet, or not stamped yet.
    """
    from notary.anchors import anchor_newest

    with open_here() as office, office.alone(say_waiting):
        anchored, held = anchor_newest(office.checkpoints, office.anchors(), wait, tell)
    if anchored is None:
        raise GridsealError("nothing is sealed yet", "gridseal seal --all", CHECK_FAILED)
    print_checkpoints([anchored], format)
    raise typer.Exit(FINE if held else PENDING)


def notarize(
    night: Annotated[
        str,
        typer.Option(
            "--night", help="Night of which day, yyyy-MM-dd; default: the last one that is over in the grid's zone."
        ),
    ] = "",
    wait: WaitOption = 600,
    format: FormatOption = Format.TABLE,
) -> None:
    """Do the night's work: seal what has changed, anchor, and audit the partitions whose turn it is.

    Any number of runs of one night make one checkpoint. A night before it that nobody has sealed is sealed with it. A
    partition in which an audit found tampering is audited again in each run. Exit codes: 0 the checkpoint is final and
    nothing was found; 1 a partition could not be sealed, or an audit found tampering; 4 the checkpoint is not final or
    stamped yet.
    """
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from notary.audit.partition import Finding
    from notary.audit.run import summary
    from notary.night import last_ended
    from notary.night import notarize as run

    given = parse_day(night, "gridseal notarize") if night else None
    with open_here() as office, office.alone(say_waiting), progress("night") as update:
        wanted = given or last_ended(datetime.now(UTC), ZoneInfo(office.settings.grid_timezone))
        found = run(office, wanted, wait, tell, update)
        publish_tables(office)
    failed = (
        _print_outcomes(found.outcomes, format)
        if format is Format.TABLE
        else sum(bool(o.error) for o in found.outcomes)
    )
    tampered = [audit for audit in found.audits if audit.finding is Finding.TAMPERED]
    if found.anchored:
        print_checkpoints([found.anchored], format)
    for audit in tampered:
        say(f"tampered: {audit.sealed.seal.table} {audit.sealed.seal.partition}: {summary(audit)}")
    say(f"night of {wanted}: {len(found.outcomes) - failed} sealed, {failed} failed, {len(found.audits)} audited")
    if failed or tampered:
        raise typer.Exit(CHECK_FAILED)
    raise typer.Exit(FINE if found.held else PENDING)


def _print_outcomes(outcomes: "Sequence[Outcome]", format: Format) -> int:
    rows: list[tuple[object, ...]] = []
    for outcome in outcomes:
        if outcome.sealed:
            seal = outcome.sealed.seal
            rows.append(
                (outcome.table, outcome.partition, seal.instant, seal.rows, seal.root.hex()[:HASH_DIGITS], "sealed")
            )
        else:
            rows.append((outcome.table, outcome.partition, None, None, None, outcome.error or "unchanged"))
    if rows or format is not Format.TABLE:
        print_rows(("table", "partition", "instant", "rows", "root", "result"), rows, format)
    return sum(bool(outcome.error) for outcome in outcomes)
