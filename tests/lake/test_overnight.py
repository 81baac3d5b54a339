"""Airflow runs the nights of the lake: by itself and when asked, twice, side by side, through failures; and tells."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import pytest
import requests

import stack
from gridseal.airflow_client import AirflowClient, TaskRun
from notary.night import Sealing, missing, night_figures
from notary.office import open_office
from stack.airflow import USERS, url
from tests.conftest import ALARM_PORT
from tests.lake.lake import Lake, differing
from tests.lake.overnight import BY_SPARK, airflow_beside, by_spark
from tests.openlineage import problems
from tests.webhook import webhook

pytestmark = [pytest.mark.integration, pytest.mark.slow]

# Of the grid's clock, when each is due.
HOURS = {"defect_detection": 4.0, "batch_marts": 4.5, "lake_maintenance": 5.5}
NOTARY = "nightly_notary"
PATIENCE_S = 1200


@pytest.fixture(scope="module")
def told() -> Iterator[list[dict[str, Any]]]:
    """What the webhook is told."""
    with webhook(ALARM_PORT) as (_, heard):
        yield heard


@pytest.fixture(scope="module")
def started(lake: Lake) -> datetime:
    """When Airflow is started, on the grid's clock; the notary had sealed a night, and missed some since."""
    now = datetime.now(ZoneInfo(lake.settings.grid_timezone))
    if not nights(lake)[0]:
        done = lake.command("notarize", "--night", str((now - timedelta(days=5)).date()))
        assert done.returncode == 0, done.stderr
    return now


@pytest.fixture(scope="module")
def client(lake: Lake, started: datetime, told: list[dict[str, Any]]) -> Iterator[AirflowClient]:
    """Airflow, which knows nothing of the lake's earlier nights."""
    with airflow_beside(lake) as running:
        yield running


@dataclass(frozen=True)
class Night:
    """The night that Airflow made up for when it was started.

    Attributes:
        day: Of its marts, and so of its seals.
        runs: The state and the tasks of each DAG's run.
    """

    day: str
    runs: dict[str, tuple[str, list[TaskRun]]]


@pytest.fixture(scope="module")
def night(lake: Lake, started: datetime, client: AirflowClient) -> Night:
    """Once its runs have ended."""
    deadline, runs = time.monotonic() + PATIENCE_S, {}
    for dag in (*HOURS, NOTARY):
        run = client.await_run(dag, due(dag, started), set(), deadline)
        runs[dag] = client.wait(dag, run, deadline, lambda _: None), client.tasks(dag, run)
    return Night(due(NOTARY, started), runs)


def due(dag: str, started: datetime) -> str:
    """The day whose run was due last by then."""
    return str((started - timedelta(hours=HOURS.get(dag, HOURS["batch_marts"]), days=1)).date())


def nights(lake: Lake) -> tuple[dict[date, Sealing], int]:
    """The nights that the notary's record holds, and its number of checkpoints."""
    with open_office(lake.settings, lake.catalog) as office:
        checkpoints, zone = office.checkpoints.all(), ZoneInfo(lake.settings.grid_timezone)
        figures = night_figures(office.connection, checkpoints, datetime.now(UTC), zone)
        return {one.night: one for one in figures.nights}, len(checkpoints)


def test_the_night_that_was_due_is_made_up_for_by_itself(lake: Lake, night: Night) -> None:
    for dag, (state, tasks) in night.runs.items():
        assert state == "success", (dag, tasks)
        assert {one.state for one in tasks if one.task != "fail"} == {"success"}
    made = {one.task for one in night.runs["batch_marts"][1]}
    assert {f"make_{name.replace('.', '_')}" for name in BY_SPARK} <= made
    assert nights(lake)[0][date.fromisoformat(night.day)].final
    assert lake.command("notary", "status", "--night", night.day).returncode == 0


def test_nights_that_nobody_sealed_before_it_are_sealed_with_it(lake: Lake, night: Night) -> None:
    sealed, _ = nights(lake)
    newest, missed = date.fromisoformat(night.day), date.fromisoformat(night.day) - timedelta(days=1)
    assert missing(list(sealed.values()), newest) == []
    assert sealed[missed].late
    assert sealed[missed].anchored == sealed[newest].anchored


@pytest.mark.usefixtures("night")
def test_its_tables_are_those_that_the_records_say(lake: Lake) -> None:
    expected = lake.assert_as_recomputed()
    assert {name: found for name in BY_SPARK if (found := differing(expected[name], lake.rows(name)))} == {}


def test_another_night_of_the_day_ends_in_the_same_tables_and_checkpoint(lake: Lake, night: Night) -> None:
    tables, (before, _) = by_spark(lake), nights(lake)
    done = lake.command("night", "--date", night.day, "--format", "json")
    assert done.returncode == 0, done.stderr + done.stdout
    rows = json.loads(done.stdout)
    assert {row["dag"] for row in rows} == {*HOURS, NOTARY, "freshness"}
    assert {row["state"] for row in rows if row["task"] != "fail"} == {"success"}
    assert by_spark(lake) == tables
    after, _ = nights(lake)
    assert {day: after[day] for day in before} == before


