"""What is known against packages: each source is asked and understood, and its silence is told."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from stack import anvil
from supply.advisories import Advisory, Answer, ask_npm, ask_osv, purls, read_npm, read_page, read_pypi
from tests.supply.conftest import JARS

Services = Callable[..., AbstractContextManager[Any]]


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
