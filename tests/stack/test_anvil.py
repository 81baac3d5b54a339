"""The program of the chain: what the lock pins, and what is said if it is not there."""

import json
import platform
import shutil
from pathlib import Path

import pytest

from stack import anvil, step
from stack.errors import StackError
from stack.step import Step

LOCKED = json.loads((anvil.LOCK / "package-lock.json").read_text())["packages"]
PACKAGES = {name: package for name, package in LOCKED.items() if name}


def test_the_lock_pins_each_package_by_its_hash_and_names_no_address() -> None:
    assert len(PACKAGES) == 2
    for package in PACKAGES.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package
    assert not [file for file in anvil.LOCK.iterdir() if "://" in file.read_text()]
    assert "omit-lockfile-registry-resolved=true" in (anvil.LOCK / ".npmrc").read_text()


def test_the_lock_does_not_ask_which_node_there_is() -> None:
    # With the Node of Debian 12, npm would pass over an optional package that asks for another, and say nothing.
    assert not [name for name, package in PACKAGES.items() if "engines" in package]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_kind_of_machine_has_its_package(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    program = anvil.program(Path("build"))
    package = str(program.parents[1].relative_to("build/npm"))
    assert PACKAGES[package]["bin"] == {"anvil": "bin/anvil"}


def test_another_kind_of_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(StackError, match="no anvil for a machine of kind riscv64, only for x86_64 and aarch64"):
        anvil.program(Path("build"))


def test_a_missing_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=f"the program of the chain is missing: {tmp_path}") as refused:
        anvil.installed(tmp_path)
    assert refused.value.hint == "make setup"


@pytest.fixture
def chain_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    monkeypatch.setattr(step, "BUILD", tmp_path)
    monkeypatch.setattr(anvil, "BUILD", tmp_path)
    return Step("chain", "trying", lambda: "", lambda: [], anvil.install)


def test_missing_npm_is_told(chain_step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(StackError, match="npm is not installed") as refused:
        chain_step.ensure()
    assert refused.value.hint.endswith("npm")


def test_another_hash_than_the_locks_is_told(chain_step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # npm leaves such a package out and calls that a success. Here it asks nobody: there is nothing in its cache.
    forged = tmp_path / "forged"
    shutil.copytree(anvil.LOCK, forged)
    monkeypatch.setattr(anvil, "LOCK", forged)
    monkeypatch.setenv("npm_config_offline", "true")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(StackError, match="npm left out anvil-linux-") as refused:
        chain_step.ensure()
    assert "failed optional dependency" in chain_step.log.read_text()
    assert str(chain_step.log) in refused.value.message
