"""What a command prints: rich tables for people, JSON or CSV for programs."""

import csv
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from gridseal.errors import GridsealError

_PIPE_WIDTH = 200
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
# A value must not steer the terminal: escape and its like are shown as what they are.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def print_rows(names: Sequence[str], rows: Sequence[Sequence[Any]], format: Format, title: str = "") -> None:
    """Print rows to standard output.

    Args:
        names: Column names.
        rows: One sequence a row; decimals keep their digits in every format.
        format: For people or for programs.
        title: Heading of the table for people.

    Raises:
        GridsealError: Two columns have one name, of which JSON would keep one.
    """
    if format is Format.JSON:
        if twice := [name for name in names if list(names).count(name) > 1]:
            raise GridsealError(
                f"two columns are named {twice[0]}, of which JSON would keep one", "name one of them AS"
            )
        print_json([dict(zip(names, map(_finite, row), strict=True)) for row in rows])
    elif format is Format.CSV:
        _print_csv([list(names), *([_text(value) for value in row] for row in rows)])
    else:
        _print_table(names, rows, title)


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become texts, as Spark's to_json writes them."""
    return _NOT_FINITE[str(value)] if isinstance(value, float) and not math.isfinite(value) else value


def print_json(value: Any) -> None:
    """Print a value as JSON; decimals as strings, so that no digit is lost."""
    print(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def say(text: str) -> None:
    """Print a line for people to standard error, where it does not mix with what programs read."""
    _stderr().print(text, highlight=False, soft_wrap=True)


def tell_every(seconds: float) -> Callable[[str], None]:
    """A function that says one text in so many seconds, and none before as many have passed."""
    last = time.monotonic()

    def tell(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            say(text)

    return tell


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Any]:
    """A progress bar on standard error; call the value with (done, total, description)."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=_stderr(), transient=True) as bar:
        task = bar.add_task(description, total=total)

        def update(done: int, total: int, description: str | None = None) -> None:
            if description is None:
                bar.update(task, completed=done, total=total)
            else:
                bar.update(task, completed=done, total=total, description=description)

        yield update


def _stderr() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def _print_csv(rows: Sequence[Sequence[str]]) -> None:
    plain = csv.writer(sys.stdout, lineterminator="\n")
    # The writer quotes a line feed but not a lone carriage return, at which a reader ends the row.
    quoted = csv.writer(sys.stdout, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        (quoted if any("\r" in value for value in row) else plain).writerow(row)


def _print_table(names: Sequence[str], rows: Sequence[Sequence[Any]], title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    # A file or a pipe has no width of its own; do not break words for it.
    # Values are data: [red] in one of them is text, not a style.
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, markup=False, emoji=False)
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for index, name in enumerate(names):
        numeric = bool(rows) and all(_is_number(row[index]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_text(value).translate(_CONTROLS) for value in row))
    console.print(table)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        digits = "seconds" if not value.microsecond else "microseconds" if value.microsecond % 1000 else "milliseconds"
        return value.isoformat(sep=" ", timespec=digits)
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, Path | UUID | timedelta | clock):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
