"""A Python environment beside the product's, for what wants other versions or is not needed to run."""

import sys
from collections.abc import Sequence
from pathlib import Path

from stack.bootstrap import VENV as PRODUCT
from stack.bootstrap import texts
from stack.errors import StackError
from stack.step import ROOT, Step

MODELS = ROOT / ".venv-models"
"""Where models learn and answer."""
AIRFLOW = ROOT / ".venv-airflow"
"""Where Airflow runs the nights."""
AIRFLOW_LOCK = ROOT / "requirements" / "airflow.lock"


def install(step: Step, venv: Path, lock: Path) -> None:
    """Makes the environment anew and installs what its lock pins."""
    uv = PRODUCT / "bin" / "uv"
    step.command(uv, "venv", "--clear", "--no-project", "--python", PRODUCT / "bin" / "python", venv)
    # Compiled once, or each command compiles what it imports where Python may not write.
    step.command(uv, "pip", "sync", "--require-hashes", "--compile-bytecode", "--python", venv / "bin" / "python", lock)


def environment(name: str, what: str, venv: Path, lock: Path, programs: Sequence[str]) -> Step:
    """The step of set-up that installs an environment.

    Args:
        name: Of the step.
        what: What it does, in a few words.
        venv: Folder of the environment.
        lock: What is in it, pinned with hashes.
        programs: Names of what must be in its bin/.
    """
    return Step(
        name,
        what,
        lambda: f"{ROOT}\n{texts(lock)}",
        lambda: [venv / "bin" / program for program in programs],
        lambda running: install(running, venv, lock),
    )


def ensure(step: Step) -> int:
    """Installs an environment unless it is there, which takes no time then; returns the exit code."""
    try:
        step.ensure()
    except StackError as error:
        print(f"set-up  failed: {error.message}\nset-up  next: {error.hint}", file=sys.stderr)
        return error.exit_code
    return 0
