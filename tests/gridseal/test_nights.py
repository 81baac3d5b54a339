"""Which nights are sealed and final, which are missing, and what the command says of them by its exit code."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notary.night import Nights, due, last_due, last_ended, missing
from notary.record.checkpoints import Checkpoints, State
from notary.record.database import open_database
from notary.record.seals import SealLog
from notary.settings import NotarySettings
from notary.verify.evm import anchor_from_json
from tests.notary.seals import append

EVIDENCE = anchor_from_json(json.loads(Path("tests/notary/evm_anchor.json").read_text())["anchor"])
PARIS = ZoneInfo("Europe/Paris")
TODAY = datetime.now(UTC).date()
Cli = Callable[..., Any]
Work = Callable[..., None]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A night's work on a record in the folder of state: seals, a checkpoint, perhaps final."""
    settings = NotarySettings(var_dir=tmp_path / "var", chain_url="http://127.0.0.1:1", chain_id=1)
    (tmp_path / "var").mkdir()

    def night(day: date, seals: int = 1, final: bool = True, hours_ago: float = 0) -> None:
        with open_database(settings) as connection:
            log = SealLog(connection)
            checkpoints = Checkpoints(connection, log)
            append(log, seals)
            Nights(connection, PARIS).add(day, len(log))
            checkpoints.make()
            if final:
                checkpoints.set_state(len(log), State.FINALIZED, EVIDENCE)
            then = datetime.now(UTC) - timedelta(hours=hours_ago)
            connection.execute("UPDATE nights SET sealed_at = ? WHERE night = ?", (then.isoformat(), day.isoformat()))

    return night


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def test_a_night_is_final_with_the_checkpoint_that_holds_its_seals(cli: Cli, work: Work) -> None:
    work(day(1))
    work(day(0), final=False)
    assert cli("notary", "status", "--night", str(day(1))).code == 0
    pending = cli("notary", "status", "--night", str(day(0)))
    assert pending.code == 4
    assert "not final yet" in pending.err
    absent = cli("notary", "status", "--night", str(day(2)))
    assert absent.code == 1
    assert f"next:  gridseal notarize --night {day(2)}" in absent.err


def test_a_later_checkpoint_makes_a_night_final_as_well(cli: Cli, work: Work) -> None:
    work(day(1), final=False)
    work(day(0))
    assert cli("notary", "status", "--night", str(day(1))).code == 0


def test_a_night_in_which_nothing_has_changed_counts(cli: Cli, work: Work) -> None:
    work(day(1), hours_ago=30)
    work(day(0), seals=0)
    assert cli("notary", "status", "--night", str(day(0)), "--expect-within", "1h").code == 0
    assert cli("notary", "status", "--expect-within", "1h").code == 0


def test_what_was_not_sealed_in_time_is_told(cli: Cli, work: Work) -> None:
    work(day(1), hours_ago=27)
    assert cli("notary", "status", "--expect-within", "28h").code == 0
    assert cli("notary", "status", "--expect-within", "2d").code == 0
    late = cli("notary", "status", "--expect-within", "26h")
    assert late.code == 1
    assert f"no night was sealed and final within 26h; the last one: {day(1)}" in late.err
    work(day(0), final=False)
    assert cli("notary", "status", "--expect-within", "26h").code == 1


def test_without_a_night_the_switch_falls(cli: Cli) -> None:
    ended = cli("notary", "status", "--expect-within", "26h")
    assert ended.code == 1
    assert "the last one: none" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("span", ["26", "h", "-1h", "1.5h", "26 h", "1w"])
def test_a_span_that_is_none_is_refused(cli: Cli, span: str) -> None:
    ended = cli("notary", "status", f"--expect-within={span}")
    assert ended.code == 2
    assert f"{span!r} is no span of time; allowed: such as 90m, 26h, 2d" in ended.err


def test_gaps_between_nights_are_named(cli: Cli, work: Work) -> None:
    for ago, hours in ((6, 30), (5, 29), (3, 14), (1, 13)):
        work(day(ago), hours_ago=hours)
    ended = cli("notary", "status")
    assert ended.code == 0
    assert (
        f"4 nights sealed, 3 ({day(3)}, {day(5)}, {day(6)}) of them late, 2 ({day(4)}, {day(2)}) missing,"
        " none not final yet"
    ) in " ".join(ended.err.split())
    assert missing([], TODAY) == []


def test_before_the_first_night_that_somebody_sealed_none_is_missing(cli: Cli, work: Work) -> None:
    work(day(3), hours_ago=50)
    work(day(300))
    told = " ".join(cli("notary", "status").err.split())
    # That of yesterday may be due by now.
    assert f" of them late, 1 ({day(2)}) missing" in told or f" of them late, 2 ({day(2)}, {day(1)}) missing" in told


@pytest.mark.parametrize(
    ("zone", "noon"),
    [("Europe/Paris", 10), ("America/Los_Angeles", 19), ("Pacific/Honolulu", 22), ("Pacific/Auckland", -1)],
)
def test_a_night_is_due_at_noon_on_the_grids_clock(zone: str, noon: int) -> None:
    where, night = ZoneInfo(zone), date(2026, 3, 28)
    # The 29th is the day on which clocks in Paris are put forward.
    assert due(night, where) == datetime(2026, 3, 29, tzinfo=UTC) + timedelta(hours=noon)
    assert last_due(due(night, where), where) == night
    assert last_due(due(night, where) - timedelta(seconds=1), where) == night - timedelta(days=1)


def test_a_day_is_over_at_midnight_on_the_grids_clock() -> None:
    midnight = datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert last_ended(midnight, PARIS) == date(2026, 10, 25)
    assert last_ended(midnight - timedelta(seconds=1), PARIS) == date(2026, 10, 24)


@pytest.mark.parametrize("words", [("notarize", "--night"), ("night", "--date")])
def test_a_night_whose_day_is_not_over_is_refused(cli: Cli, words: tuple[str, str]) -> None:
    future = TODAY + timedelta(days=2)
    ended = cli(*words, str(future))
    assert ended.code == 2
    assert f"the day of {future} has not ended in Europe/Paris" in ended.err
    assert "next:  gridseal notarize --night " in ended.err
