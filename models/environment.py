"""The environment that models run in, ``.venv-models``: torch wants other versions than Flink's Python does.

Run as `python -m models.environment` (by `make`), which spends no time when it is there.
"""

import sys

from stack.environment import MODELS, ensure, environment
from stack.step import ROOT

LOCK = ROOT / "requirements" / "models.lock"
STEP = environment("models", "installing torch and torchvision, 5 GB", MODELS, LOCK, ["python"])

if __name__ == "__main__":
    sys.exit(ensure(STEP))
