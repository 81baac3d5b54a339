"""What is chosen to be measured, in which order, and what a line of the table says."""

import pytest
import typer

from bench import clock
from bench.__main__ import MEASURES, PARTS, chosen
from bench.figure import Figure, Goal


def test_all_is_measured_but_what_takes_long_and_a_part_by_its_name() -> None:
    asked = [name for part in PARTS.values() for name in part.WHEN_ASKED]
    assert asked == ["setup", "scaling", "queries"]
    assert chosen([]) == [name for name in MEASURES if name not in asked]
    assert set(chosen(["pipeline"])) == {name for name, part in MEASURES.items() if part == "pipeline"} - set(asked)
    assert chosen(["scaling", "tree"]) == ["tree", "scaling"]
    with pytest.raises(typer.BadParameter, match="speed; allowed: notary, pipeline, models, leaves"):
        chosen(["speed"])


def test_a_goal_is_reached_or_not() -> None:
    figure = Figure("leaves", 20.0, "rows/s", "a loop", 10.0)
    assert Goal(">=", 20).reached(figure)
    assert not Goal("<=", 19).reached(figure)
    assert Goal(">=", 2, of_ratio=True).reached(figure)
    assert not Goal(">=", 2, of_ratio=True).reached(Figure("leaves", 20.0))
    assert figure.line("leaves", plain=False)[2:7] == ("20", "rows/s", "a loop", "10", "2x")


def test_sides_are_measured_in_turn() -> None:
    order: list[str] = []
    found = clock.in_turn({side: lambda side=side: order.append(side) or side for side in "ab"}, 3)
    assert "".join(order) == "ab" + "ab" + "ba" + "ab"
    assert found == {"a": ["a"] * 3, "b": ["b"] * 3}
