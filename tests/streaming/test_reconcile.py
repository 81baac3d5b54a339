"""Comparisons of the reconciliation, without services."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from pipelines.reconcile.business import _line, _pairs
from pipelines.reconcile.line import Line
from pipelines.reconcile.messages import message_line
from pipelines.reconcile.run import _without
from pipelines.streaming.losses import Loss, lost_before
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

CATALOG = load_catalog(WarehouseSettings())
ROW: dict[str, Any] = {"id": 1, "name": "Île", "kw": Decimal("6.00"), "on": date(2020, 1, 1), "closed_at": None}


def line(theirs: dict[Any, Any], ours: dict[Any, Any]) -> Line:
    return _line("customer", "dim.customer_current", theirs, ours)


def test_a_line_is_right_only_to_the_last_digit() -> None:
    assert Line("t", "m", Decimal("1.10"), Decimal("1.1")).ok
    assert not Line("t", "m", Decimal("1.10"), Decimal("1.100000000000000001")).ok


def test_what_waits_for_a_run_is_left_out_on_both_sides() -> None:
    table = CATALOG.table("ads.customer_monthly_bill")
    sql = f"SELECT '{table.name}' FROM dws.customer_day UNION ALL SELECT 1 FROM {table.name} AS b"
    assert _without(sql, CATALOG, table, {"2026-11", "2026-10"}) == (
        "SELECT 'ads.customer_monthly_bill' FROM (SELECT * FROM dws.customer_day"
        " WHERE substr(dt, 1, 7) NOT IN ('2026-10', '2026-11')) UNION ALL SELECT 1"
        " FROM (SELECT * FROM ads.customer_monthly_bill WHERE month NOT IN ('2026-10', '2026-11')) AS b"
    )


def test_equal_rows_agree() -> None:
    compared = line({(1,): ROW}, {(1,): dict(ROW)})
    assert (compared.ok, compared.upstream, compared.here, compared.detail) == (True, 1, 1, "")


def test_a_time_with_and_without_its_zone_is_the_same() -> None:
    moment = datetime(2026, 11, 20, 12)
    assert line({1: {"t": moment}}, {1: {"t": moment.replace(tzinfo=UTC)}}).ok


@pytest.mark.parametrize("changed", [{"name": "Ile"}, {"kw": Decimal("6.01")}, {"on": None}, {"closed_at": "x"}])
def test_one_column_that_differs_is_told_with_its_key(changed: dict[str, Any]) -> None:
    compared = line({(1,): ROW, (2,): ROW}, {(1,): ROW | changed, (2,): ROW})
    assert (compared.ok, compared.upstream, compared.here) == (False, 2, 1)
    assert compared.detail == "missing or different: 1"


def test_a_row_too_many_clashes_as_one_too_few() -> None:
    missing = line({(1,): ROW, (2,): ROW}, {(1,): ROW})
    assert (missing.ok, missing.detail) == (False, "missing or different: 2")
    surplus = line({(1,): ROW}, {(1,): ROW, (7,): ROW})
    assert (surplus.ok, surplus.detail) == (False, "not in the database: 7")
    # One of each must not cancel out.
    assert not line({(1,): ROW}, {(2,): ROW}).ok
    assert not line({}, {(1,): ROW}).ok


def test_many_keys_are_shortened() -> None:
    compared = line({(number, "a"): ROW for number in range(9)}, {})
    assert compared.detail == "missing or different: 0/a, 1/a, 2/a and 6 more"


def test_lost_messages_are_shown_and_do_not_clash() -> None:
    loss = Loss("meter-readings", 2, 1200, 3400, "2026-11-21T18:00:00+00:00")
    compared = message_line("meter-readings", 2, 5000, rows=2790, dead=10, losses=[loss], lost=2200)
    assert compared.ok
    assert compared.detail == (
        "2,790 rows + 10 dead letters + 2,200 LOST: gone from Kafka before they were read"
        " (1200 to 3399, accepted 2026-11-21T18:00:00+00:00)"
    )
    # One more is missing, and nobody gave it up.
    assert not message_line("meter-readings", 2, 5000, rows=2789, dead=10, losses=[loss], lost=2200).ok
    assert message_line("t", 0, 9, rows=9, dead=0, losses=[], lost=0).detail == "9 rows + 0 dead letters"


def test_reading_goes_on_after_the_last_loss_of_each_partition() -> None:
    losses = [Loss("a", 0, 0, 10), Loss("a", 0, 40, 50), Loss("a", 1, 0, 5), Loss("b", 0, 0, 90)]
    assert lost_before(losses, "a") == {0: 50, 1: 5}
    assert str(losses[0]) == "a/0: messages 0 to 9"


def test_every_business_table_has_its_counterpart() -> None:
    changes = [t for t in CATALOG if t.source and t.source.kind == "mysql"]
    assert [source for source, _ in _pairs(CATALOG)] == changes
    for source, state in _pairs(CATALOG):
        # A business column that the state leaves out would never be compared.
        assert {f.name for f in source.fields} - set(state.column_names) <= {"updated_at"}
