"""A broker that has only just made the topic of its groups is asked again; one that stays like that is told."""

from typing import Any

import pytest
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from pipelines.streaming import lag


class Admin:
    """Answers as a broker that starts: errors first."""

    def __init__(self, *errors: type[Exception]) -> None:
        self.errors = list(errors)

    def list_group_offsets(self, groups: dict[str, None]) -> dict[str, Any]:
        if self.errors:
            raise self.errors.pop(0)
        return {group: {"partition": 7} for group in groups}


def test_a_coordinator_that_is_not_there_yet_is_asked_again() -> None:
    assert lag._committed(Admin(NotCoordinatorError, CoordinatorLoadInProgressError), "g") == {"partition": 7}


def test_where_nobody_has_committed_there_is_nothing() -> None:
    assert lag._committed(Admin(CoordinatorNotAvailableError), "g") == {}


def test_one_that_never_comes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag, "_COORDINATOR_S", 0.5)
    with pytest.raises(NotCoordinatorError):
        lag._committed(Admin(*[NotCoordinatorError] * 100), "g")
