"""Airflow's REST: runs of DAGs for a day, started and watched."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from gridseal.errors import CHECK_FAILED, NO_SERVICE, GridsealError
from stack import airflow

if TYPE_CHECKING:
    from gridseal.settings import Settings

_USER = "engineer"
_SECONDS = 30
_POLL_S = 2
ENDED = ("success", "failed")
T = TypeVar("T")


class _UnreachableError(GridsealError):
    """Nobody answers."""


@dataclass(frozen=True)
class TaskRun:
    """A task of a run of a DAG.

    Attributes:
        dag: Its DAG.
        task: Its name.
        state: Such as success, failed, skipped, running; empty if it has none yet.
        seconds: How long it took; None before its end.
        tries: How often it was tried.
    """

    dag: str
    task: str
    state: str
    seconds: float | None
    tries: int


class AirflowClient:
    """Airflow of this stack, as the user engineer.

    Args:
        settings: Where it is.

    Raises:
        GridsealError: It does not answer, or refuses.
    """

    def __init__(self, settings: "Settings") -> None:
        self._url = airflow.url(settings)
        self._session = requests.Session()
        # Without a proxy: it is on this machine.
        self._session.trust_env = False
        login = {"username": _USER, "password": settings.airflow_engineer_password.get_secret_value()}
        token = self._ask("POST", "/auth/token", login)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def start(self, dag: str, day: str | None) -> str:
        """Start a run of a DAG, for a day unless it is for none, and return its name."""
        made = self._ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None, "partition_key": day})
        return str(made["dag_run_id"])

    def runs(self, dag: str, day: str) -> list[dict[str, Any]]:
        """The runs of a DAG for a day, the oldest first."""
        every = self._ask("GET", f"/api/v2/dags/{dag}/dagRuns?limit=100&order_by=-run_after")["dag_runs"]
        return [run for run in reversed(every) if run["partition_key"] == day]

    def await_run(self, dag: str, day: str, known: set[str], deadline: float) -> str:
        """Wait for a run that Airflow starts by itself for a day, and return its name.

        Args:
            dag: Its DAG.
            day: Its day.
            known: Names of those that were there before.
            deadline: As time.monotonic() counts.

        Raises:
            GridsealError: There was none by then.
        """
        while True:
            for run in self._patiently(deadline, lambda: self.runs(dag, day)):
                if run["dag_run_id"] not in known:
                    return str(run["dag_run_id"])
            if time.monotonic() > deadline:
                raise GridsealError(
                    f"Airflow has started no run of {dag} for {day}", f"look at {self._url}/dags/{dag}", CHECK_FAILED
                )
            time.sleep(_POLL_S)

    def wait(self, dag: str, run: str, deadline: float, tell: Callable[[list[TaskRun]], None]) -> str:
        """Wait until a run has ended, and return its state.

        Args:
            dag: Its DAG.
            run: Its name.
            deadline: As time.monotonic() counts.
            tell: Told of its tasks again and again.

        Raises:
            GridsealError: It has not ended by then.
        """
        while True:
            found = self._patiently(deadline, lambda: self._ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run}"))
            tell(self._patiently(deadline, lambda: self.tasks(dag, run)))
            if (state := str(found["state"])) in ENDED:
                return state
            if time.monotonic() > deadline:
                raise GridsealError(
                    f"the run {run} of {dag} is still {state}", f"look at {self._url}/dags/{dag}", CHECK_FAILED
                )
            time.sleep(_POLL_S)

    def tasks(self, dag: str, run: str) -> list[TaskRun]:
        """The tasks of a run, those that began first first."""
        found = self._ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
        ordered = sorted(found, key=lambda one: (one["start_date"] or "~", one["task_id"]))
        return [TaskRun(dag, one["task_id"], one["state"] or "", one["duration"], one["try_number"]) for one in ordered]

    def _patiently(self, deadline: float, ask: Callable[[], T]) -> T:
        """What is asked, again and again until the deadline: an API server that died is started again."""
        while True:
            try:
                return ask()
            except _UnreachableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_S)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._session.request(method, self._url + path, json=body, timeout=_SECONDS)
        except requests.RequestException as error:
            raise _UnreachableError(
                f"Airflow does not answer on {self._url}", "gridseal up --with airflow", NO_SERVICE
            ) from error
        if not answer.ok:
            raise GridsealError(
                f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:300]}",
                f"look at {self._url}",
                NO_SERVICE,
            )
        return answer.json()
