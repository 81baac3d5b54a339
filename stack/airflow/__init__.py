"""Airflow, which runs the nights: four processes, and PostgreSQL for what they know; started on demand."""

from stack.airflow import postgres, processes
from stack.airflow.processes import USERS, url
from stack.environment import AIRFLOW
from stack.errors import StackError
from stack.service import Service
from stack.settings import StackSettings

__all__ = ["USERS", "require", "service_names", "services", "url"]


def require() -> None:
    """Refuse to go on without what `make airflow` installs.

    Raises:
        StackError: It is not there.
    """
    for program in (AIRFLOW / "bin" / "airflow", postgres.PROGRAMS / "postgres"):
        if not program.exists():
            raise StackError(f"{program} is not there, which runs the nights", hint="make airflow")


def services(settings: StackSettings) -> list[Service]:
    """PostgreSQL first, then Airflow's own."""
    return [*postgres.services(settings), *processes.services(settings)]


def service_names(settings: StackSettings) -> list[str]:
    """What belongs together."""
    return [service.name for service in services(settings)]
