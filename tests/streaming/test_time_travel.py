"""Queries about the past."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.errors import PipelineError
from pipelines.sql.time_travel import as_of, parse_moment
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

CATALOG = load_catalog(WarehouseSettings())
MOMENT = datetime(2026, 11, 20, 12, 30, 1, 234567, UTC)
CLAUSE = "TIMESTAMP AS OF '2026-11-20 12:30:01.234'"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        (" 2026-11-20 12:00 ", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("2026-11-20T12:00:00+01:00", datetime(2026, 11, 20, 11, tzinfo=UTC)),
        ("2026-11-20T12:00:00Z", datetime(2026, 11, 20, 12, tzinfo=UTC)),
    ],
)
def test_a_moment_is_utc_unless_it_says_its_zone(text: str, moment: datetime) -> None:
    if moment > datetime.now(UTC):
        pytest.skip("this clock has not come so far")
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "12:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(PipelineError, match="is not a time; allowed: ISO 8601") as refusal:
        parse_moment(text)
    assert refusal.value.exit_code == 2


def test_the_future_is_refused() -> None:
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    with pytest.raises(PipelineError, match="lies in the future"):
        parse_moment(future)


def test_every_table_is_read_as_it_was() -> None:
    sql = "SELECT r.readings FROM dws.region_hour AS r JOIN ODS.dead_letter d ON r.dt = d.dt"
    assert as_of(sql, MOMENT, CATALOG) == (
        f"SELECT r.readings FROM dws.region_hour {CLAUSE} AS r JOIN ods.dead_letter {CLAUSE} d ON r.dt = d.dt"
    )


def test_a_current_view_becomes_the_history_as_it_was() -> None:
    rewritten = as_of("SELECT name FROM dim.region_current AS g", MOMENT, CATALOG)
    assert f"FROM dim.region {CLAUSE} WHERE valid_to IS NULL) AS g" in rewritten
    assert "region_current" not in rewritten


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'from dws.region_hour' AS x",
        "SELECT 1 -- from dws.region_hour",
        "SELECT 1 /* join dws.region_hour */",
        'SELECT "from dws.region_hour"',
        "SELECT region_id FROM x WHERE x.dws.region_hour.readings > 1",
        "SELECT * FROM dws.no_such_table",
        "SELECT * FROM ads.feeder_loss_current",
    ],
)
def test_what_names_no_table_stays_as_it_is(sql: str) -> None:
    assert as_of(sql, MOMENT, CATALOG) == sql


def test_another_zone_is_the_same_moment() -> None:
    from zoneinfo import ZoneInfo

    sql = "SELECT * FROM dws.region_hour"
    assert as_of(sql, MOMENT.astimezone(ZoneInfo("Europe/Paris")), CATALOG) == as_of(sql, MOMENT, CATALOG)
