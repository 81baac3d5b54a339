"""Running what lives in the environment of the models."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridseal.errors import UNEXPECTED, WRONG_USAGE, GridsealError

if TYPE_CHECKING:
    from gridseal.settings import Settings


def missing() -> str:
    """Why no model runs here, in a few words; empty if one does."""
    from models.environment import STEP

    return "" if STEP.done() else "models run in .venv-models, which is not there or not of this version"


def require() -> None:
    """Checks that models can run here.

    Raises:
        GridsealError: They cannot.
    """
    if why_not := missing():
        raise GridsealError(why_not, "make torch", WRONG_USAGE)


def refuse_another(settings: "Settings", version: str) -> None:
    """Checks that the detector that runs answers by a model.

    Args:
        settings: Where it runs.
        version: Of the model.

    Raises:
        GridsealError: It was started with another one, as the services keep the settings that they were started with.
    """
    from stack.detector import answering

    if (found := answering(settings).read_text(encoding="ascii")) != version:
        raise GridsealError(
            f"the detector that runs answers by model {found}, not by {version} of {settings.model_dir}",
            "gridseal down, then gridseal up --with detector",
            WRONG_USAGE,
        )


def answer(settings: "Settings", photograph: Path, heat_map: Path | None = None) -> dict[str, Any]:
    """What the model of now says of a photograph, by ``models.defects.answer``.

    Args:
        settings: Which model.
        photograph: File of the photograph.
        heat_map: PNG to write, if any.

    Raises:
        GridsealError: As for ``told_by``.
    """
    words = [str(settings.model_dir), str(photograph), *([str(heat_map)] if heat_map else [])]
    (told,) = told_by(settings, "models.defects.answer", words)
    return told


def told_by(
    settings: "Settings", module: str, words: Iterable[str] = (), given: Iterable[str] = ()
) -> Iterator[dict[str, Any]]:
    """Runs a module there; yields what it prints, each line an object of JSON.

    Args:
        settings: Passed on, without passwords.
        module: Such as ``models.defects.answer``.
        words: Its arguments.
        given: Lines of its standard input.

    Raises:
        GridsealError: The environment is not there, or the module told an error.
    """
    from stack.environment import MODELS
    from stack.secrets import without_secrets
    from stack.sql import settings_environment
    from stack.step import ROOT

    require()
    python = MODELS / "bin" / "python"
    environment = without_secrets(os.environ) | settings_environment(settings) | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as lines:
        lines.write("\n".join(given))
        lines.seek(0)
        command = [str(python), "-m", module, *words]
        # A group of its own: whoever presses Ctrl-C ends this process, which ends that one.
        with subprocess.Popen(
            command, stdin=lines, stdout=subprocess.PIPE, env=environment, text=True, process_group=0
        ) as child:
            try:
                for line in child.stdout or ():
                    told: dict[str, Any] = json.loads(line)
                    if "error" in told:
                        raise GridsealError(told["error"], told["hint"], child.wait())
                    yield told
            except BaseException:
                child.kill()
                raise
    if child.returncode:
        raise GridsealError(f"{module} ended with code {child.returncode}", "gridseal doctor", UNEXPECTED)
