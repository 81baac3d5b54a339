"""One cluster for all tests of this folder, and the table of what each fault cost."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.cluster import Cluster


@dataclass
class Outcome:
    """What a fault cost.

    Attributes:
        fault: Its name.
        running_s: Seconds until all tasks ran again and stayed so.
        reconciled_s: Seconds until every number agreed; the readings flow within them.
    """

    fault: str
    running_s: float | None = None
    reconciled_s: float | None = None


_OUTCOMES = pytest.StashKey[list[Outcome]]()
_FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A cluster of the profiles that are asked for, from nothing; afterwards nothing of it is left but its images."""
    profiles = getattr(request, "param", "")
    made = Cluster(profiles)
    figures = request.config.stash.setdefault(_FIGURES, [])
    made.make("clean")
    try:
        made.make("build")
        began = time.monotonic()
        made.make("up")
        what = f" ({profiles})" if profiles else ""
        figures.append(f"start of everything{what}, images built, empty volumes: {time.monotonic() - began:.0f} s")
        yield made
        figures += [f"memory of {name}{what}: {mib:,.0f} MiB" for name, mib in sorted(made.memory_mb().items())]
    finally:
        made.make("clean")


@pytest.fixture
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """The line of this test in the table."""
    made = Outcome(request.node.callspec.id)
    request.config.stash.setdefault(_OUTCOMES, []).append(made)
    return made


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what was measured."""
    if figures := config.stash.get(_FIGURES, []):
        terminalreporter.section("cluster")
        for figure in figures:
            terminalreporter.write_line(figure)
    if outcomes := config.stash.get(_OUTCOMES, []):
        terminalreporter.section("faults")
        line = "{:<60} {:>14} {:>14}".format
        terminalreporter.write_line(line("fault", "tasks run, s", "reconciled, s"))
        for made in outcomes:
            seconds = ["never" if value is None else f"{value:.0f}" for value in (made.running_s, made.reconciled_s)]
            terminalreporter.write_line(line(made.fault, *seconds))
