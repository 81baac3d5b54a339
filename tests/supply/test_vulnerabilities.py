"""Known vulnerabilities: what the sources say becomes lines and an exit code, and silence is never taken for "none"."""

import datetime
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from models import environment
from stack.errors import StackError
from supply import tools, vulnerabilities
from supply.advisories import Advisory, Answer
from supply.vulnerabilities import Acceptance, read_accepted, verdict
from tests.supply.conftest import JARS

Services = Callable[..., AbstractContextManager[Any]]

TODAY = datetime.date(2026, 11, 26)
ADVISORY = Advisory("pyarrow", "11.0.0", ("PYSEC-2023-238", "CVE-2023-47248"), "14.0.1")


def acceptance(until: datetime.date) -> Acceptance:
    return Acceptance("CVE-2023-47248", "pyarrow", datetime.date(2026, 1, 1), until, "a reason")


def answer(*advisories: Advisory, unchecked: int = 0) -> Answer:
    return Answer("PyPI", 10, unchecked, "404" if unchecked else "", advisories)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([answer()], 0),
        ([answer(ADVISORY)], 1),
        ([answer(unchecked=1)], 3),
        ([answer(), answer(unchecked=10)], 3),
        ([answer(ADVISORY), answer(unchecked=10)], 1),
    ],
)
def test_exit_codes(answers: list[Answer], code: int) -> None:
    assert verdict(answers, [], TODAY)[1] == code


def test_what_could_not_be_checked_is_told_with_the_reason() -> None:
    lines, _ = verdict([answer(unchecked=4)], [], TODAY)
    assert lines == ["PyPI: 6 of 10 packages checked; could not check 4: 404", "could not check everything"]


@pytest.mark.parametrize(("days", "code"), [(1, 0), (0, 1), (-1, 1)])
def test_what_is_accepted_counts_again_from_its_day_on(days: int, code: int) -> None:
    until = TODAY + datetime.timedelta(days)
    lines, found = verdict([answer(ADVISORY)], [acceptance(until)], TODAY)
    assert found == code
    assert f"accepted until {until}" in lines[1]


def test_what_is_accepted_is_so_for_one_package() -> None:
    other = Advisory("pandas", "1", ADVISORY.ids, "")
    assert verdict([answer(other)], [acceptance(datetime.date.max)], TODAY)[1] == 1


def test_what_is_accepted_in_vain_is_told_once_all_have_answered() -> None:
    accepted = [acceptance(datetime.date.max)]
    assert "remove it" in verdict([answer()], accepted, TODAY)[0][1]
    assert "remove it" not in str(verdict([answer(unchecked=1)], accepted, TODAY)[0])


def test_our_list_of_what_is_accepted_can_be_read() -> None:
    assert all(entry.since < entry.until for entry in read_accepted(vulnerabilities.ACCEPTED))


@pytest.mark.parametrize(
    "entry",
    [
        'id = "A"\npackage = "a"\nsince = 2026-01-01\nreason = "r"',
        'id = "A"\npackage = "a"\nsince = 2026-01-01\nuntil = "2027-01-01"\nreason = "r"',
        'id = "A"\npackage = "a"\nsince = 2026-01-01\nuntil = 2027-01-01\nreason = " "',
        'id = "A"\npackage = "a"\nsince = 2026-01-01\nuntil = 2027-01-01\nreason = "r"\nforever = true',
        "id",
    ],
)
def test_an_entry_without_reason_or_day_is_refused(tmp_path: Path, entry: str) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(f"[[accepted]]\n{entry}\n")
    with pytest.raises(StackError) as refused:
        read_accepted(file)
    assert refused.value.exit_code == 2


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One package of each kind in the place of ours."""
    lock = tmp_path / "small.lock"
    lock.write_text(f"pyarrow==11.0.0 \\\n    --hash=sha256:{'0' * 64}\n")
    inventory = tmp_path / "sbom.json"
    inventory.write_text(json.dumps({"components": [{"purl": name} for name in JARS]}))
    accepted = tmp_path / "accepted.toml"
    accepted.touch()
    monkeypatch.setattr(vulnerabilities, "LOCK", lock)
    monkeypatch.setattr(environment, "LOCK", lock)
    monkeypatch.setattr(vulnerabilities, "AIRFLOW_LOCK", lock)
    monkeypatch.setattr(tools, "LOCK", lock)
    monkeypatch.setattr(tools, "INVENTORY", inventory)
    monkeypatch.setattr(vulnerabilities, "ACCEPTED", accepted)
    # What pip-audit and npm have heard before is not to help them.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("values", "code", "last"),
    [
        ({}, 0, "nothing known"),
        ({"known": True}, 1, "vulnerable"),
        ({"status": 405}, 3, "could not check everything"),
    ],
)
@pytest.mark.usefixtures("small")
def test_all_sources_together(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    values: dict[str, object],
    code: int,
    last: str,
) -> None:
    with services(**values) as all_of_them:
        monkeypatch.setenv("npm_config_registry", all_of_them.url)
        assert vulnerabilities.main(["--osv", all_of_them.url]) == code
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last
    expected = {"PYSEC-2023-238", "GHSA-aaaa-bbbb-cccc", "GHSA-g76j-4cxx-23h9"} if code == 1 else set()
    assert {name for name in expected if any(name in line for line in lines)} == expected
    assert sum("could not check" in line for line in lines[:-1]) == (6 if code == 3 else 0)


def test_without_the_inventory_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tools, "INVENTORY", tmp_path / "none.json")
    assert vulnerabilities.main([]) == 3
    assert "make sbom" in capsys.readouterr().err
