"""The one lake on which the tests of this package assert."""

from collections.abc import Iterator

import pytest

from gridseal.settings import Settings
from tests.lake.lake import AUTUMN_DAY, AUTUMN_OPTIONS, DAY, GRID, OPTIONS, Lake, close_lake, open_lake


@pytest.fixture(scope="package")
def lake(running_stack: Settings) -> Iterator[Lake]:
    """A running pipeline and a fed day with its business changes, reconciled."""
    try:
        # The first day is frozen as soon as the next one comes.
        yield open_lake(running_stack, GRID, ((AUTUMN_DAY, AUTUMN_OPTIONS), (DAY, OPTIONS)))
    finally:
        close_lake(running_stack)
