"""A wrong setting, an unknown name, a service that is not there: the message, the next command, the exit code."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridseal.commands import feed

Cli = Callable[..., Any]

WRONG_SETTINGS = {
    "unknown": (
        {"GRIDSEAL_KAFKA_PROT": "19092"},
        ["GRIDSEAL_KAFKA_PROT", "the environment", "did you mean GRIDSEAL_KAFKA_PORT?"],
    ),
    "port too low": ({"GRIDSEAL_KAFKA_PORT": "80"}, ["GRIDSEAL_KAFKA_PORT", "'80'", "the environment", "1024"]),
    "port too high": ({"GRIDSEAL_SQL_PORT": "70000"}, ["GRIDSEAL_SQL_PORT", "'70000'", "the environment", "65535"]),
    "no number": ({"GRIDSEAL_SQL_PORT": "many"}, ["GRIDSEAL_SQL_PORT", "'many'", "the environment", "integer"]),
    "port twice": (
        {"GRIDSEAL_SQL_PORT": "42081", "GRIDSEAL_FLINK_REST_PORT": "42081"},
        ["GRIDSEAL_SQL_PORT", "GRIDSEAL_FLINK_REST_PORT", "42081"],
    ),
    "log level": (
        {"GRIDSEAL_LOG_LEVEL": "LOUD"},
        ["GRIDSEAL_LOG_LEVEL", "'LOUD'", "the environment", "'DEBUG', 'INFO'"],
    ),
    "zone": (
        {"GRIDSEAL_GRID_TIMEZONE": "Europe/Pariss"},
        ["GRIDSEAL_GRID_TIMEZONE", "'Europe/Pariss'", "the environment", "IANA time zone such as Europe/Paris"],
    ),
    "band": (
        {"GRIDSEAL_VOLTAGE_BAND_PERCENT": "0"},
        ["GRIDSEAL_VOLTAGE_BAND_PERCENT", "'0'", "the environment", "greater than 0"],
    ),
    "path": ({"GRIDSEAL_LAKE_PATH": "/la ke"}, ["GRIDSEAL_LAKE_PATH", "'/la ke'", "the environment"]),
    "short password": (
        {"GRIDSEAL_DATABASE_APP_PASSWORD": "hunter2"},  # pragma: allowlist secret
        ["GRIDSEAL_DATABASE_APP_PASSWORD", "(hidden)", "the environment", "12 or more"],
    ),
}


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_setting(cli: Cli, case: str) -> None:
    settings, told = WRONG_SETTINGS[case]
    ended = cli("tables", **settings)
    assert (ended.code, ended.out) == (2, "")
    for part in told:
        assert part in ended.err
    assert "next:  gridseal settings" in ended.err
    assert "hunter2" not in ended.err


def test_wrong_setting_in_the_file_names_the_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GRIDSEAL_PARALLELISM=none\n")
    ended = cli("tables")
    assert ended.code == 2
    assert "GRIDSEAL_PARALLELISM is 'none', read in .env: " in ended.err


def test_unknown_setting_in_the_file_names_the_file(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GRIDSEAL_TASK_SLOT=2\n")
    ended = cli("tables")
    assert ended.code == 2
    assert "GRIDSEAL_TASK_SLOT (read in .env) is no setting; did you mean GRIDSEAL_TASK_SLOTS?" in ended.err


def test_every_wrong_setting_is_told_at_once(cli: Cli) -> None:
    ended = cli("tables", GRIDSEAL_PARALLELISM="0", GRIDSEAL_GRID_TIMEZONE="Mars/Olympus")
    assert "GRIDSEAL_PARALLELISM" in ended.err
    assert "GRIDSEAL_GRID_TIMEZONE" in ended.err


def test_first_start_makes_private_passwords_that_are_never_shown(cli: Cli, tmp_path: Path) -> None:
    shown = cli("settings", "--format", "json")
    env_file = tmp_path / ".env"
    assert env_file.stat().st_mode & 0o777 == 0o600
    secrets = [line.split("=", 1)[1] for line in env_file.read_text().splitlines() if "PASSWORD=" in line]
    assert len(secrets) == 10
    assert len(set(secrets)) == 10
    for secret in secrets:
        assert secret not in shown.out + shown.err
    assert {row["value"] for row in shown.json() if row["setting"].endswith("PASSWORD")} == {"(set, hidden)"}


NO_SERVICE = {
    "status": (["status"], "gridseal up"),
    "pipeline status": (["pipeline", "status"], "gridseal up"),
    "pipeline start": (["pipeline", "start"], "gridseal up"),
    "pipeline stop": (["pipeline", "stop"], "gridseal up"),
    "sql": (["sql", "SELECT 1"], "gridseal up"),
    "sql duckdb": (["sql", "--engine", "duckdb", "SELECT * FROM ads.data_freshness"], "gridseal up"),
    "check": (["check"], "gridseal up"),
    "freshness": (["freshness"], "gridseal up"),
    "reconcile": (["reconcile", "--timeout", "0"], "gridseal up"),
    "table files": (["table", "files"], "gridseal up"),
    "table clean": (["table", "clean", "dws.meter_day"], "gridseal up"),
    "night": (["night", "--date", "2026-11-20"], "gridseal up --with airflow"),
    "feed meters": (["feed", "meters"], "gridseal up"),
    "feed business": (["feed", "business"], "gridseal up"),
}


@pytest.mark.parametrize("case", NO_SERVICE)
def test_no_service(cli: Cli, case: str) -> None:
    words, remedy = NO_SERVICE[case]
    ended = cli(*words)
    assert ended.code == 3, ended.err
    assert "next:" in ended.err
    assert remedy in ended.err
    assert "Traceback" not in ended.err
    assert "unexpected" not in ended.err


@pytest.mark.parametrize(
    "words", [["--date", "yesterday"], ["--date", ""], ["--date", "2026-11-20", "--to", "2026-11-19"]]
)
def test_a_night_of_no_day_is_refused(cli: Cli, words: list[str]) -> None:
    ended = cli("night", *words)
    assert ended.code == 2
    assert "next:  gridseal night" in ended.err


def test_status_shows_every_service_as_stopped(cli: Cli) -> None:
    ended = cli("status", "--format", "json")
    assert ended.code == 3
    services = ended.json()["services"]
    assert {row["service"] for row in services} >= {"namenode", "kafka", "database", "jobmanager", "sql"}
    assert {row["state"] for row in services} == {"stopped"}


def test_down_and_clean_of_nothing_are_fine(cli: Cli, tmp_path: Path) -> None:
    assert cli("down").code == 0
    assert cli("clean", "--yes").code == 0
    assert not (tmp_path / "var").exists()


def test_doctor_fails_and_names_the_command(cli: Cli) -> None:
    ended = cli("doctor", "--format", "json")
    assert ended.code == 1
    findings = {row["looked at"]: row for row in ended.json()}
    assert findings["kafka"][""] == "WRONG"
    assert findings["kafka"]["mend it with"] == "make up"


@pytest.mark.parametrize("command", ["describe", "lineage", "check"])
def test_unknown_table(cli: Cli, command: str) -> None:
    ended = cli(command, "dws.region_hours")
    # check looks for HDFS only after it knows what to check.
    assert ended.code == 2, ended.err
    assert "there is no table 'dws.region_hours'; did you mean dws.region_hour?" in ended.err
    assert "next:  gridseal tables" in ended.err


WRONG_USE = {
    "command": (["tabels"], "tabels"),
    "format": (["tables", "--format", "xml"], "'table', 'json', 'csv'"),
    "day": (["feed", "meters", "--day", "2026-13-01"], "'2026-13-01' is not a date; allowed: yyyy-MM-dd"),
    "first day": (["feed", "business", "--first-day", "monday"], "'monday' is not a date; allowed: yyyy-MM-dd"),
    "share": (["feed", "meters", "--late", "2"], "--late"),
    "no logs": (["table", "compact", "ads.customer_daily_bill", "--pause"], "is COPY_ON_WRITE: it has no log files"),
    "buckets": (["table", "cluster", "dws.meter_day"], "dws.meter_day is written by Flink, which finds a bucket by"),
    "empty query": (["sql", "  "], "the query is empty"),
    "time": (["sql", "--as-of", "tomorrow", "SELECT 1"], "'tomorrow' is not a time; allowed: ISO 8601"),
    "engine": (["sql", "--engine", "oracle", "SELECT 1"], "'spark', 'duckdb'"),
    "more than reads": (
        ["sql", "--engine", "duckdb", "DROP TABLE ads.data_freshness"],
        "the statement is refused; allowed: one that reads, such as SELECT",
    ),
    "future": (["sql", "--as-of", "2999-01-01", "SELECT 1"], "lies in the future"),
}


@pytest.mark.parametrize("case", WRONG_USE)
def test_wrong_use(cli: Cli, case: str) -> None:
    words, told = WRONG_USE[case]
    ended = cli(*words)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_missing_jars_name_the_set_up(cli: Cli, tmp_path: Path) -> None:
    ended = cli("up", GRIDSEAL_BUILD_DIR=str(tmp_path / "nothing"))
    assert ended.code == 3
    assert str(tmp_path / "nothing") in ended.err
    assert "next:  make setup" in ended.err


def test_folder_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    # A file where the folder should be: root can write into any folder that is only read-only.
    (tmp_path / "file").write_text("")
    ended = cli("up", GRIDSEAL_VAR_DIR=str(tmp_path / "file" / "var"))
    assert ended.code == 2
    assert f"cannot write the folder of state {tmp_path / 'file' / 'var'}" in ended.err
    assert "GRIDSEAL_VAR_DIR" in ended.err


def test_an_error_that_nobody_expected_keeps_its_traceback_in_a_file(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(_: object) -> None:
        raise ZeroDivisionError("seven by nothing")

    monkeypatch.setattr(feed, "require_grid", fails)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = cli("feed", "meters")
    assert ended.code == 70
    assert "error: unexpected: ZeroDivisionError: seven by nothing" in ended.err
    assert "Traceback" not in ended.err
    details = Path(ended.err.split("details: ")[1].strip())
    assert "in fails" in details.read_text()
    assert details.stat().st_mode & 0o777 == 0o600


def test_exit_code_and_messages_of_the_installed_program(quiet: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [str(Path(sys.prefix) / "bin" / "gridseal"), "describe", "ads.bill"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no table 'ads.bill'")
    assert quiet["GRIDSEAL_VAR_DIR"] == str(tmp_path / "var")
