"""The one lake on which the tests of this package assert."""

from collections.abc import Iterator

import pytest

from gridseal.settings import Settings
from tests.lake.lake import Lake, close_lake, open_lake


@pytest.fixture(scope="package")
def lake(running_stack: Settings) -> Iterator[Lake]:
    """A running pipeline and a fed day with its business changes, reconciled."""
    try:
        yield open_lake(running_stack)
    finally:
        close_lake(running_stack)
