"""Every file of dags/ is a DAG that an operator can rely on."""

import ast
import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG, CronPartitionTimetable
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronPartitionTimetable as ScheduledTimetable

from dags.common import NIGHT_MARTS, PROGRAM, Gridseal
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

DAGS = Path("dags")
SHARED = {"alarms.py", "common.py", "lineage.py"}
"""What the DAGs import; everything else is one."""
FILES = sorted(path for path in DAGS.glob("*.py") if path.name not in SHARED and path.name != "__init__.py")


@pytest.fixture(scope="session")
def bag() -> BundleDagBag:
    """What Airflow makes of the folder."""
    return BundleDagBag(dag_folder=str(DAGS.absolute()), bundle_path=DAGS.absolute(), bundle_name="dags-folder")


@pytest.fixture(params=[path.stem for path in FILES])
def dag(bag: BundleDagBag, request: pytest.FixtureRequest) -> DAG:
    """One after the other."""
    return bag.dags[request.param]


def test_every_file_is_one_dag_of_its_name(bag: BundleDagBag) -> None:
    assert bag.import_errors == {}
    assert len(FILES) >= 5
    assert set(bag.dags) == {path.stem for path in FILES}


@pytest.mark.usefixtures("bag")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_read_in_less_than_a_second(path: Path) -> None:
    # What all of them import has been read. Of the processor, which other tests use as well.
    began = time.process_time()
    bag = BundleDagBag(dag_folder=str(path.absolute()), bundle_path=DAGS.absolute(), bundle_name="dags-folder")
    assert time.process_time() - began < 1
    assert set(bag.dags) == {path.stem}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports_are_those_of_the_sdk_and_the_contracts(path: Path) -> None:
    found = {
        node.module.split(".")[0] if not node.module.startswith("airflow") else node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    # The last is for the checker of types alone.
    assert found <= {
        "airflow.sdk", "airflow.sdk.exceptions", "dags", "warehouse", "datetime", "typing",
        "airflow.providers.openlineage.extractors",
    }  # fmt: skip


def test_it_is_told_what_it_is_and_who_answers_for_it(dag: DAG) -> None:
    assert len(dag.doc_md or "") > 100
    assert dag.tags
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert {task.owner for task in dag.tasks} <= {"operations", "analytics"}


def test_each_task_is_tried_again_ends_in_time_and_is_told(dag: DAG) -> None:
    commands = [task for task in dag.tasks if isinstance(task, Gridseal)]
    assert commands
    for task in commands:
        assert task.retries >= 1
        assert task.retry_exponential_backoff
        assert task.execution_timeout is not None
        assert task.on_failure_callback
        assert task.words[0] not in ("", "None")


def test_each_command_is_one_that_exists(dag: DAG) -> None:
    told = (Path("docs") / "operate.md").read_text()
    for task in dag.tasks:
        if isinstance(task, Gridseal):
            words = [word for word in task.words if word.isalpha()]
            assert any(f"`gridseal {' '.join(words[:n])}" in told for n in (1, 2)), task.words
    assert PROGRAM.endswith("/.venv/bin/gridseal")


def test_a_table_made_by_spark_has_its_task_by_itself(bag: BundleDagBag) -> None:
    catalog = load_catalog(WarehouseSettings())
    marts = [table for table in catalog if table.engine == "spark"]
    assert marts
    dag = bag.dags["batch_marts"]
    for table in marts:
        short = table.name.replace(".", "_")
        assert dag.get_task(f"make_{short}").words == ("batch", "run", table.name)
        assert dag.get_task(f"make_{short}").owner == table.owner
        assert dag.get_task(f"check_{short}").words == ("check", table.name)
        above = {name for name in catalog.upstream[table.name] if catalog.table(name).engine == "spark"}
        assert {f"make_{name.replace('.', '_')}" for name in above} <= dag.get_task(f"make_{short}").upstream_task_ids


def test_a_night_is_handed_on_whatever_fails_and_its_run_fails_then(bag: BundleDagBag) -> None:
    dag = bag.dags["batch_marts"]
    hand_on, fail = dag.get_task("hand_on"), dag.get_task("fail")
    assert hand_on.trigger_rule == "all_done"
    assert hand_on.outlets == [NIGHT_MARTS]
    assert fail.trigger_rule == "one_failed"
    assert fail.upstream_task_ids == {task.task_id for task in dag.tasks if isinstance(task, Gridseal)}
    assert bag.dags["nightly_notary"].timetable.asset_condition == NIGHT_MARTS


def test_the_template_of_the_page_is_a_dag(tmp_path: Path) -> None:
    (template,) = re.findall(r"```python\n(.*?)```", (Path("docs") / "deploy-dags.md").read_text(), re.DOTALL)
    (tmp_path / "weekly_export.py").write_text(template)
    bag = BundleDagBag(dag_folder=str(tmp_path), bundle_path=tmp_path, bundle_name="dags-folder")
    assert bag.import_errors == {}
    (export,) = bag.dags["weekly_export"].tasks
    assert isinstance(export, Gridseal)
    assert export.retries >= 1


ZONES = (
    "Europe/Paris", "Europe/London", "Europe/Helsinki", "America/New_York", "America/Santiago", "America/St_Johns",
    "Australia/Lord_Howe", "Pacific/Auckland", "Africa/Cairo", "Asia/Kolkata", "UTC",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_has_one_night_a_day_whatever_the_clocks_do(bag: BundleDagBag, zone: str) -> None:
    nightly = [dag.timetable for dag in bag.dags.values() if isinstance(dag.timetable, CronPartitionTimetable)]
    assert len(nightly) >= 3
    for timetable in nightly:
        scheduled = ScheduledTimetable(
            timetable.expression, timezone=zone, run_offset=timetable.run_offset, key_format=timetable.key_format
        )
        everything, last, days = TimeRestriction(datetime(2026, 1, 1, tzinfo=UTC), None, catchup=True), None, []
        for _ in range(370):
            last = scheduled.next_dagrun_info_v2(last_dagrun_info=last, restriction=everything)
            assert last
            days.append(date.fromisoformat(last.partition_key or ""))
        assert days == [days[0] + timedelta(days=number) for number in range(370)]
