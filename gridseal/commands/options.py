"""Options that several commands share."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.errors import WRONG_USAGE, GridsealError
from gridseal.output import Format

if TYPE_CHECKING:
    from datetime import date, timedelta

    from pipelines.batch.days import Days

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SPAN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

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


def parse_day(text: str, command: str) -> "date":
    """A day.

    Raises:
        GridsealError: It is none.
    """
    from datetime import date

    return date.fromisoformat(_day(text, command))


def parse_span(text: str, command: str) -> "timedelta":
    """A span of time, such as 90m, 26h or 2d.

    Raises:
        GridsealError: It is none.
    """
    from datetime import timedelta

    if not (found := _SPAN.fullmatch(text)):
        raise GridsealError(
            f"{text!r} is no span of time; allowed: such as 90m, 26h, 2d", f"{command} --help", WRONG_USAGE
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _day(text: str, command: str) -> str:
    from datetime import date

    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise GridsealError(f"{text!r} is not a day; yyyy-MM-dd is needed", f"{command} --help", WRONG_USAGE)
