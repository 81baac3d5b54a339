"""The packages of Debian that the rest of set-up and the services need."""

import os
import shutil
from collections.abc import Sequence

from stack.errors import StackError
from stack.java import JAVA_VERSION, java_home
from stack.step import Step

# The `-core` packages hold MariaDB's programs without Debian's own service, which we would have to keep from
# starting. Each package with the program that tells whether it is there.
PACKAGES = {
    "mariadb-server-core": "mariadbd",
    "mariadb-client-core": "my_print_defaults",
    "maven": "mvn",
    "npm": "npm",
    "python3-venv": "",
    f"openjdk-{JAVA_VERSION}-jdk-headless": "",
}
POSTGRESQL = "postgresql-15"
"""Only for Airflow, once somebody wants it."""


def missing_packages() -> list[str]:
    """Debian packages that must be installed."""
    missing = [
        package
        for package, program in PACKAGES.items()
        if program and not shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    ]
    try:
        if not (java_home() / "bin" / "javac").exists():
            raise StackError("a runtime without a compiler")
    except StackError:
        missing.append(f"openjdk-{JAVA_VERSION}-jdk-headless")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        missing.append("python3-venv")
    return missing


def install_packages(step: Step) -> None:
    """Installs the missing packages."""
    install(step, missing_packages())


def install(step: Step, missing: Sequence[str]) -> None:
    """Installs packages of Debian.

    Raises:
        StackError: Only root can, and we are not, or it failed.
    """
    manual = f"sudo apt-get install --no-install-recommends {' '.join(missing)}"
    if os.geteuid() != 0:
        raise StackError(f"packages are missing and only root can install them: {', '.join(missing)}", hint=manual)
    if not shutil.which("apt-get"):
        raise StackError(f"there is no apt-get; please install {', '.join(missing)} by hand", hint=manual)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    options = ("-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")
    install = ("apt-get", "install", *options, *missing)
    try:
        step.command(*install, environment=quiet)
    except StackError:
        # Most likely the package lists are old or were never read.
        step.command("apt-get", "update", environment=quiet)
        step.command(*install, environment=quiet)
