"""One line of the table: a figure, what it is beside, and what is to be reached."""

from dataclasses import dataclass
from typing import Literal

COLUMNS = ("measure", "what", "figure", "unit", "beside", "its figure", "ratio", "to reach", "reached")


@dataclass(frozen=True)
class Goal:
    """What a figure, or its ratio to the one beside it, is to be at least (>=) or at most (<=)."""

    sign: Literal[">=", "<="]
    number: float
    of_ratio: bool = False

    def __str__(self) -> str:
        return f"{self.sign} {_told(self.number)}{'x' if self.of_ratio else ''}"

    def reached(self, figure: "Figure") -> bool:
        """Whether a figure reaches it."""
        found = figure.ratio if self.of_ratio else figure.value
        return found is not None and (found >= self.number if self.sign == ">=" else found <= self.number)


@dataclass(frozen=True)
class Figure:
    """What was measured.

    Attributes:
        what: Was measured, such as rows and leaves.
        value: How much; None if it could not be measured.
        unit: Of the value and of the one beside it.
        beside: What it is compared with, such as a loop over the blake3 package.
        other: Its figure.
        goals: What is to be reached.
        why_not: Why it could not be measured.
    """

    what: str
    value: float | None
    unit: str = ""
    beside: str = ""
    other: float | None = None
    goals: tuple[Goal, ...] = ()
    why_not: str = ""

    @property
    def ratio(self) -> float | None:
        """The value in terms of the one beside it."""
        return self.value / self.other if self.value is not None and self.other else None

    def __str__(self) -> str:
        """For whoever watches: a run of hours that is ended before its table has still told what it found."""
        ratio = f", {_told(self.ratio)}x {self.beside}" if self.ratio else ""
        return f"{self.what}: {_told(self.value)} {self.unit}{ratio}"

    def line(self, measure: str, plain: bool) -> tuple[object, ...]:
        """The cells of ``COLUMNS``; numbers as they are if plain, or as people read them."""
        told = (lambda number: number) if plain else _told
        reached = ("yes" if all(goal.reached(self) for goal in self.goals) else "no") if self.goals else ""
        ratio = self.ratio if plain or self.ratio is None else f"{_told(self.ratio)}x"
        goals = ", ".join(map(str, self.goals))
        last = f"not measured: {self.why_not}" if self.value is None else reached
        return (measure, self.what, told(self.value), self.unit, self.beside, told(self.other), ratio, goals, last)


def _told(number: float | None) -> str:
    """With three digits, or all of a whole number."""
    if number is None:
        return ""
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.3g}"
