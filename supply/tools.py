"""The tools of this room, in an environment of their own: gridseal runs without them.

Run as `python -m supply.tools` (by `make`), which spends no time when they are there.
"""

import sys

from stack.environment import ensure, environment
from stack.step import BUILD, ROOT

VENV = ROOT / ".venv-supply"
LOCK = ROOT / "requirements" / "supply.lock"
# What supply.sbom writes.
INVENTORY = BUILD / "sbom.cdx.json"

if __name__ == "__main__":
    programs = ["pip-audit", "detect-secrets-hook"]
    sys.exit(ensure(environment("supply", "installing the tools of the supply chain", VENV, LOCK, programs)))
