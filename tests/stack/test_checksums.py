"""Checksums of the jars: what is pinned, and that nothing else is used."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from stack import bootstrap, checksums, step
from stack.errors import StackError
from stack.findings import doctor
from stack.settings import StackSettings
from stack.step import Step

GOOD, BAD = b"the jar", b"another jar"
PATH = "org/example/thing/1.0/thing-1.0.jar"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of Maven, empty, of which one jar is pinned."""
    for name, lines in {"RUNTIME": f"{_sha256(GOOD)}  {PATH}\n", "BUILD": ""}.items():
        _write(tmp_path / name, lines.encode())
        monkeypatch.setattr(checksums, name, tmp_path / name)
    monkeypatch.setattr(checksums, "maven_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Sets what Maven does instead, and gives the file that it leaves when it has run."""
    monkeypatch.setattr(step, "BUILD", tmp_path / "build")
    monkeypatch.setattr(bootstrap, "BUILD", tmp_path / "build")

    def does(script: str) -> Path:
        ran = tmp_path / "ran"
        program = _write(tmp_path / "bin" / "mvn", f"#!/bin/sh\nset -e\ntouch {ran}\n{script}\n".encode())
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return ran

    return does


def _run(run: Callable[[Step], None]) -> None:
    Step("trial", "trying", lambda: "", lambda: [], run).ensure()


def _package(step: Step) -> None:
    bootstrap.package(step, Path("pom.xml"))


def test_every_jar_that_set_up_made_is_pinned_and_as_pinned() -> None:
    pins = list(checksums.pins_of_jars(bootstrap.BUILD / "jars"))
    assert len(pins) > 100
    assert checksums.differing(pins) == []


def test_a_jar_is_pinned_once() -> None:
    runtime, build = checksums.pinned(checksums.RUNTIME), checksums.pinned(checksums.BUILD)
    assert not runtime.keys() & build.keys()
    # They lie side by side in build/jars, by their names alone.
    assert len({Path(path).name for path in runtime}) == len(runtime)


def test_what_builds_our_jar_is_pinned() -> None:
    artifacts = {path.split("/")[-3] for path in checksums.pinned(checksums.BUILD)}
    plugins = {f"maven-{name}-plugin" for name in ("dependency", "resources", "compiler", "surefire", "jar")}
    assert plugins | {"junit-jupiter", "surefire-junit-platform"} <= artifacts


def test_maven_is_strict_about_the_checksums_of_the_registry() -> None:
    assert (bootstrap.ROOT / ".mvn" / "maven.config").read_text().split() == ["--strict-checksums"]


def test_a_changed_jar_in_the_cache_is_refused_before_maven_runs(cache: Path, maven: Callable[[str], Path]) -> None:
    ran = maven("")
    jar = _write(cache / PATH, BAD)
    with pytest.raises(StackError) as refused:
        _run(_package)
    assert not ran.exists()
    assert refused.value.exit_code == 1
    assert refused.value.message == f"{jar} has SHA-256 {_sha256(BAD)}, pinned is {_sha256(GOOD)}"
    assert "make setup" in refused.value.hint
    _write(jar, GOOD)
    _run(_package)
    assert ran.exists()


def test_a_jar_that_comes_changed_is_refused(cache: Path, maven: Callable[[str], Path]) -> None:
    ran = maven(f"mkdir -p {(cache / PATH).parent}; printf 'another jar' > {cache / PATH}")
    with pytest.raises(StackError, match="pinned is"):
        _run(_package)
    assert ran.exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("thing-1.0.jar", "another jar", "pinned is"), ("more-1.0.jar", "x", "is pinned by no line")],
)
def test_another_jar_than_the_pinned_is_not_kept(
    cache: Path, maven: Callable[[str], Path], tmp_path: Path, name: str, content: str, said: str
) -> None:
    jars = tmp_path / "build" / "jars"
    maven(f"mkdir -p {jars}/kafka; printf '{content}' > {jars}/kafka/{name}")
    with pytest.raises(StackError, match=said):
        _run(bootstrap.fetch_jars)
    assert not jars.exists()


def test_the_pinned_jar_is_kept(cache: Path, maven: Callable[[str], Path], tmp_path: Path) -> None:
    jars = tmp_path / "build" / "jars"
    maven(f"mkdir -p {jars}/kafka; printf 'the jar' > {jars}/kafka/thing-1.0.jar")
    _run(bootstrap.fetch_jars)
    assert (jars / "kafka" / "thing-1.0.jar").read_bytes() == GOOD


@pytest.mark.parametrize(("name", "file"), [("jars", checksums.RUNTIME), ("java", checksums.BUILD)])
def test_another_pin_makes_set_up_look_again(name: str, file: Path) -> None:
    assert file.read_text() in bootstrap.steps()[name].inputs()


@pytest.mark.parametrize("line", ["abc  org/example/a.jar", f"{_sha256(GOOD)}  a.txt", _sha256(GOOD), ""])
def test_a_line_that_is_no_pin_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(StackError, match="is no checksum and jar") as refused:
        checksums.pinned(_write(tmp_path / "list", f"{line}\n".encode()))
    assert refused.value.exit_code == 2


def test_jars_inside_packages_are_those_of_their_own_list(tmp_path: Path) -> None:
    digest = base64.urlsafe_b64encode(hashlib.sha256(GOOD).digest()).decode().rstrip("=")
    lines = f"pyspark/jars/a.jar,sha256={digest},7\npyspark/jars/b.jar,sha256={digest},7\npyspark/a.py,sha256=x,1\n"
    _write(tmp_path / "pyspark-1.0.dist-info" / "RECORD", lines.encode())
    changed = _write(tmp_path / "pyspark/jars/a.jar", BAD)
    wrong = checksums.differing(checksums.pins_of_packages(tmp_path))
    assert wrong == [
        f"{changed} has SHA-256 {_sha256(BAD)}, pinned is {_sha256(GOOD)}",
        f"{tmp_path}/pyspark/jars/b.jar is missing",
    ]


def test_every_jar_of_the_engines_is_on_such_a_list() -> None:
    (site_packages,) = bootstrap.VENV.glob("lib/python3.*/site-packages")
    listed = {pin.file for pin in checksums.pins_of_packages(site_packages)}
    there = {jar for package in ("pyflink", "pyspark") for jar in (site_packages / package).rglob("*.jar")}
    assert len(there) > 200
    assert there == listed


def test_doctor_finds_a_changed_jar(settings: StackSettings, tmp_path: Path) -> None:
    changed = StackSettings(**(dict(settings) | {"build_dir": tmp_path / "build"}))
    path, sha256 = next(iter(checksums.pinned(checksums.RUNTIME).items()))
    _write(tmp_path / "build" / "jars" / "kafka" / Path(path).name, BAD)
    findings = {finding.name: finding for finding in doctor(changed, tmp_path / ".env")}
    found = findings["checksums of jars"]
    assert not found.ok
    assert sha256 in found.detail
    assert found.remedy == f"rm -r {tmp_path}/build/jars && make setup"
    assert findings["jars in packages"].ok
