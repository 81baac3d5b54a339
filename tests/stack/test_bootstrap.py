"""Set-up: steps, stamps and what it says when a command fails."""

import subprocess
import sys
from pathlib import Path

import pytest

from stack import bootstrap, step
from stack.errors import StackError
from stack.step import Step


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(step, "BUILD", tmp_path)
    return tmp_path


def test_a_step_runs_once_until_its_inputs_change(build: Path) -> None:
    inputs, runs = ["one"], []
    step = Step("trial", "trying", lambda: inputs[0], lambda: [build / "made"], lambda _: runs.append(1))
    step.ensure()
    assert not step.done()  # its output is not there
    (build / "made").touch()
    step.ensure()
    step.ensure()
    assert len(runs) == 1
    inputs[0] = "two"
    step.ensure()
    assert len(runs) == 2


def test_a_failed_command_ends_in_its_last_lines(build: Path) -> None:
    step = Step(
        "trial",
        "trying",
        lambda: "",
        lambda: [],
        lambda step: step.command(sys.executable, "-c", "import sys; print('the cause'); sys.exit(4)"),
    )
    with pytest.raises(StackError, match=r"failed \(exit 4\)") as refused:
        step.ensure()
    assert refused.value.message.endswith("the cause")
    assert str(build / "log" / "trial.log") in refused.value.message
    assert refused.value.hint == "make setup"
    assert not step.done()


def test_the_lock_pins_uv_with_hashes() -> None:
    pin = bootstrap.pinned("uv", bootstrap.LOCK.read_text(encoding="utf-8"))
    assert pin.startswith("uv==")
    assert "--hash=sha256:" in pin
    assert not pin.rstrip().endswith("\\")


def test_no_lock_names_an_address() -> None:
    folder = bootstrap.ROOT / "requirements"
    assert not [file for file in folder.iterdir() if "://" in file.read_text(encoding="utf-8")]


def test_set_up_needs_only_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.'); import stack.bootstrap"],
        capture_output=True,
        text=True,
        cwd=bootstrap.ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_stack_is_cheap() -> None:
    code = "import sys, stack; print(sorted({'pydantic', 'psutil', 'yaml', 'kafka', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_target_of_the_makefile_is_in_its_help() -> None:
    lines = (bootstrap.ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    targets = {line.split(":")[0] for line in lines if line[:1].isalpha() and ":" in line and "=" not in line}
    told = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=bootstrap.ROOT)
    assert {target for target in targets - {"ready", "tools", "torch"} if f"make {target} " not in told.stdout} == set()