def test_a_run_without_a_day_fails_at_once_and_is_told(client: AirflowClient, told: list[dict[str, Any]]) -> None:
    run = client.start(NOTARY, None)
    assert client.wait(NOTARY, run, time.monotonic() + PATIENCE_S, lambda _: None) == "failed"
    (notarize,) = [one for one in client.tasks(NOTARY, run) if one.task == "notarize"]
    assert (notarize.state, notarize.tries) == ("failed", 1)
    # The state is there before the alarm is sent.
    deadline = time.monotonic() + 60
    while not (alarms := [one for one in told if one["alarm"] == "failed" and one["run"] == run]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    (alarm,) = alarms
    assert (alarm["dag"], alarm["task"], alarm["tries"]) == (NOTARY, "notarize", 1)
    assert "gridseal notarize --night None ended with 2" in alarm["error"]


@pytest.mark.usefixtures("night")
def test_runs_side_by_side_of_which_one_is_killed_make_one_checkpoint(lake: Lake, client: AirflowClient) -> None:
    before, checkpoints = nights(lake)
    # One that nobody has sealed, and that is no gap.
    day = min(before) - timedelta(days=10)
    deadline = time.monotonic() + PATIENCE_S
    first, second = (client.start(NOTARY, str(day)) for _ in range(2))
    words = ["notarize", "--night", str(day)]
    while not (found := [one for one in psutil.process_iter(["cmdline"]) if (one.info["cmdline"] or [])[-3:] == words]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found[0].kill()
    runs = (first, second)
    while not any(task.state == "up_for_retry" for run in runs for task in client.tasks(NOTARY, run)):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert lake.command(*words).returncode == 0
    for run in runs:
        assert client.wait(NOTARY, run, deadline, lambda _: None) == "success"
    # Whichever began first.
    assert sorted(client.tasks(NOTARY, run)[0].tries for run in runs) == [1, 2]
    after, made = nights(lake)
    assert made <= checkpoints + 1
    assert after[day].final
    assert after.keys() - before.keys() == {day}


def test_a_night_that_takes_too_long_is_told(night: Night, told: list[dict[str, Any]]) -> None:
    # The tests' settings leave it no time.
    late = {(one["dag"], one["day"]) for one in told if one["alarm"] == "late"}
    assert {("batch_marts", night.day), (NOTARY, night.day)} <= late


def test_what_was_read_and_written_is_told_as_openlineage_specifies(lake: Lake, night: Night) -> None:
    lines = (lake.settings.var_dir / "lineage" / "events.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert [found for event in events if (found := problems(event))] == []
    completed = {event["job"]["name"]: event for event in events if event["eventType"] == "COMPLETE"}
    made = completed["batch_marts.make_ads_meter_baseline"]
    assert [one["name"] for one in made["outputs"]] == ["ads.meter_baseline"]
    assert {one["name"] for one in made["inputs"]} == set(lake.catalog.upstream["ads.meter_baseline"])
    facets = [
        facet
        for event in events
        if event["eventType"] == "COMPLETE" and event["job"]["name"] == f"{NOTARY}.confirm"
        if (facet := event["run"]["facets"].get("gridseal_checkpoint"))
    ]
    anchored = nights(lake)[0][date.fromisoformat(night.day)].anchored
    assert anchored
    assert anchored.checkpoint.root.hex() in {facet["root"] for facet in facets if facet["night"] == night.day}


@pytest.mark.usefixtures("client")
def test_each_user_may_do_what_the_role_says_and_nobody_else_anything(lake: Lake) -> None:
    def ask(user: str, method: str, path: str, body: Any = None) -> int:
        login = {"username": user, "password": getattr(lake.settings, f"airflow_{user}_password").get_secret_value()}
        token = requests.post(f"{url(lake.settings)}/auth/token", json=login, timeout=30).json()["access_token"]
        header = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, url(lake.settings) + path, json=body, headers=header, timeout=30)
        return answer.status_code

    runs = "/api/v2/dags/freshness/dagRuns"
    assert [ask(user, "GET", "/api/v2/dags") for user in USERS] == [200, 200, 200]
    assert ask("viewer", "POST", runs, {"logical_date": None}) == 403
    assert ask("engineer", "POST", runs, {"logical_date": None}) == 200
    assert [ask(user, "GET", "/api/v2/connections") for user in USERS] == [200, 403, 403]
    assert requests.get(f"{url(lake.settings)}/api/v2/dags", timeout=30).status_code == 401
    wrong = {"username": "admin", "password": "a password, but another"}  # pragma: allowlist secret
    assert requests.post(f"{url(lake.settings)}/auth/token", json=wrong, timeout=30).status_code == 401


@pytest.mark.usefixtures("client")
def test_all_of_it_listens_on_this_machine_alone(lake: Lake) -> None:
    ours = {one.name: one.pid for one in stack.status(lake.settings) if one.name.startswith("airflow-")}
    assert len(ours) == 5
    listening = Counter[str]()
    for pid in ours.values():
        assert pid
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            for connection in one.net_connections():
                if connection.status == psutil.CONN_LISTEN:
                    listening[connection.laddr.ip] += 1
    assert set(listening) == {"127.0.0.1"}
