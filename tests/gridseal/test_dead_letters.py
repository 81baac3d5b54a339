"""What gridseal replay-dead-letters tells, and what it refuses."""

from collections.abc import Callable
from typing import Any

import pytest

import gridseal.sql_access
import pipelines.redrive.run
from pipelines.batch.days import Days
from pipelines.redrive.run import Outcome

Cli = Callable[..., Any]
COMMAND = "replay-dead-letters"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is asked of a lake of 1,240 dead letters."""
    found: list[tuple[Any, ...]] = []

    def redrive(_: object, __: object, ___: object, progress: Any, *chosen: Any) -> list[Outcome]:
        progress(0, 1240, "dead letters of 2026-11-20")
        found.append(chosen)
        return [Outcome("out_of_range", 1200, 1100, 60, 1040), Outcome("not_json", 40, 0, 0, 0)]

    monkeypatch.setattr(gridseal.sql_access, "ensure_sql", lambda _: ("127.0.0.1", 1))
    monkeypatch.setattr(pipelines.redrive.run, "redrive", redrive)
    return found


def test_counts_by_kind(cli: Cli, asked: list[Any]) -> None:
    ended = cli(COMMAND, "--format", "json")
    assert ended.code == 0
    row = {"reason": "out_of_range", "dead_letters": 1200, "accepted_now": 1100, "in_the_lake": 60, "sent": 1040}
    assert ended.json()[0] == row
    assert "1,040 messages were sent again; next:  gridseal reconcile" in ended.err
    assert asked == [(None, "", False)]


def test_a_dry_run_of_some_days_and_one_kind(cli: Cli, asked: list[Any]) -> None:
    ended = cli(COMMAND, "--dry-run", "--reason", "out_of_range", "--from", "2026-11-20", "--to", "2026-11-21")
    assert ended.code == 0
    assert "to_send" in ended.out
    assert "1,040 would be sent; next:  gridseal replay-dead-letters" in ended.err
    assert asked == [(Days("2026-11-20", "2026-11-21"), "out_of_range", True)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--reason", "too_tight"], "'too_tight' is no kind of reason; allowed: refused, no_value, empty,"),
        (["--from", "yesterday"], "'yesterday' is not a day; yyyy-MM-dd is needed"),
        (["--from", "2026-11-21", "--to", "2026-11-20"], "--from 2026-11-21 is after --to 2026-11-20"),
    ],
)
def test_wrong_use(cli: Cli, words: list[str], told: str) -> None:
    ended = cli(COMMAND, *words)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "next:  gridseal replay-dead-letters --" in ended.err


def test_where_nothing_runs_the_next_command_is_told(cli: Cli) -> None:
    ended = cli(COMMAND)
    assert (ended.code, ended.out) == (3, "")
    assert "next:  gridseal up" in ended.err
