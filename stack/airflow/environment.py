"""What Airflow needs: its environment, ``.venv-airflow``, and PostgreSQL, a package of Debian.

Run as `python -m stack.airflow.environment` (by `make`), which spends no time when they are there.
"""

import os
import sys
from pathlib import Path

from stack import packages
from stack.airflow.postgres import PROGRAMS
from stack.bootstrap import texts
from stack.environment import AIRFLOW, AIRFLOW_LOCK, ensure, install
from stack.step import ROOT, Step

# Otherwise the package makes a database of its own, and starts it.
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")


def _install(step: Step) -> None:
    if not (PROGRAMS / "postgres").exists():
        if os.geteuid() == 0 and not _NO_CLUSTER.exists():
            _NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
            _NO_CLUSTER.write_text("create_main_cluster = false\n", encoding="utf-8")
        packages.install(step, [packages.POSTGRESQL])
    install(step, AIRFLOW, AIRFLOW_LOCK)


STEP = Step(
    "airflow",
    "installing Airflow and PostgreSQL",
    lambda: f"{ROOT}\n{texts(AIRFLOW_LOCK)}",
    lambda: [AIRFLOW / "bin" / "airflow", PROGRAMS / "postgres"],
    _install,
)

if __name__ == "__main__":
    sys.exit(ensure(STEP))
