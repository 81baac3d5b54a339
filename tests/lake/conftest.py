"""The one lake on which the tests of this package assert."""

from collections.abc import Iterator

import pytest

from gridseal.settings import Settings
from tests.lake.lake import AUTUMN_DAY, AUTUMN_OPTIONS, DAY, GRID, OPTIONS, Lake, close_lake, open_lake


@pytest.fixture(scope="package")
def lake(running_stack: Settings, stack_environment: dict[str, str]) -> Iterator[Lake]:
    """A running pipeline and a fed day with its business changes, reconciled."""
    try:
        # The first day is frozen as soon as the next one comes.
        feeds = ((AUTUMN_DAY, AUTUMN_OPTIONS), (DAY, OPTIONS))
        yield open_lake(running_stack, stack_environment, GRID, feeds)
    finally:
        close_lake(running_stack)
