"""What happens to customers, their meters and their tariffs on one day."""

from datetime import timedelta
from decimal import Decimal
from typing import cast

from pipelines.sources.grid.agenda import Agenda
from pipelines.sources.grid.plan import Rewiring, naive
from pipelines.sources.grid.rows import Connection
from pipelines.sources.grid.size import GridSize


def move(agenda: Agenda, customers: list[int], size: GridSize) -> None:
    """Customers pass to another feeder in the middle of the day; their load moves with them."""
    for number, customer_id in enumerate(customers):
        home = agenda.start.connections[customer_id]
        # The first one moves on the very minute of a reading, the second one is back the same day.
        times = [agenda.day.at(12)] if number == 0 else [agenda.time(7, 20)]
        if number == 1:
            times = [agenda.time(7, 11), agenda.time(15, 20)]
        feeder_id = home.feeder_id % size.feeders + 1
        for time in times:
            agenda.update(time, "customer", customer_id, "customer moves to another feeder", feeder_id=feeder_id)
            agenda.rewirings.append(Rewiring(time, customer_id, Connection(home.meter_id, feeder_id)))
            feeder_id = home.feeder_id


def change_contracts(agenda: Agenda, customers: list[int]) -> None:
    """Customers take another tariff, another name or another power."""
    for number, customer_id in enumerate(customers):
        row = agenda.start.tables["customer"][customer_id]
        time = agenda.time(6, 22)
        if number % 2:
            tariff_id = cast(int, row["tariff_id"]) % 4 + 1
            agenda.update(time, "customer", customer_id, "customer changes tariff", tariff_id=tariff_id)
            continue
        name = str(row["name"])
        renamed = name.removesuffix(" (succession)") if name.endswith(" (succession)") else f"{name} (succession)"
        contract_kw = cast(Decimal, row["contract_kw"]) % 36 + 3
        # Twice within one second: the binary log gives both the same time. Quarters are exact in binary.
        agenda.update(time + timedelta(seconds=0.25), "customer", customer_id, "customer is renamed", name=renamed)
        agenda.update(
            time + timedelta(seconds=0.75),
            "customer",
            customer_id,
            "contract power changes",
            contract_kw=contract_kw,
        )


def replace_meters(agenda: Agenda, customers: list[int]) -> None:
    """A meter is taken down and another one goes on sending for the same customer."""
    for customer_id in customers:
        old = agenda.start.connections[customer_id]
        new = Connection(agenda.start.new_meter_id(), old.feeder_id)
        time = agenda.time(8, 18)
        row = agenda.make(time).customer_meter(new.meter_id, customer_id, agenda.day.date)
        agenda.delete(time, "meter", old.meter_id, "meter is taken down")
        agenda.insert(time + timedelta(seconds=0.5), "meter", new.meter_id, row, "meter replaces another")
        agenda.rewirings.append(Rewiring(time, customer_id, new))


def delete_and_insert(agenda: Agenda, customers: list[int]) -> None:
    """Rows of customers go and come back under the same key; the wires stay."""
    for number, customer_id in enumerate(customers):
        row = agenda.start.tables["customer"][customer_id]
        gone = agenda.time(8, 15)
        # One customer in two is back within the same second, the others after hours without an owner.
        away = 0.5 if number % 2 else int(agenda.rng.integers(3600, 14400))
        back = gone + timedelta(seconds=away)
        row = row | {"contract_kw": cast(Decimal, row["contract_kw"]) % 36 + 6, "updated_at": naive(back)}
        agenda.delete(gone, "customer", customer_id, "customer is deleted by mistake")
        agenda.insert(back, "customer", customer_id, row, "customer is entered again")


def leave(agenda: Agenda, customers: list[int]) -> None:
    """Customers are deleted for good; their meters send until midnight and are taken down on the next day."""
    for customer_id in customers:
        agenda.delete(agenda.time(9, 17), "customer", customer_id, "customer leaves")
    for meter_id in agenda.start.retired_meters:
        agenda.delete(agenda.time(0.25, 1), "meter", meter_id, "meter of a customer who left is taken down")


def register(agenda: Agenda, customers: list[int]) -> None:
    """Customers whose meters have been sending since midnight reach the database hours later."""
    for customer_id in customers:
        connection = agenda.start.connections[customer_id]
        time = agenda.time(9, 15)
        row = agenda.make(time).customer(customer_id, connection.feeder_id)
        meter = agenda.make(time).customer_meter(connection.meter_id, customer_id, agenda.day.date)
        agenda.insert(time, "customer", customer_id, row, "customer is registered after the meter began to send")
        agenda.insert(time + timedelta(seconds=40), "meter", connection.meter_id, meter, "meter is registered late")


def change_tariff(agenda: Agenda) -> None:
    """The prices of one tariff change before noon."""
    tariff_id = agenda.day.date.toordinal() % len(agenda.start.tables["tariff"]) + 1
    tariff = agenda.start.tables["tariff"][tariff_id]
    # Half a cent to and fro, so that prices stay plausible over many days.
    step = Decimal("0.00500") if agenda.rng.random() < 0.5 else Decimal("-0.00500")
    if not Decimal("0.15") < cast(Decimal, tariff["valley_price"]) + step < Decimal("0.30"):
        step = -step
    prices = {name: cast(Decimal, tariff[name]) + step for name in ("peak_price", "flat_price", "valley_price")}
    agenda.update(agenda.day.at(11.5), "tariff", tariff_id, "tariff prices change", **prices)
