"""The detector of defects: reads of photographs in Kafka and answers, beside the pipeline; started on demand."""

from pathlib import Path

from stack.environment import MODELS
from stack.layout import Layout
from stack.service import Service
from stack.settings import StackSettings
from stack.sql import settings_environment
from stack.step import ROOT

_MODULE = "gridseal.detector"


def services(settings: StackSettings) -> list[Service]:
    """The detector."""
    return [
        Service(
            name="detector",
            command=(str(MODELS / "bin" / "python"), "-m", _MODULE),
            prepare=lambda: answering(settings).unlink(missing_ok=True),
            ready=lambda: "" if answering(settings).exists() else "the detector does not read yet",
            ports=(),
            address="the topic image-predictions",
            # The environment of the models has its own packages, not ours.
            environment={"PYTHONPATH": str(ROOT), **settings_environment(settings)},
            on_demand=True,
            stop_first=True,
        )
    ]


def answering(settings: StackSettings) -> Path:
    """The file into which the detector writes the version of its model once it reads."""
    return Layout.of(settings).run / "detector.model"
