"""Every table, row for row and to the last digit, is what was sent and changed."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest

from pipelines.reconcile.run import compare
from pipelines.streaming.child import Call, open_child
from pipelines.streaming.cluster import current_job
from stack.layout import Layout
from tests.lake.lake import Lake, differing
from tests.lake.recompute import Rows, recompute
from tests.lake.rounding import round_half_up
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

CATALOG = load_catalog(WarehouseSettings())
NOT_RECOMPUTED = {
    # What it must be is the count of other tables; the reconciliation compares them.
    "ads.data_freshness",
    # The moments at which a meter's chain changed: dwd.meter_reading shows whether they are right.
    "dim.meter_assignment",
    # No data of the grid; its checks.sql says all that it is.
    "dim.date",
    # The register of one model; test_detection compares it with the card.
    "dim.model",
    # What the notary's record says; test_notary compares them.
    "ads.audit_status",
    "ads.seal_register",
}
TABLES = [t.name for t in CATALOG if t.layer != "ods" and t.name not in NOT_RECOMPUTED]


@pytest.fixture(scope="module")
def by_spark(lake: Lake) -> Iterator[Call]:
    """A process that has made the tables of Spark beside the stream."""
    with open_child(lake.settings) as call:
        lake.make_by_spark(call)
        yield call


@pytest.fixture(scope="module")
def expected(lake: Lake, by_spark: Call) -> dict[str, Rows]:
    return recompute(lake.settings, lake.history())


@pytest.mark.integration
def test_spark_makes_tables_only_as_far_as_something_changed(lake: Lake, by_spark: Call) -> None:
    every = [table.name for table in lake.catalog if table.engine != "notary"]
    before = lake.properties(*every)
    assert {name for name, text in before.items() if "hoodie.table.version=6\n" not in text} == set()
    job = current_job(lake.settings)
    assert job
    # Nothing has changed since; the stream has not been stopped.
    assert {made.replaced for made in lake.make_by_spark(by_spark)} == {()}
    assert (current_job(lake.settings) or job).id == job.id
    assert lake.properties(*every) == before
    names = {table.name for table in lake.catalog if table.engine == "spark"}
    lines = [line for line in compare(lake.settings, lake.catalog, lake.address) if line.scope in names]
    assert {line.scope for line in lines} == names
    assert [line for line in lines if not line.ok or not line.here or line.detail] == []


@pytest.mark.integration
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_what_was_sent_and_changed(lake: Lake, expected: dict[str, Rows], name: str) -> None:
    assert differing(expected[name], lake.rows(name)) == ""


@pytest.mark.integration
def test_the_recomputed_tables_are_not_empty(expected: dict[str, Rows]) -> None:
    assert set(expected) == set(TABLES)
    assert all(expected.values())


@pytest.mark.integration
def test_a_day_of_25_hours_is_in_it(lake: Lake) -> None:
    hours = lake.query(
        "SELECT hour_of_day, COUNT(DISTINCT hour_start) FROM ads.region_load_curve WHERE dt = '2026-10-25'"
        " GROUP BY hour_of_day ORDER BY hour_of_day"
    )
    assert hours == [(hour, 2 if hour == 2 else 1) for hour in range(24)]


@pytest.mark.integration
def test_no_operator_met_a_row_that_it_did_not_know(lake: Lake) -> None:
    """Flink says so when a row is taken back that it never had: then some table is wrong, or will be."""
    log = (Layout.of(lake.settings).log / "taskmanager.log").read_text(errors="replace")
    assert [line for line in log.splitlines() if "state is cleared because of state ttl" in line] == []


def test_halves_are_rounded_away_from_zero_once() -> None:
    assert round_half_up(Fraction(5, 1000), 2) == Decimal("0.01")
    assert round_half_up(Fraction(-5, 1000), 2) == Decimal("-0.01")
    assert round_half_up(Fraction(49999, 10**7), 2) == Decimal("0.00")
