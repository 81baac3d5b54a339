"""Looks for secrets in the files that git tracks, with detect-secrets as .secrets.baseline sets it up.

Run as `python -m supply.secrets` (by `make lint`). Exit code 0: none; 1: some, each with its file and line.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from stack.step import ROOT
from supply.tools import VENV

BASELINE = ROOT / ".secrets.baseline"
DETECTOR = ROOT / "supply" / "chain_key.py"
# PNG in base64, as a notebook holds what was drawn.
_PICTURE = re.compile(r'"iVBORw0KGgo[A-Za-z0-9+/=\\n]*"')


def tracked(folder: Path) -> list[str]:
    """The files that git tracks in a folder, relative to it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=folder, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if (folder / name).is_file()]


def legible(notebook: str) -> str:
    """A notebook as a detector can read it: without pictures, with plain quotes in texts, line by line as it was."""
    return _PICTURE.sub('""', notebook).replace('\\"', '"')


def scan(folder: Path) -> str:
    """What was found, as detect-secrets says it; empty if there is nothing.

    Nothing is sent anywhere to find out whether a secret works.
    """
    parts = os.cpu_count() or 1
    hook = (VENV / "bin" / "detect-secrets-hook", "--no-verify", "--baseline", BASELINE, "--plugin", DETECTOR)

    def part(names: list[str]) -> str:
        # It says nothing and ends with 0 if there is nothing; with anything else it has found or failed.
        done = subprocess.run([*hook, *names], cwd=folder, capture_output=True, text=True, check=False)
        return f"{done.stdout}{done.stderr}exit {done.returncode}" if done.returncode else ""

    with TemporaryDirectory() as copies, ThreadPoolExecutor(parts) as pool:
        files = tracked(folder)
        for place, name in enumerate(files):
            if name.endswith(".ipynb"):
                copy = Path(copies) / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(legible((folder / name).read_text("utf-8")), "utf-8")
                files[place] = str(copy)
        # Every n-th, so that each part has small and large ones; never an empty part, which would say nothing.
        found = "\n".join(filter(None, pool.map(part, filter(None, (files[i::parts] for i in range(parts))))))
    return found.replace(f"{copies}/", "")


def main() -> int:
    """Scans this repository and returns the exit code."""
    found = scan(ROOT)
    if found:
        print(f'{found}\nnext: docs/supply-chain.md, "Secrets"', file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
