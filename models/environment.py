"""The environment that models run in, ``.venv-models``: torch wants other versions than Flink's Python does.

Run as `python -m models.environment` (by `make`), which spends no time when it is there.
"""

import sys

from stack.environment import ensure
from stack.step import ROOT

VENV = ROOT / ".venv-models"
LOCK = ROOT / "requirements" / "models.lock"

if __name__ == "__main__":
    sys.exit(ensure("models", "installing torch and torchvision, 5 GB", VENV, LOCK, ["python"]))
