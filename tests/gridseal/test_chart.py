"""Answers are drawn in the terminal."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from gridseal.chart import Chart, draw_answer
from gridseal.errors import GridsealError

HOURS = [(hour, Decimal(hour) / 2, None if hour % 3 else float(hour)) for hour in range(24)]


@pytest.mark.parametrize("chart", Chart)
def test_each_column_of_numbers_is_drawn(chart: Chart, capsys: pytest.CaptureFixture[str]) -> None:
    draw_answer(("hour", "load", "peak"), HOURS, chart)
    drawn = capsys.readouterr().out
    assert "load, peak by hour" in drawn
    assert drawn.splitlines()[-1].split()[0] in ("0", "0.0")
    assert "\x1b" not in drawn, "colours in a pipe"


def test_the_ends_of_the_x_axis_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(datetime(2026, 11, 20, hour), hour) for hour in range(24)]
    draw_answer(("at", "load"), rows, Chart.LINE)
    assert "2026-11-20 00:00:00" in capsys.readouterr().out.splitlines()[-1]
    draw_answer(("name", "amount"), [("Ève", 3), ("Omar", 2)], Chart.BAR)
    assert capsys.readouterr().out.splitlines()[-1].split() == ["Ève", "Omar"]


@pytest.mark.parametrize(
    ("names", "rows", "told"),
    [
        (("one",), [(1,)], r"no column of numbers beside the first \(one\)"),
        (("one", "two"), [(1, "text")], r"no column of numbers beside the first \(one, two\)"),
        (("one", "two"), [(1, True)], r"no column of numbers"),
        (("one", "two"), [(1, None)], r"no column of numbers"),
        (("one", "two"), [], r"no row"),
    ],
)
def test_what_cannot_be_drawn_is_told(names: tuple[str, ...], rows: list[tuple[Any, ...]], told: str) -> None:
    with pytest.raises(GridsealError, match=told):
        draw_answer(names, rows, Chart.LINE)


def test_too_many_bars_are_told() -> None:
    with pytest.raises(GridsealError, match="61 bars do not fit; allowed: 60"):
        draw_answer(("one", "two"), [(n, n) for n in range(61)], Chart.BAR)
