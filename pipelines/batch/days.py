"""Days of the grid's zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Days:
    """A span of days, yyyy-MM-dd, both ends included."""

    first: str
    last: str

    def each(self) -> list[str]:
        """Every day of it."""
        first, last = date.fromisoformat(self.first), date.fromisoformat(self.last)
        return [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]

    def __contains__(self, day: str) -> bool:
        """Whether a day lies in the span."""
        return self.first <= day <= self.last

    def __str__(self) -> str:
        """Such as 2026-11-20 or 2026-11-20 to 2026-11-22."""
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    def condition(self, column: str) -> str:
        """SQL that holds for these days."""
        return f"`{column}` BETWEEN '{self.first}' AND '{self.last}'"


def spans(days: Iterable[str]) -> list[Days]:
    """The fewest spans that hold these days and no other."""
    found: list[Days] = []
    for day in sorted(set(days)):
        yesterday = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        if found and found[-1].last == yesterday:
            found[-1] = Days(found[-1].first, day)
        else:
            found.append(Days(day, day))
    return found
