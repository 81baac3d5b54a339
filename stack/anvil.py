"""anvil, the program that runs the chain: how set-up fetches it, and where it then lies.

npm only downloads it and checks its hash: no script of a package runs, and neither does Node afterwards. The lock
leaves out which Node a package wants: npm would pass over the program on Debian's (18), and say nothing.
"""

import platform
import shutil
from pathlib import Path

from stack.errors import StackError
from stack.step import BUILD, ROOT, Step

LOCK = ROOT / "stack" / "npm"
# What the kinds of machines are called by Python, and by the packages.
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def program(build: Path) -> Path:
    """Where the program for this kind of machine lies under the folder of what set-up made, if it is there.

    Raises:
        StackError: There is no such program for this kind of machine.
    """
    machine = platform.machine()
    if machine not in _MACHINES:
        raise StackError(
            f"there is no anvil for a machine of kind {machine}, only for {' and '.join(_MACHINES)}", exit_code=2
        )
    package = f"@foundry-rs/anvil-linux-{_MACHINES[machine]}"
    return build / "npm" / "node_modules" / package / "bin" / "anvil"


def installed(build: Path) -> Path:
    """The program.

    Raises:
        StackError: It is missing.
    """
    file = program(build)
    if not file.exists():
        raise StackError(f"the program of the chain is missing: {file}", hint="make setup")
    return file


def install(step: Step) -> None:
    """Installs what the lock pins into build/npm.

    Raises:
        StackError: npm is missing, or did not install the program.
    """
    if not shutil.which("npm"):
        raise StackError("npm is not installed", hint="sudo apt-get install --no-install-recommends npm")
    folder = BUILD / "npm"
    folder.mkdir(exist_ok=True)
    for file in LOCK.iterdir():
        shutil.copyfile(file, folder / file.name)
    # npm tells only at this level of an optional package that it could not fetch or whose hash is wrong.
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=verbose")
    step.command("npm", "ci", "--prefix", folder, "--ignore-scripts", *quiet)
    file = program(BUILD)
    if not file.exists():
        raise StackError(
            f"npm left out {file.parents[1].name}, by a failed download or another hash than the lock's; "
            f"see `failed optional dependency` in {step.log}",
            hint="make setup",
        )
