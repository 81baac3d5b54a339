"""The inventory: it fits the schema, and holds everything that set-up installed."""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import environment
from stack import anvil
from stack.bootstrap import LOCK, VENV
from stack.environment import AIRFLOW_LOCK
from stack.packages import PACKAGES, POSTGRESQL
from stack.step import BUILD, ROOT
from supply import tools

PYTHON = tools.VENV / "bin" / "python"
# The library's own validator, which the tools have and gridseal has not.
_VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
print(JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read()) or "fits")
"""


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The inventory of this set-up, made by the command."""
    file = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    subprocess.run([PYTHON, "-m", "supply.sbom", file], check=True, cwd=ROOT, timeout=120)
    return file.read_text()


@pytest.fixture(scope="module")
def components(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["components"]
    return found


def _validate(text: str) -> str:
    words = [PYTHON, "-c", _VALIDATE]
    return subprocess.run(words, input=text, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


def _all(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _all(component.get("components", []))


def _of(kind: str, components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [component for component in components if component["purl"].startswith(f"pkg:{kind}/")]


def test_it_fits_the_schema(text: str) -> None:
    assert _validate(text) == "fits"


@pytest.mark.parametrize("broken", ['"type": "libary"', '"type": 1'])
def test_what_does_not_fit_is_noticed(text: str, broken: str) -> None:
    assert _validate(text.replace('"type": "library"', broken, 1)) != "fits"


def test_every_pin_of_the_locks_is_in_it_with_its_hashes(components: list[dict[str, Any]]) -> None:
    locks = [re.split(r"\n(?=\S)", lock.read_text()) for lock in (LOCK, environment.LOCK, AIRFLOW_LOCK)]
    there = {component["purl"]: component["hashes"] for component in _of("pypi", components)}
    pins = {
        f"pkg:pypi/{named[1]}@{named[2]}": pin.count("--hash=sha256:")
        for lock in locks
        for pin in lock
        if (named := re.match(r"([\w.-]+)==(\S+)", pin))
    }
    assert {purl: len(hashes) for purl, hashes in there.items()} == pins


def test_both_programs_of_the_chain_are_in_it(components: list[dict[str, Any]]) -> None:
    lock = json.loads((anvil.LOCK / "package-lock.json").read_text())["packages"]
    there = {component["name"]: component for component in _of("npm", components)}
    assert {f"node_modules/@foundry-rs/{name}" for name in there} == lock.keys() - {""}
    assert all(component["hashes"][0]["alg"] == "SHA-512" for component in there.values())


def test_every_jar_of_this_set_up_is_in_it(components: list[dict[str, Any]]) -> None:
    hashes = {found["content"] for component in components for found in component.get("hashes", ())}
    (site_packages,) = VENV.glob("lib/python3.*/site-packages")
    jars = [*(BUILD / "jars").rglob("*.jar"), *site_packages.rglob("*.jar")]
    assert len(jars) > 400
    assert [jar for jar in jars if hashlib.sha256(jar.read_bytes()).hexdigest() not in hashes] == []


def test_what_only_builds_is_told_apart(components: list[dict[str, Any]]) -> None:
    scopes = {component["purl"].partition("@")[0]: component["scope"] for component in components}
    assert scopes["pkg:maven/org.apache.kafka/kafka_2.13"] == "required"
    assert scopes["pkg:maven/org.junit.jupiter/junit-jupiter"] == "excluded"


def test_artifacts_have_the_names_that_others_know(components: list[dict[str, Any]]) -> None:
    names = {component["purl"].partition("@")[0] for component in _all(components)}
    assert {
        "pkg:maven/mysql/mysql-connector-java",
        "pkg:maven/org.apache.spark/spark-core_2.12",
        "pkg:maven/org.apache.flink/flink-dist",
        "pkg:maven/com.google.protobuf/protobuf-java",  # only inside others
        "pkg:pypi/apache-flink-libraries",
    } <= names
    assert any(component["purl"].endswith("?classifier=core") for component in components)


def test_what_debian_brings_is_in_it(components: list[dict[str, Any]]) -> None:
    there = {component["name"] for component in _of("deb", components)}
    assert there == {*PACKAGES, POSTGRESQL}


def test_only_what_apt_checks_has_no_hash(components: list[dict[str, Any]]) -> None:
    without = {component["purl"].partition("/")[0] for component in components if not component.get("hashes")}
    assert without == {"pkg:deb"}


def test_it_tells_nothing_of_the_machine(text: str) -> None:
    assert str(ROOT) not in text
    assert str(Path.home() / ".m2") not in text


def test_without_set_up_it_says_so(tmp_path: Path) -> None:
    code = "from pathlib import Path; from supply import sbom; sbom._JARS = Path('none'); raise SystemExit(sbom.main())"
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 3
    assert "make setup" in done.stderr
