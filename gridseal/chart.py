"""Charts in the terminal."""

import math
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from numbers import Real
from typing import Any

from gridseal.errors import WRONG_USAGE, GridsealError

Points = tuple[Sequence[float], Sequence[float]]
_SIZE = (100, 18)
_TICKS = 4
_MOST_BARS = 60


class Chart(StrEnum):
    """How an answer is drawn."""

    LINE = "line"
    BAR = "bar"


def draw_lines(title: str, lines: Mapping[str, Points], ticks: tuple[Sequence[float], Sequence[str]] | None) -> None:
    """Draw lines into one chart.

    Args:
        title: Above it.
        lines: What each is called, and its x and y.
        ticks: Places on the x axis, and what stands there; None for its numbers.
    """
    figure = _figure(title)
    for label, (x, y) in lines.items():
        figure.draw(figure.signal(x, y, marker="braille").lines().label(label))
    if ticks:
        figure.ruler("x").ticks(*map(list, ticks))
    _show(figure)


def draw_answer(names: Sequence[str], rows: Sequence[Sequence[Any]], chart: Chart) -> None:
    """Draw the answer of a query: its first column along the x axis, each column of numbers as a line or bars.

    Raises:
        GridsealError: There is nothing to draw, or too much.
    """
    columns = [place for place in range(1, len(names)) if _holds_numbers(rows, place)]
    if not columns:
        what = "no row" if not rows else f"no column of numbers beside the first ({', '.join(names)})"
        raise GridsealError(
            f"the answer has {what}; a chart needs one for the x axis and one or more of numbers",
            'gridseal sql --chart line "SELECT hour_of_day, average_load_kw FROM ads.region_load_curve"',
            WRONG_USAGE,
        )
    title = f"{', '.join(names[place] for place in columns)} by {names[0]}"
    labels = [str(row[0]) for row in rows]
    if chart is Chart.BAR:
        if len(rows) > _MOST_BARS:
            raise GridsealError(
                f"{len(rows):,} bars do not fit; allowed: {_MOST_BARS}", "add LIMIT, or draw a line", WRONG_USAGE
            )
        figure = _figure(title)
        heights = [[_number(row[place]) for row in rows] for place in columns]
        figure.draw(figure.bar(labels, heights if len(heights) > 1 else heights[0]))
        _show(figure)
        return
    along = [_number(row[0]) for row in rows] if _holds_numbers(rows, 0) else list(map(float, range(len(rows))))
    lines = {names[place]: _points(along, rows, place) for place in columns}
    ticks = None
    if not _holds_numbers(rows, 0):
        places = sorted({round(n * (len(rows) - 1) / (_TICKS - 1)) for n in range(_TICKS)})
        ticks = ([along[place] for place in places], [labels[place] for place in places])
    draw_lines(title, lines, ticks)


def _figure(title: str) -> Any:
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.plot_size(*_SIZE)
    figure.title(title)
    return figure


def _show(figure: Any) -> None:
    print(figure.build().string(colorless=not sys.stdout.isatty()), end="")


def _holds_numbers(rows: Sequence[Sequence[Any]], place: int) -> bool:
    values = [row[place] for row in rows if row[place] is not None]
    return bool(values) and all(isinstance(value, Real | Decimal) and not isinstance(value, bool) for value in values)


def _number(value: Any) -> float:
    number = 0.0 if value is None else float(value)
    return number if math.isfinite(number) else 0.0


def _points(along: Sequence[float], rows: Sequence[Sequence[Any]], place: int) -> Points:
    """Where a value is missing there is no point."""
    there = [n for n, row in enumerate(rows) if row[place] is not None and math.isfinite(row[place])]
    return [along[n] for n in there], [float(rows[n][place]) for n in there]
