"""replay-dead-letters."""

from typing import Annotated

import typer

from gridseal.commands.options import FormatOption, parse_days
from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.output import Format, print_rows, progress, say

COMMAND = "replay-dead-letters"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(COMMAND)(replay_dead_letters)


def replay_dead_letters(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing; show what would be sent.")] = False,
    reason: Annotated[str, typer.Option(help="Only one kind of reason, such as out_of_range.")] = "",
    first: Annotated[str, typer.Option("--from", help="First day on which they came, yyyy-MM-dd.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day on which they came; default: the first.")] = "",
    format: FormatOption = Format.TABLE,
) -> None:
    """Send dead letters that the contracts of today accept again to their topic, each reading once.

    They flow through every layer as any message does. What the lake holds already is not sent: the command may be
    ended and given again at any time.
    """
    from gridseal.settings import load_settings
    from gridseal.sql_access import ensure_sql
    from pipelines.observe.dead_letters import KINDS, OTHER
    from pipelines.redrive.run import redrive
    from warehouse.catalog import load_catalog

    days = parse_days(first, last, f"gridseal {COMMAND}")
    if reason and reason not in (*KINDS, OTHER):
        raise GridsealError(
            f"{reason!r} is no kind of reason; allowed: {', '.join((*KINDS, OTHER))}",
            f"gridseal {COMMAND} --dry-run counts them by kind",
            WRONG_USAGE,
        )
    settings = load_settings()
    address = ensure_sql(settings)
    with progress("replaying") as update:
        outcomes = redrive(settings, load_catalog(settings), address, update, days, reason, dry_run)
    rows = [(o.kind, o.letters, o.accepted, o.there, o.sent) for o in outcomes]
    names = ("reason", "dead_letters", "accepted_now", "in_the_lake", "to_send" if dry_run else "sent")
    print_rows(names, rows, format)
    sent = sum(outcome.sent for outcome in outcomes)
    if dry_run:
        say(f"{sent:,} would be sent" + (f"; next:  gridseal {COMMAND}" if sent else ""))
    else:
        say(f"{sent:,} messages were sent again" + ("; next:  gridseal reconcile" if sent else ""))
