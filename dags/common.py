"""What all DAGs share: a task is one command of gridseal, a run is for one day, and what fails is told."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import (
    Asset,
    AsyncCallback,
    BaseOperator,
    CronPartitionTimetable,
    DeadlineAlert,
    DeadlineReference,
)
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from dags import lineage
from dags.alarms import alarm, late
from stack.airflow import names
from stack.settings import StackSettings, env_name
from warehouse.catalog import Catalog, load_catalog
from warehouse.settings import WarehouseSettings

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

ROOT = Path(__file__).resolve().parents[1]
HOME = os.environ.get(names.HOME, str(ROOT))
"""Where commands are run: the folder of the ``.env`` with gridseal's settings."""
PROGRAM = str(ROOT / ".venv" / "bin" / "gridseal")
SETTINGS = WarehouseSettings.model_validate(
    {name: os.environ[env_name(name)] for name in WarehouseSettings.model_fields if env_name(name) in os.environ}
)
"""Which tables there are, and where their days begin."""
DAY = "{{ dag_run.partition_key }}"
"""The day that a run is for, yyyy-MM-dd."""
(SPARK,) = names.POOLS
"""Pool of what does not fit beside itself on a small machine."""
LATE_MINUTES = int(
    os.environ.get(env_name("alarm_after_minutes"), StackSettings.model_fields["alarm_after_minutes"].default)
)
"""A run that takes longer is told to be late."""

_WRONG_USAGE = 2

NIGHT_MARTS = Asset("gridseal://nights/marts")
"""The marts of a day are as good as they get tonight."""

DEFAULTS: dict[str, Any] = {
    "owner": "operations",
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
    "execution_timeout": timedelta(hours=1),
    "on_failure_callback": alarm,
}
"""Of every task."""
DAG_DEFAULTS: dict[str, Any] = {
    "start_date": datetime(2006, 12, 16, tzinfo=ZoneInfo("UTC")),
    "catchup": False,
    "max_active_runs": 1,
    "default_args": DEFAULTS,
}
"""Of every DAG. A date before its start_date would be a success without a task, so that it lies before all readings."""


def nightly(cron: str) -> CronPartitionTimetable:
    """Once a night, each run for the day before.

    Args:
        cron: At four o'clock or later: there is no zone in which an hour after that is left out, or comes twice.
    """
    return CronPartitionTimetable(cron, timezone=SETTINGS.grid_timezone, run_offset=-1, key_format="%Y-%m-%d")


def in_time() -> DeadlineAlert:
    """Tells when a run has not ended in time; each DAG needs one of its own."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=LATE_MINUTES),
        callback=AsyncCallback(late, kwargs={"minutes": LATE_MINUTES}),
    )


@cache
def catalog() -> Catalog:
    """The tables, of which DAGs and lineage are made."""
    return load_catalog(SETTINGS)


class Gridseal(BaseOperator):
    """A command of gridseal. Any exit code but 0 fails the task, which is then tried again, unless it was wrong usage.

    Args:
        words: Of the command, such as ``("check", "ads.feeder_loss")``; templated.
        reads: Tables, or layers, that it reads, for the lineage.
        writes: Those that it writes.
    """

    template_fields = ("words",)

    def __init__(
        self, *, words: tuple[str, ...], reads: Sequence[str] = (), writes: Sequence[str] = (), **others: Any
    ) -> None:
        super().__init__(**others)
        self.words = words
        self.reads, self.writes = reads, writes
        self._hook = SubprocessHook()

    def execute(self, context: Any) -> None:
        """Run it; its output is the task's log."""
        done = self._hook.run_command([PROGRAM, *self.words], env=environment(), cwd=HOME)
        if done.exit_code:
            failed = AirflowFailException if done.exit_code == _WRONG_USAGE else AirflowException
            raise failed(f"gridseal {' '.join(self.words)} ended with {done.exit_code}: {done.output}")

    def on_kill(self) -> None:
        """End the command with the task."""
        self._hook.send_sigterm()  # type: ignore[no-untyped-call]

    def get_openlineage_facets_on_start(self) -> "OperatorLineage[Any, Any]":
        """What it reads and writes, for the provider of OpenLineage, if it is there."""
        return lineage.of(catalog(), self.reads, self.writes)


def environment() -> dict[str, str]:
    """Variables of a command: those of gridseal, and none of Airflow's, which lead to its secrets."""
    needed = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "STACK_OF_GRIDSEAL")
    return {name: value for name, value in os.environ.items() if name in needed or name.startswith("GRIDSEAL_")}
