"""Changes of the business database reach every table, whatever their order, and leave nothing stale."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.lake.lake import DAY, Hand, Lake, at

pytestmark = pytest.mark.integration

MOVED = at(DAY, 12)
RETARIFFED = at(DAY, 10.25)
DELETED = at(DAY, 13)
RETURNED_AT_ONCE = at(DAY, 15)
LEFT, RETURNED = at(DAY, 16), at(DAY, 17)
DISMOUNTED = at(DAY, 18)
TRANSFERRED = at(DAY, 11)


@dataclass
class Changed:
    """What was changed by hand, and what the lake held before.

    Attributes:
        meters: Meter of each customer by customer_id.
        mover: Moves at noon from feeder ``home`` to ``away``.
        switcher: Changes tariff and name.
        leaver: Is deleted in the afternoon.
        returner: Is deleted and inserted again within one second, on another feeder.
        absentee: Is away for an hour.
        unmetered: Its meter's row is deleted in the evening.
        feeder: Passes to another substation, and so to another region, at 11:00 UTC; those who come back, come here.
        region: Is deleted.
        energy: kW.min that each feeder delivered on the day before the changes.
    """

    meters: dict[int, str]
    mover: int
    home: int
    away: int
    switcher: int
    leaver: int
    returner: int
    absentee: int
    unmetered: int
    feeder: int
    region: int
    energy: dict[int, Decimal]


@pytest.fixture(scope="module")
def changed(lake: Lake) -> Changed:
    """All the changes, made while the pipeline runs; test_recompute.py says what every table is afterwards."""
    history = lake.history()
    of_now, free_meters, free_customers = history.now("customer"), set(lake.free("meter")), set(lake.free("customer"))
    meters = {row["customer_id"]: key for key, row in history.now("meter").items() if key in free_meters}
    feeder, *_ = lake.free("feeder")
    away, *homes = [key for key in history.now("feeder") if key != feeder]
    # Nobody else comes to where the mover goes, or leaves it.
    customers = [key for key in meters if key in free_customers and of_now[key]["feeder_id"] in homes]
    mover, switcher, leaver, returner, absentee, unmetered, *_ = customers
    changed = Changed(
        meters=meters,
        mover=mover,
        home=of_now[mover]["feeder_id"],
        away=away,
        switcher=switcher,
        leaver=leaver,
        returner=returner,
        absentee=absentee,
        unmetered=unmetered,
        feeder=feeder,
        region=lake.free("region")[0],
        energy=delivered(lake),
    )
    with lake.changes("changes") as hand:
        change_customers(hand, changed)
        change_places(hand, changed)
        change_works(hand, changed)
    lake.reconcile()
    return changed


def change_customers(hand: Hand, changed: Changed) -> None:
    """Customers move, leave and come back."""
    hand.update(MOVED, "customer", changed.mover, feeder_id=changed.away)
    tariff_id = int(str(hand.read("customer", changed.switcher)["tariff_id"])) % 4 + 1
    hand.update(RETARIFFED, "customer", changed.switcher, tariff_id=tariff_id)
    hand.update(at(DAY, 20), "customer", changed.switcher, name="Ève d'Été-Ñandú")
    hand.delete(DELETED, "customer", changed.leaver)
    row = hand.delete(RETURNED_AT_ONCE, "customer", changed.returner)
    hand.insert(RETURNED_AT_ONCE, "customer", changed.returner, row | {"feeder_id": changed.feeder})
    row = hand.delete(LEFT, "customer", changed.absentee)
    hand.insert(RETURNED, "customer", changed.absentee, row | {"feeder_id": changed.feeder})
    hand.delete(DISMOUNTED, "meter", changed.meters[changed.unmetered])


def change_places(hand: Hand, changed: Changed) -> None:
    """A feeder, a tariff and a region."""
    substation_id = hand.read("feeder", changed.feeder)["substation_id"]
    hand.update(TRANSFERRED, "feeder", changed.feeder, substation_id=int(str(substation_id)) % 3 + 1)
    # A tariff's prices change and change back within the day.
    free = int(str(hand.read("customer", changed.mover)["tariff_id"]))
    price = hand.read("tariff", free)["flat_price"]
    hand.update(at(DAY, 21), "tariff", free, flat_price=Decimal("0.33333"))
    hand.update(at(DAY, 21.5), "tariff", free, flat_price=price)
    hand.delete(at(DAY, 20), "region", changed.region)


def change_works(hand: Hand, changed: Changed) -> None:
    """Tickets and risk points are opened, closed and deleted."""
    ticket = {
        "feeder_id": changed.feeder, "equipment_id": None, "kind": "repair", "status": "open",
        "description": "by hand", "opened_at": at(DAY, 9), "closed_at": None,
    }  # fmt: skip
    for ticket_id in (900, 901, 902):
        hand.insert(at(DAY, 9), "work_ticket", ticket_id, {"ticket_id": ticket_id} | ticket)
    hand.update(at(DAY, 19), "work_ticket", 900, status="closed", closed_at=at(DAY, 19))
    hand.delete(at(DAY, 19), "work_ticket", 901)
    risk = {
        "substation_id": 1, "equipment_id": None, "ticket_id": None, "level": "high", "description": "by hand",
        "status": "open", "found_at": at(DAY, 14), "closed_at": None,
    }  # fmt: skip
    for risk_id in (900, 901):
        hand.insert(at(DAY, 14), "risk_point", risk_id, {"risk_id": risk_id} | risk)
    hand.update(at(DAY, 15), "risk_point", 900, status="closed", closed_at=at(DAY, 15))


def delivered(lake: Lake) -> dict[int, Decimal]:
    """kW.min that each feeder delivered to its customers on the day."""
    rows = lake.query(
        f"SELECT feeder_id, SUM(delivered_kw_min) FROM dws.feeder_hour WHERE dt = '{DAY}' GROUP BY feeder_id"
    )
    return dict(rows)


def spans(lake: Lake, meter_id: str, column: str) -> list[tuple[Any, datetime, datetime]]:
    """Value of a column in a meter's readings of the day, with the first and last minute of each span."""
    rows = lake.query(
        f"SELECT event_time, {column} FROM dwd.meter_reading WHERE meter_id = '{meter_id}' AND dt = '{DAY}'"
        " ORDER BY event_time"
    )
    found: list[tuple[Any, datetime, datetime]] = []
    for time, value in rows:
        begin = found.pop()[1] if found and found[-1][0] == value else time
        found.append((value, begin, time))
    return found


