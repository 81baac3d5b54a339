"""The notary of this checkout, as its commands open it, and what several of them print."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridseal.output import Format, print_rows, progress, say

if TYPE_CHECKING:
    from datetime import date

    from gridseal.settings import Settings
    from notary.audit.partition import Difference
    from notary.night import NightFigures
    from notary.office import Office
    from notary.record.checkpoints import Anchored

HASH_DIGITS = 16
"""Of a hash, as far as people compare it."""


@contextmanager
def open_here() -> "Iterator[Office]":
    """The notary at work, by the settings of this checkout.

    Raises:
        GridsealError: A setting is wrong.
        NotaryError: The record cannot be used.
    """
    from notary.office import open_office
    from warehouse.catalog import load_catalog

    loaded = load()
    with open_office(loaded, load_catalog(loaded), keeper(loaded), deploys=loaded.embedded_chain) as office:
        yield office


def keeper(loaded: "Settings") -> Callable[[int], None]:
    """The node of this stack loses what it has not saved if it is killed; others are several."""
    from stack.chain import await_saved

    return (lambda block: await_saved(loaded, block)) if loaded.embedded_chain else (lambda _: None)


def load() -> "Settings":
    """All settings."""
    from gridseal.settings import load_settings

    return load_settings()


def say_waiting() -> None:
    """Tell that another run goes on."""
    say("another run of the notary goes on; waiting for its end")


def tell(text: str) -> None:
    """What a node or an authority has said is text: [red] in it is no style."""
    from rich.markup import escape

    say(escape(text))


def print_checkpoints(checkpoints: "list[Anchored]", format: Format) -> None:
    """Print checkpoints, and the blocks that they are held by."""
    from datetime import UTC, datetime

    from notary.verify.evm import parse_header

    rows = []
    for one in checkpoints:
        block = parse_header(one.evidence.header) if one.evidence else None
        rows.append(
            (
                one.checkpoint.size,
                one.checkpoint.root.hex(),
                one.made_at,
                str(one.state),
                block and block.number,
                block and datetime.fromtimestamp(block.timestamp, UTC),
                one.stamps[0].time if one.stamps else None,
            )
        )
    print_rows(("seals", "root", "made at", "state", "block", "block time", "stamped"), rows, format)


def nights_told(figures: "NightFigures") -> str:
    """How the nightly anchoring goes on, in a line."""
    told = (
        f"{len(figures.nights)} night{'' if len(figures.nights) == 1 else 's'} sealed",
        f"{_days(figures.late)} of them late",
        f"{_days(figures.missing)} missing",
        f"{_days(figures.pending)} not final yet",
    )
    return ", ".join(told)


def _days(days: "Sequence[date]") -> str:
    """How many, and which, as far as one can read them."""
    shown = ", ".join(map(str, days[:5])) + (", ..." if len(days) > 5 else "")
    return f"{len(days)} ({shown})" if days else "none"


def publish_tables(office: "Office") -> None:
    """Write the tables of the record; Spark runs in a process of its own."""
    from notary.publishing import publish as run
    from pipelines.streaming.child import in_child

    with progress("writing ads.seal_register, ads.audit_status"):
        made = in_child(office.settings, run, office.settings, office.catalog)
    for one in made:
        say(f"{one.table}: {len(one.replaced)} days written")


def told(difference: "Difference") -> dict[str, str]:
    """A row that differs, in words."""
    commit = difference.commit
    return {
        "row": ", ".join(f"{name}={value}" for name, value in difference.key.items()),
        "is": str(difference.kind),
        "old leaf": difference.old_leaf.hex()[:HASH_DIGITS] if difference.old_leaf else "",
        "new leaf": difference.new_leaf.hex()[:HASH_DIGITS] if difference.new_leaf else "",
        "accounted for by": f"{commit.action} {commit.instant} {commit.operation}" if commit else "nobody",
    }
