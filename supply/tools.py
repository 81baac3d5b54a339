"""The tools of this room, in an environment of their own: gridseal runs without them.

Run as `python -m supply.tools` (by `make`), which spends no time when they are there.
"""

import sys

from stack.bootstrap import VENV as PRODUCT
from stack.bootstrap import texts
from stack.errors import StackError
from stack.step import BUILD, ROOT, Step

VENV = ROOT / ".venv-supply"
LOCK = ROOT / "requirements" / "supply.lock"
# What supply.sbom writes.
INVENTORY = BUILD / "sbom.cdx.json"


def install(step: Step) -> None:
    """Makes .venv-supply and installs what its lock pins."""
    uv = PRODUCT / "bin" / "uv"
    step.command(uv, "venv", "--clear", "--no-project", "--python", PRODUCT / "bin" / "python", VENV)
    step.command(uv, "pip", "sync", "--require-hashes", "--python", VENV / "bin" / "python", LOCK)


def main() -> int:
    """Installs the tools if they are missing, and returns the exit code."""
    step = Step(
        "supply",
        "installing the tools of the supply chain",
        lambda: f"{ROOT}\n{texts(LOCK)}",
        lambda: [VENV / "bin" / "pip-audit", VENV / "bin" / "detect-secrets-hook"],
        install,
    )
    try:
        step.ensure()
    except StackError as error:
        print(f"set-up  failed: {error.message}\nset-up  next: {error.hint}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
