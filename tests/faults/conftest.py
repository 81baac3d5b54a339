"""The one lake on which everything is broken, and the table of what it cost."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gridseal.settings import Settings
from tests.faults.load import FIRST_DAY, GRID, OPTIONS
from tests.lake.lake import Lake, close_lake, open_lake

KEYS = 5


@dataclass
class Outcome:
    """What a fault cost.

    Attributes:
        fault: Its name.
        running_s: Seconds until all tasks ran again.
        reconciled_s: Seconds until everything was reconciled; the load ends within them.
        lost: Messages without a row, but for those on record as lost.
        doubled: Rows too many of messages and changes.
    """

    fault: str
    running_s: float | None = None
    reconciled_s: float | None = None
    lost: int | None = None
    doubled: int | None = None


@dataclass
class BreakableLake:
    """A lake, and what the faults need of it.

    Attributes:
        lake: The lake.
        keys: Customers whom nobody changes but the load.
    """

    lake: Lake
    keys: list[Any] = field(default_factory=list)


_OUTCOMES = pytest.StashKey[list[Outcome]]()


@pytest.fixture(scope="package")
def breakable(running_stack: Settings, stack_environment: dict[str, str]) -> Iterator[BreakableLake]:
    """A running pipeline and a fed day with its business changes, reconciled."""
    try:
        lake = open_lake(running_stack, stack_environment, GRID, [(FIRST_DAY, OPTIONS)])
        yield BreakableLake(lake, sorted(lake.free("customer"))[:KEYS])
    finally:
        close_lake(running_stack)


@pytest.fixture
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """The line of this test in the table."""
    made = Outcome(request.node.callspec.id)
    request.config.stash.setdefault(_OUTCOMES, []).append(made)
    return made


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    outcomes = config.stash.get(_OUTCOMES, [])
    if not outcomes:
        return
    terminalreporter.section("faults")
    line = "{:<40} {:>14} {:>14} {:>6} {:>8}".format
    terminalreporter.write_line(line("fault", "tasks run, s", "reconciled, s", "lost", "doubled"))
    for made in outcomes:
        seconds = [f"{value:.0f}" if value is not None else "never" for value in (made.running_s, made.reconciled_s)]
        counts = ["?" if value is None else f"{value}" for value in (made.lost, made.doubled)]
        terminalreporter.write_line(line(made.fault, *seconds, *counts))