def test_a_customer_that_moves_at_noon_takes_its_readings_along(lake: Lake, changed: Changed) -> None:
    before, after = spans(lake, changed.meters[changed.mover], "feeder_id")
    assert (before[0], after[0]) == (changed.home, changed.away)
    # The reading of the very minute of the move belongs to the new feeder.
    assert before[2] < MOVED == after[1]


def test_the_sums_of_both_feeders_move_by_its_energy(lake: Lake, changed: Changed) -> None:
    """No reading is lost between feeders: what all together deliver is less only by what nobody owns any more."""
    ((orphaned,),) = lake.query(
        f"SELECT COALESCE(SUM(active_power), 0) FROM dwd.meter_reading WHERE dt = '{DAY}' AND feeder_id IS NULL"
        f" AND meter_id IN ('{changed.meters[changed.leaver]}', '{changed.meters[changed.absentee]}',"
        f" '{changed.meters[changed.unmetered]}')"
    )
    ((moved,),) = lake.query(
        f"SELECT SUM(active_power) FROM dwd.meter_reading WHERE dt = '{DAY}' AND feeder_id = {changed.away}"
        f" AND meter_id = '{changed.meters[changed.mover]}'"
    )
    now = delivered(lake)
    assert min(moved, orphaned) > 0
    assert now[changed.away] == changed.energy[changed.away] + moved
    assert now[changed.home] <= changed.energy[changed.home] - moved
    assert sum(now.values()) == sum(changed.energy.values()) - orphaned


