"""Options that several commands share."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.output import Format

if TYPE_CHECKING:
    from pipelines.batch.days import Days

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

FormatOption = Annotated[Format, typer.Option("--format", "-f", help="table for people; json or csv for programs.")]
WaitOption = Annotated[
    float,
    typer.Option("--wait", min=0, help="Seconds to wait until the checkpoint is final; it goes on at the next run."),
]


def parse_days(first: str, last: str, command: str) -> "Days | None":
    """The days from --from to --to; None if neither is given.

    Raises:
        GridsealError: One of them is not a day, or the first is after the last.
    """
    from pipelines.batch.days import Days

    if not first and not last:
        return None
    days = Days(_day(first, command), _day(last or first, command))
    if days.first > days.last:
        raise GridsealError(f"--from {days.first} is after --to {days.last}", f"{command} --help", WRONG_USAGE)
    return days


def _day(text: str, command: str) -> str:
    from datetime import date

    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise GridsealError(f"{text!r} is not a day; yyyy-MM-dd is needed", f"{command} --help", WRONG_USAGE)
