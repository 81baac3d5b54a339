"""One part of a snapshot: a value, or why it could not be had."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """What was asked of one service.

    Attributes:
        value: The answer; None if it could not be had.
        error: Why not; empty if it could.
        hint: The next command then.
    """

    value: T | None
    error: str = ""
    hint: str = ""

    @property
    def ok(self) -> bool:
        """It was read; the answer may still be that there is nothing."""
        return not self.error


def read_part(read: Callable[[], T]) -> Part[T]:
    """Read a part; whatever goes wrong is told in the part, so that it hides no other."""
    try:
        return Part(read())
    except Exception as error:  # Of a service in trouble nothing is sure, not even the form of its answers.
        if hasattr(error, "exit_code"):
            return Part(None, str(error), getattr(error, "hint", ""))
        return Part(None, f"unexpected: {type(error).__name__}: {error}", "gridseal doctor")
