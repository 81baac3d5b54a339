"""Known vulnerabilities: what the sources say becomes lines and an exit code, and silence is never taken for "none"."""

import datetime
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from models import environment
from stack import anvil
from stack.errors import StackError
from supply import tools, vulnerabilities
from supply.vulnerabilities import (
    Acceptance,
    Advisory,
    Answer,
    ask_npm,
    ask_osv,
    purls,
    read_accepted,
    read_npm,
    read_page,
    read_pypi,
    verdict,
)

Services = Callable[..., AbstractContextManager[Any]]

TODAY = datetime.date(2026, 11, 26)
ADVISORY = Advisory("pyarrow", "11.0.0", ("PYSEC-2023-238", "CVE-2023-47248"), "14.0.1")
JARS = ("pkg:maven/mysql/mysql-connector-java@8.0.27", "pkg:maven/org.apache.hive/hive-exec@2.3.10?classifier=core")


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


def test_pip_audit_that_could_ask_about_no_package_is_not_believed() -> None:
    # Recorded: it ended with 0 and said "No known vulnerabilities found".
    reason = "Dependency not found on PyPI and could not be audited: six (1.17.0)"
    output = json.dumps({"dependencies": [{"name": "six", "skip_reason": reason}], "fixes": []})
    said = read_pypi(output, "No known vulnerabilities found", "a.lock", {"six": "1.17.0"})
    assert said == Answer("PyPI (a.lock)", 1, 1, f"{reason}; so six")


# As PyPI tells of the newest release.
PAGE = {
    "info": {"version": "0.4.3"},
    "vulnerabilities": [
        {"id": "PYSEC-2023-142", "aliases": ["CVE-2023-39363"], "fixed_in": ["0.3.1"], "withdrawn": None},
        {"id": "PYSEC-2000-1", "aliases": [], "fixed_in": [], "withdrawn": "2024-01-01T00:00:00Z"},
    ],
}


def test_the_page_of_a_package_tells_of_its_newest_release_alone() -> None:
    known = Advisory("vyper", "0.4.3", ("PYSEC-2023-142", "CVE-2023-39363"), "0.3.1")
    assert read_page("vyper", "0.4.3", lambda _: PAGE) == [known]
    assert read_page("vyper", "0.4.2", lambda _: PAGE) is None


@pytest.mark.parametrize("page", [{}, [], {"info": {"version": "1"}}, {"info": None}, "", None])
def test_a_page_that_says_nothing_of_vulnerabilities_is_no_answer(page: object) -> None:
    assert read_page("six", "1", lambda _: page) is None


def test_what_pip_audit_could_not_ask_about_is_looked_up_in_the_pages() -> None:
    pins = {"vyper": "0.4.3", "pandas": "2.2.3", "arrow": "1.4.0"}
    packages = [{"name": name, "skip_reason": f"no {name}"} for name in ("vyper", "pandas")]
    packages.append({"name": "arrow", "version": "1.4.0", "vulns": []})
    said = read_pypi(json.dumps({"dependencies": packages}), "", "a.lock", pins, lambda _: PAGE)
    assert (said.asked, said.unchecked, said.why) == (3, 1, "no pandas; so pandas")
    assert [advisory.package for advisory in said.advisories] == ["vyper"]


def test_packages_that_pip_audit_leaves_out_are_missed() -> None:
    assert read_pypi('{"dependencies": []}', "", "a.lock", {"a": "1", "b": "1"}).unchecked == 2


def test_pip_audit_that_fails_is_told() -> None:
    said = read_pypi("", "trace\nERROR: no route\n", "a.lock", {"a": "1", "b": "1"})
    assert (said.unchecked, said.why) == (2, "ERROR: no route")


def test_a_registry_of_npm_that_knows_no_audit_is_told() -> None:
    # Recorded.
    said = read_npm('{"message": "405 Method Not Allowed - POST ...", "statusCode": 405}', "", {"a": "1"})
    assert (said.unchecked, said.why) == (1, "405 Method Not Allowed - POST ...")


def test_an_npm_that_says_nothing_is_told() -> None:
    assert read_npm("", "npm: command not found", {"a": "1"}).why == "npm: command not found"


def test_npm_asks_its_registry(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    with services(known=True) as registry:
        monkeypatch.setenv("npm_config_registry", registry.url)
        said = ask_npm(anvil.LOCK)
    version = json.loads((anvil.LOCK / "package.json").read_text())["optionalDependencies"]
    name = "@foundry-rs/anvil-linux-amd64"
    assert (said.asked, said.unchecked) == (2, 0)
    assert said.advisories == (Advisory(name, version[name], ("GHSA-aaaa-bbbb-cccc",), "not in <2.0.0"),)


def test_osv_is_asked_about_jars_alone_and_without_classifiers(services: Services) -> None:
    with services(known=True) as osv:
        said = ask_osv(["pkg:pypi/six@1", *JARS], osv.url)
    assert osv.asked == [name.partition("?")[0] for name in JARS]
    assert said.advisories == (Advisory("mysql/mysql-connector-java", "8.0.27", ("GHSA-g76j-4cxx-23h9",), ""),)
    assert said.unchecked == 0


@pytest.mark.parametrize(
    "wrong", [{"status": 500}, {"status": 405}, {"body": b"<html>"}, {"body": b"[]"}, {"body": b"{}"}, {"missing": 1}]
)
def test_an_osv_that_does_not_answer_is_told(services: Services, wrong: dict[str, object]) -> None:
    with services(**wrong) as osv:
        said = ask_osv(JARS, osv.url)
    assert said.unchecked == 2
    assert said.why.startswith(osv.url)
    assert len(said.why) > len(osv.url) + 5


def test_an_osv_that_is_not_there_is_told(services: Services) -> None:
    with services() as osv:
        pass
    assert "refused" in ask_osv(JARS, osv.url).why


def test_names_are_found_at_every_depth() -> None:
    document = {"purl": "a", "components": [{"purl": "b", "components": [{"purl": "c"}]}, {"name": "d"}]}
    assert purls(document) == {"a", "b", "c"}


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
