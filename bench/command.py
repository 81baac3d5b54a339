"""A command of gridseal as somebody types it."""

import os
import subprocess
import sys
from pathlib import Path

from gridseal.errors import CHECK_FAILED, FINE, GridsealError
from gridseal.settings import Settings
from stack.sql import settings_environment


def gridseal(settings: Settings, *words: str, codes: tuple[int, ...] = (FINE,), folder: Path | None = None) -> str:
    """What the command prints, if it ends with one of these exit codes.

    Args:
        settings: Which it is given by the environment; passwords it reads from .env.
        words: What follows its name.
        codes: Allowed.
        folder: Where it is typed.

    Raises:
        GridsealError: It failed.
    """
    program = [str(Path(sys.executable).with_name("gridseal")), *words]
    # Modules are compiled once, as for whoever types the command twice, even where Python is told not to keep them.
    bytecode = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(settings.var_dir / "bytecode")}
    environment = os.environ | settings_environment(settings) | bytecode
    told = subprocess.run(program, env=environment, capture_output=True, text=True, check=False, cwd=folder)
    if told.returncode not in codes:
        said = told.stderr.strip().splitlines()[-2:]
        raise GridsealError(f"gridseal {' '.join(words)}: {' '.join(said)}", "gridseal status", CHECK_FAILED)
    return told.stdout
