"""The rows of the grid before its first day."""

from datetime import datetime
from decimal import Decimal

import numpy as np

from pipelines.sources.grid.making import RowMaker
from pipelines.sources.grid.names import PLACES, REGIONS
from pipelines.sources.grid.rows import TABLE_KEYS, GridState, Row
from pipelines.sources.grid.size import GridSize


def first_state(size: GridSize, rng: np.random.Generator, now: datetime) -> GridState:
    """The grid before its first day: no customer is known that connects later.

    Args:
        size: Size of the grid.
        rng: Source of every choice.
        now: Time of the rows, UTC without a zone.
    """
    make = RowMaker(rng, now)
    state = GridState({table: {} for table in TABLE_KEYS}, {})
    _places(state, size, now)
    _tariffs(state, now)
    for feeder_id in range(1, size.feeders + 1):
        state.put("meter", make.head_meter(feeder_id))
    for number in range(size.customers - size.newcomers):
        customer_id = state.connect(number % size.feeders + 1)
        connection = state.connections[customer_id]
        state.put("customer", make.customer(customer_id, connection.feeder_id))
        state.put("meter", make.customer_meter(connection.meter_id, customer_id, make.past_date()))
    _assets(state, size, make)
    return state


def _places(state: GridState, size: GridSize, now: datetime) -> None:
    for region_id in range(1, size.regions + 1):
        state.put("region", {"region_id": region_id, "name": REGIONS[region_id - 1], "updated_at": now})
    for substation_id in range(1, size.substations + 1):
        number, place = divmod(substation_id - 1, len(PLACES))
        name = PLACES[place] if number == 0 else f"{PLACES[place]} {number + 1}"
        row: Row = {
            "substation_id": substation_id,
            "region_id": (substation_id - 1) % size.regions + 1,
            "name": name,
            "voltage_kv": Decimal("63.0") if substation_id % 2 else Decimal("20.0"),
            "updated_at": now,
        }
        state.put("substation", row)
    for feeder_id in range(1, size.feeders + 1):
        substation_id = feeder_substation(feeder_id, size)
        row = {
            "feeder_id": feeder_id,
            "substation_id": substation_id,
            "name": f"{state.tables['substation'][substation_id]['name']} F{feeder_id}",
            "capacity_kw": Decimal("160.0") if feeder_id % 3 else Decimal("250.0"),
            "updated_at": now,
        }
        state.put("feeder", row)


def feeder_substation(feeder_id: int, size: GridSize) -> int:
    """The substation that feeds a feeder."""
    return (feeder_id - 1) % size.substations + 1


def _tariffs(state: GridState, now: datetime) -> None:
    # (name, peak hours, valley hours, peak, flat and valley price, standing charge)
    tariffs = (
        ("Base", (0, 0), (0, 0), "0.25160", "0.25160", "0.25160", "0.4210"),
        ("Heures creuses", (18, 21), (22, 6), "0.29840", "0.26150", "0.20680", "0.4460"),
        ("Midi solaire", (7, 10), (11, 15), "0.28910", "0.24770", "0.18220", "0.4385"),
        ("Professionnel", (8, 20), (23, 5), "0.23450", "0.20110", "0.16890", "0.9725"),
    )
    for tariff_id, (name, peak, valley, peak_price, flat_price, valley_price, standing) in enumerate(tariffs, 1):
        row: Row = {
            "tariff_id": tariff_id,
            "name": name,
            "peak_start_hour": peak[0],
            "peak_end_hour": peak[1],
            "valley_start_hour": valley[0],
            "valley_end_hour": valley[1],
            "peak_price": Decimal(peak_price),
            "flat_price": Decimal(flat_price),
            "valley_price": Decimal(valley_price),
            "standing_charge": Decimal(standing),
            "currency": "EUR",
            "updated_at": now,
        }
        state.put("tariff", row)


def _assets(state: GridState, size: GridSize, make: RowMaker) -> None:
    for _ in range(size.feeders * 3):
        equipment_id = state.new_key("equipment")
        feeder_id = (equipment_id - 1) % size.feeders + 1
        at_substation = equipment_id > size.feeders * 2
        substation_id = feeder_substation(feeder_id, size)
        state.put("equipment", make.equipment(equipment_id, substation_id, None if at_substation else feeder_id))
    for _ in range(size.feeders * 2):
        ticket_id = state.new_key("work_ticket")
        feeder_id = (ticket_id - 1) % size.feeders + 1
        row = make.ticket(ticket_id, feeder_id, feeder_id)
        if ticket_id > size.feeders:
            row = row | {"status": "in_progress"}
        state.put("work_ticket", row)
    for _ in range(size.substations + 1):
        risk_id = state.new_key("risk_point")
        substation_id = (risk_id - 1) % size.substations + 1
        ticket = substation_id if risk_id % 2 else None
        state.put("risk_point", make.risk(risk_id, substation_id, substation_id, ticket))
