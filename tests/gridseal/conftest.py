"""The command line as a user types it, in a folder and on ports of its own where nothing listens."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gridseal.cli import main
from stack.settings import ENV_PREFIX, StackSettings, env_name, port_fields

ROOT = Path(__file__).parents[2]
# Beside the ports of a stack that runs and of the one that the integration tests start.
_PORT_OFFSET = 23000


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a machine on which no service runs; its settings are returned."""
    ports = {env_name(name): str(StackSettings.model_fields[name].default + _PORT_OFFSET) for name in port_fields()}
    settings = ports | {env_name("var_dir"): str(tmp_path / "var"), env_name("build_dir"): str(ROOT / "build")}
    for name in [name for name in os.environ if name.upper().startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return settings


@pytest.fixture
def cli(
    quiet: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Run a command line: ``cli("status", GRIDSEAL_HOST="::1")`` with settings that are to be tried.

    It is main() of the real program, in this process: a process a command would cost a second of imports each.
    """

    def run(*words: str, **settings: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["gridseal", *words])
        with monkeypatch.context() as tried:
            for name, value in settings.items():
                tried.setenv(name, value)
            capsys.readouterr()
            code: int | str | None = 0
            try:
                main()
            except SystemExit as ended:
                code = ended.code
        told = capsys.readouterr()
        return Ended(int(code or 0), told.out, told.err)

    return run