def test_a_new_tariff_prices_the_readings_from_then_on(lake: Lake, changed: Changed) -> None:
    before, after = spans(lake, changed.meters[changed.switcher], "tariff_id")
    assert before[2] < RETARIFFED <= after[1]
    assert after[0] == before[0] % 4 + 1
    names = lake.query(f"SELECT dt, customer_name FROM ads.customer_daily_bill WHERE customer_id = {changed.switcher}")
    renamed = {dt for dt, name in names if name == "Ève d'Été-Ñandú"}
    # A day before that of the change keeps the old name.
    assert renamed == {dt for dt, _ in names if dt >= f"{DAY}"} == {f"{DAY}"}


def test_readings_after_a_delete_have_no_owner_and_stay(lake: Lake, changed: Changed) -> None:
    before, after = spans(lake, changed.meters[changed.leaver], "feeder_id")
    assert (before[2] < DELETED <= after[1], after[0]) == (True, None)
    assert lake.query(f"SELECT * FROM dim.customer_current WHERE customer_id = {changed.leaver}") == []
    before, after = spans(lake, changed.meters[changed.unmetered], "customer_id")
    assert (before[2] < DISMOUNTED <= after[1], after[0]) == (True, None)


def test_a_key_that_comes_back_within_a_second_loses_no_reading(lake: Lake, changed: Changed) -> None:
    before, after = spans(lake, changed.meters[changed.returner], "feeder_id")
    assert before[2] < RETURNED_AT_ONCE <= after[1]
    assert None not in (before[0], after[0])
    versions = lake.query(
        f"SELECT valid_from, valid_to FROM dim.customer WHERE customer_id = {changed.returner} ORDER BY valid_from"
    )
    assert versions == [(datetime(1970, 1, 1), RETURNED_AT_ONCE), (RETURNED_AT_ONCE, None)]


def test_a_key_that_comes_back_after_an_hour_lacks_that_hour(lake: Lake, changed: Changed) -> None:
    before, away, after = spans(lake, changed.meters[changed.absentee], "feeder_id")
    assert away[0] is None
    assert before[2] < LEFT <= away[1] < away[2] < RETURNED <= after[1]
    assert before[0] != after[0]


def test_a_feeder_that_changes_its_substation_moves_the_sums_of_regions(lake: Lake, changed: Changed) -> None:
    before, after = spans(lake, f"H{changed.feeder:05d}", "region_id")
    assert before[2] < TRANSFERRED <= after[1]
    assert before[0] != after[0]


def test_a_dimension_row_that_comes_after_its_readings_finds_them(lake: Lake) -> None:
    """The plan of the day enters a meter and its customer hours after the meter began to send."""
    (meter_id,) = {
        c.key
        for c in lake.planned()
        if c.table == "meter" and c.op == "insert" and c.reason == "meter is registered late"
    }
    moments = [c.time.replace(tzinfo=None) for c in lake.planned() if c.key == meter_id]
    unknown, known = spans(lake, meter_id, "feeder_id")
    assert unknown[0] is None
    assert unknown[2] < moments[0] <= known[1]


def test_a_deleted_region_is_gone_and_leaves_no_stale_group(lake: Lake, changed: Changed) -> None:
    regions = {region_id for (region_id,) in lake.query("SELECT region_id FROM ads.work_ticket_safety")}
    assert changed.region not in regions
    assert regions == {region_id for (region_id,) in lake.query("SELECT region_id FROM dim.region_current")}
    query = f"SELECT DISTINCT dt, region_name FROM ads.region_load_curve WHERE region_id = {changed.region}"
    names = dict(lake.query(query))
    # A day before the one on which it was deleted keeps the name.
    assert names.pop(f"{DAY}") is None
    assert set(names)
    assert all(names.values())


def test_tickets_and_risk_points_come_close_and_go(lake: Lake, changed: Changed) -> None:
    tickets = lake.query("SELECT ticket_id, status FROM dwd.work_ticket WHERE ticket_id >= 900 ORDER BY ticket_id")
    assert tickets == [(900, "closed"), (902, "open")]
    risks = lake.query("SELECT risk_id, status FROM dwd.risk_point WHERE risk_id >= 900 ORDER BY risk_id")
    assert risks == [(900, "closed"), (901, "open")]
