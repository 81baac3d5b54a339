"""Changing a real database."""

import json
import struct
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.business import apply_changes, changes, churn, seed_database
from pipelines.sources.business.database import connect
from pipelines.sources.business.journal import line_of
from pipelines.sources.grid import FIRST_DAY, TABLE_KEYS, Change, Grid
from pipelines.sources.grid.rows import Tables

pytestmark = pytest.mark.integration

GRID = Grid(7, 50)
ZONE = "Europe/Paris"
DAY = FIRST_DAY

# Types of events in MariaDB's binary log: a table's name, then the rows that changed in it.
TABLE_MAP, ROWS = 19, {23: "insert", 24: "update", 25: "delete"}


def all_rows(settings: PipelineSettings) -> Tables:
    """Every row of the business tables."""
    tables: Tables = {}
    with connect(settings) as connection, connection.cursor() as cursor:
        for table, key in TABLE_KEYS.items():
            cursor.execute(f"SELECT * FROM {table}")
            tables[table] = {row[key]: row for row in cursor.fetchall()}
    return tables


def binlog_events(settings: PipelineSettings) -> Iterator[tuple[int, str, str]]:
    """Time (seconds), table and operation of every row event of the binary log, in order."""
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW VARIABLES LIKE 'log_bin_basename'")
        row: dict[str, Any] | None = cursor.fetchone()
    assert row is not None
    base = Path(row["Value"])
    for file in sorted(base.parent.glob(f"{base.name}.[0-9]*")):
        data, position, table = file.read_bytes(), 4, ""
        while position < len(data):
            # Header of an event: time, type, server, length, next position, flags.
            time, kind, _, length, _, _ = struct.unpack_from("<IBIIIH", data, position)
            if kind == TABLE_MAP:
                # Table id (6 bytes), flags (2), two names, each with its length before and a zero behind.
                schema = position + 19 + 8
                name = schema + data[schema] + 2
                table = data[name + 1 : name + 1 + data[name]].decode()
            elif kind in ROWS and table in TABLE_KEYS:
                yield time, table, ROWS[kind]
            position += length


def test_rows_follow_the_plan_day_by_day(business_settings: PipelineSettings) -> None:
    with pytest.raises(PipelineError, match="database is empty"):
        apply_changes(business_settings, GRID, DAY)
    counts = seed_database(business_settings, GRID)
    assert counts == {table: len(rows) for table, rows in GRID.initial_rows().items()}
    assert sum(seed_database(business_settings, GRID).values()) == 0
    assert all_rows(business_settings) == GRID.initial_rows()

    planned = GRID.planned_changes(DAY, ZONE)
    summary = apply_changes(business_settings, GRID, DAY)
    assert (summary.changes, summary.applied_now) == (len(planned), len(planned))
    assert all_rows(business_settings) == GRID.rows_after(DAY, ZONE)
    # The record is the plan: nobody else has changed anything.
    assert summary.file.read_text("utf-8") == "".join(map(line_of, planned))
    last = list(binlog_events(business_settings))[-len(planned) :]
    assert last == [(int(c.time.timestamp()), c.table, c.op) for c in planned]

    assert apply_changes(business_settings, GRID, DAY).applied_now == 0
    assert all_rows(business_settings) == GRID.rows_after(DAY, ZONE)


def test_an_interrupted_day_goes_on_where_it_stopped(
    business_settings: PipelineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = DAY + timedelta(days=1)
    planned = GRID.planned_changes(day, ZONE)
    before = len(list(binlog_events(business_settings)))

    def stop_after(number: int, total: int) -> None:
        if number == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_changes(business_settings, GRID, day, stop_after)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    # Between the line of the record and the commit: the line must not stay.
    with monkeypatch.context() as patch:
        patch.setattr(changes, "advance", fail)
        with pytest.raises(KeyboardInterrupt):
            apply_changes(business_settings, GRID, day)
    file = business_settings.var_dir / "feeds" / f"business-{day}" / "changes.jsonl"
    assert len(file.read_text("utf-8").splitlines()) == 6

    summary = apply_changes(business_settings, GRID, day)
    assert summary.applied_now == len(planned) - 5
    assert file.read_text("utf-8") == "".join(map(line_of, planned))
    assert all_rows(business_settings) == GRID.rows_after(day, ZONE)
    assert len(list(binlog_events(business_settings))) == before + len(planned)


def test_days_that_are_open_are_applied_first(business_settings: PipelineSettings) -> None:
    day = DAY + timedelta(days=4)
    summary = apply_changes(business_settings, GRID, day)
    assert summary.earlier_days == [DAY + timedelta(days=2), DAY + timedelta(days=3)]
    assert all_rows(business_settings) == GRID.rows_after(day, ZONE)


def test_a_lost_record_is_written_anew(business_settings: PipelineSettings) -> None:
    day = DAY + timedelta(days=4)
    file = business_settings.var_dir / "feeds" / f"business-{day}" / "changes.jsonl"
    text = file.read_text("utf-8")
    file.unlink()
    apply_changes(business_settings, GRID, day)
    assert file.read_text("utf-8") == text


def test_another_grid_is_refused(business_settings: PipelineSettings) -> None:
    for ask in (
        lambda: seed_database(business_settings, Grid(8, 50)),
        lambda: apply_changes(business_settings, Grid(7, 60), DAY),
        lambda: churn(business_settings, Grid(7, 50, DAY - timedelta(days=1)), 1, 1),
    ):
        with pytest.raises(PipelineError, match="the database holds the grid of seed 7, 50 meters") as refusal:
            ask()
        assert refusal.value.exit_code == 2


def test_churn_is_recorded_and_leaves_room_for_planned_changes(business_settings: PipelineSettings) -> None:
    tables = all_rows(business_settings)
    day = DAY + timedelta(days=4)
    summaries = [
        churn(business_settings, GRID, 0.5, 400, seed=1, day=day),
        churn(business_settings, GRID, 0.5, 400, seed=2),
    ]
    operations: Counter[str] = Counter()
    for summary in summaries:
        lines = [json.loads(line) for line in summary.file.read_text("utf-8").splitlines()]
        assert summary.changes == len(lines) == 200
        for line in lines:
            operations[line["op"]] += 1
            rows = tables[line["table"]]
            # Each change begins with the row that the one before has left.
            assert line["before"] == as_text(rows.get(line["key"]))
            rows[line["key"]] = line["after"]
            if line["after"] is None:
                del rows[line["key"]]
    assert set(operations) == {"insert", "update", "delete"}
    found = {
        name: {key: as_text(row) for key, row in rows.items()} for name, rows in all_rows(business_settings).items()
    }
    assert found == {name: {key: as_text(row) for key, row in rows.items()} for name, rows in tables.items()}
    following = day + timedelta(days=1)
    planned = GRID.planned_changes(following, ZONE)
    assert apply_changes(business_settings, GRID, following).applied_now == len(planned)


def as_text(row: Any) -> Any:
    """A row as the record writes it; one that was read from a record stays as it is."""
    if row is None or "T" in str(row["updated_at"]):
        return row
    change = Change(datetime.now(UTC), "region", "insert", 0, None, row, "")
    return json.loads(line_of(change))["after"]


def test_a_wrong_password_is_told(business_settings: PipelineSettings) -> None:
    wrong = business_settings.model_copy(update={"database_app_password": PipelineSettings().database_app_password})
    with pytest.raises(PipelineError, match="does not let gridseal_app in") as refusal:
        seed_database(wrong, GRID)
    assert refusal.value.exit_code == 2
    assert "GRIDSEAL_DATABASE_APP_PASSWORD" in refusal.value.hint
