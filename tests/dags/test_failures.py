"""What becomes of a task whose command fails, is killed, hangs or is used wrongly, and who is told."""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from airflow.utils.db import initdb

from dags import alarms, common
from stack.airflow.names import ALARM_FILE
from tests.dags.commands import commands
from tests.webhook import webhook

COMMANDS = """#!/bin/sh
echo "$$" > pid
env > environment
case "$1" in
  flaky) test -e before || { touch before; exit 3; } ;;
  fails) echo "error: 3 rows differ" >&2; exit 1 ;;
  misused) echo "error: 'None' is no day" >&2; exit 2 ;;
  killed) kill -9 "$$" ;;
  hangs) sleep 600 ;;
esac
echo done
"""


@pytest.fixture(scope="session", autouse=True)
def database() -> None:
    """Where Airflow keeps what these runs come to: a file of SQLite in its folder."""
    initdb()


@pytest.fixture(autouse=True)
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is run in the place of gridseal, in a folder of its own."""
    program = tmp_path / "gridseal"
    program.write_text(COMMANDS)
    program.chmod(0o700)
    monkeypatch.setattr(common, "PROGRAM", str(program))
    monkeypatch.setattr(common, "HOME", str(tmp_path))
    return program


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What the webhook is told."""
    with webhook() as (address, heard):
        (tmp_path / "alarm").write_text(f"{address}\n")
        monkeypatch.setenv(ALARM_FILE, str(tmp_path / "alarm"))
        yield heard


def run(word: str) -> Any:
    """The task's instance after one run of the DAG of a command."""
    (instance,) = getattr(commands, f"dag_{word}").test().get_task_instances()
    return instance


def test_a_command_that_ends_well_is_a_success_and_nobody_is_told(told: list[dict[str, Any]]) -> None:
    assert run("good").state == "success"
    assert told == []


def test_a_command_that_fails_is_tried_again(told: list[dict[str, Any]]) -> None:
    instance = run("flaky")
    assert (instance.state, instance.try_number) == ("success", 2)
    assert told == []


@pytest.mark.parametrize(("word", "tries", "ending"), [("fails", 2, "1: error: 3 rows differ"), ("killed", 1, "-9: ")])
def test_a_command_that_fails_for_good_is_told(word: str, tries: int, ending: str, told: list[dict[str, Any]]) -> None:
    instance = run(word)
    assert (instance.state, instance.try_number) == ("failed", tries)
    (alarm,) = told
    assert alarm["alarm"] == "failed"
    assert (alarm["dag"], alarm["task"], alarm["tries"]) == (f"dag_{word}", "task", tries)
    assert alarm["error"] == f"gridseal {word} ended with {ending}"
    assert alarm["log"].startswith("http")


def test_a_command_used_wrongly_is_not_tried_again(told: list[dict[str, Any]]) -> None:
    instance = run("misused")
    assert (instance.state, instance.try_number) == ("failed", 1)
    assert [alarm["error"] for alarm in told] == ["gridseal misused ended with 2: error: 'None' is no day"]


def test_a_command_that_hangs_is_ended_with_its_task(command: Path, told: list[dict[str, Any]]) -> None:
    instance = run("hangs")
    assert instance.state == "failed"
    pid, deadline = int((command.parent / "pid").read_text()), time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [alarm["error"].split(",")[0] for alarm in told] == ["Timeout"]


def test_a_command_sees_nothing_of_airflow(command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY_CMD", "cat key")
    monkeypatch.setenv("GRIDSEAL_LAKE_PATH", "/lake")
    assert run("good").state == "success"
    seen = dict(line.partition("=")[::2] for line in (command.parent / "environment").read_text().splitlines())
    assert seen["GRIDSEAL_LAKE_PATH"] == "/lake"
    assert seen["PATH"] == os.environ["PATH"]
    assert [name for name in seen if "AIRFLOW" in name.upper()] == []


def test_a_run_that_is_late_is_told(told: list[dict[str, Any]]) -> None:
    run = {"dag_id": "nightly_notary", "partition_key": "2026-11-20", "dag_run_id": "asset_triggered__1"}
    asyncio.run(alarms.late(90, {"dag_run": run, "deadline": {}}))
    assert told == [
        {
            "alarm": "late",
            "dag": "nightly_notary",
            "day": "2026-11-20",
            "run": "asset_triggered__1",
            "minutes": 90,
        }
    ]


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/key-of-a-chat", "no address key-of-a-chat", ""])
def test_a_webhook_that_does_not_answer_stops_nothing(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "alarm").write_text(address)
    monkeypatch.setenv(ALARM_FILE, str(tmp_path / "alarm"))
    assert run("killed").state == "failed"
    assert "key-of-a-chat" not in caplog.text
    assert ("could not be sent" in caplog.text) is bool(address)


def test_without_a_webhook_the_log_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(ALARM_FILE, str(tmp_path / "none"))
    alarms.send({"alarm": "failed"})
    monkeypatch.delenv(ALARM_FILE)
    alarms.send({"alarm": "failed"})
    assert caplog.text.count("'alarm': 'failed'") == 2
