"""What the operator does on one day: tickets, risk points, equipment and places."""

from datetime import timedelta
from decimal import Decimal
from typing import cast

from pipelines.sources.grid.agenda import Agenda
from pipelines.sources.grid.plan import naive


def work(agenda: Agenda) -> None:
    """Everything that the operator's own people change on the day."""
    opened = _open_tickets(agenda)
    _carry_on_tickets(agenda)
    _watch_risks(agenda, opened)
    _maintain_equipment(agenda)
    _rename_places(agenda)


def _pick(agenda: Agenda, table: str, count: int, **where: object) -> list[int]:
    """Up to ``count`` keys of rows that match, in random order."""
    rows = agenda.start.tables[table]
    keys = [cast(int, key) for key, row in rows.items() if all(row[name] == value for name, value in where.items())]
    return [keys[i] for i in agenda.rng.permutation(len(keys))[:count]]


def _open_tickets(agenda: Agenda) -> list[int]:
    feeders = len(agenda.start.tables["feeder"])
    opened = []
    for number in range(max(2, feeders // 2)):
        ticket_id = agenda.start.new_key("work_ticket")
        time = agenda.time(7, 14)
        equipment = _pick(agenda, "equipment", 1)[0]
        feeder_id = int(agenda.rng.integers(feeders)) + 1
        row = agenda.make(time).ticket(ticket_id, feeder_id, equipment if number % 3 else None)
        agenda.insert(time, "work_ticket", ticket_id, row, "ticket is opened")
        opened.append(ticket_id)
        if number % 2 == 0:
            start = time + timedelta(minutes=int(agenda.rng.integers(10, 90)))
            end = start + timedelta(minutes=int(agenda.rng.integers(10, 240)))
            agenda.update(start, "work_ticket", ticket_id, "ticket is begun", status="in_progress")
            agenda.update(end, "work_ticket", ticket_id, "ticket is closed", status="closed", closed_at=naive(end))
    return opened


def _carry_on_tickets(agenda: Agenda) -> None:
    share = max(1, len(agenda.start.tables["feeder"]) // 4)
    waiting = _pick(agenda, "work_ticket", share + 1, status="open")
    for ticket_id in waiting[:share]:
        agenda.update(agenda.time(7, 18), "work_ticket", ticket_id, "ticket is begun", status="in_progress")
    for ticket_id in waiting[share:]:
        agenda.delete(agenda.time(7, 18), "work_ticket", ticket_id, "ticket was opened by mistake")
    for ticket_id in _pick(agenda, "work_ticket", share, status="in_progress"):
        time = agenda.time(8, 19)
        agenda.update(time, "work_ticket", ticket_id, "ticket is closed", status="closed", closed_at=naive(time))


def _watch_risks(agenda: Agenda, tickets: list[int]) -> None:
    substations = len(agenda.start.tables["substation"])
    for ticket_id in tickets[: max(1, substations // 2)]:
        risk_id = agenda.start.new_key("risk_point")
        time = agenda.time(15, 20)
        equipment_id = _pick(agenda, "equipment", 1)[0]
        substation_id = cast(int, agenda.start.tables["equipment"][equipment_id]["substation_id"])
        row = agenda.make(time).risk(risk_id, substation_id, equipment_id, ticket_id)
        agenda.insert(time, "risk_point", risk_id, row, "risk point is found")
    for risk_id in _pick(agenda, "risk_point", max(1, substations // 2), status="open"):
        time = agenda.time(9, 19)
        agenda.update(time, "risk_point", risk_id, "risk point is closed", status="closed", closed_at=naive(time))


def _maintain_equipment(agenda: Agenda) -> None:
    feeders = len(agenda.start.tables["feeder"])
    for equipment_id in _pick(agenda, "equipment", max(1, feeders // 4), status="in_service"):
        out, back = agenda.time(8, 11), agenda.time(14, 18)
        agenda.update(out, "equipment", equipment_id, "equipment is taken out of service", status="maintenance")
        agenda.update(back, "equipment", equipment_id, "equipment is back in service", status="in_service")
    equipment_id = agenda.start.new_key("equipment")
    time = agenda.time(9, 17)
    feeder_id = int(agenda.rng.integers(feeders)) + 1
    substation_id = cast(int, agenda.start.tables["feeder"][feeder_id]["substation_id"])
    row = agenda.make(time).equipment(equipment_id, substation_id, feeder_id)
    agenda.insert(time, "equipment", equipment_id, row, "equipment is installed")


def _rename_places(agenda: Agenda) -> None:
    tables, number = agenda.start.tables, agenda.day.date.toordinal()
    for table, hour in (("region", 10.0), ("substation", 13.0)):
        key = number % len(tables[table]) + 1
        name = str(tables[table][key]["name"])
        renamed = name.removeprefix("Réseau ") if name.startswith("Réseau ") else f"Réseau {name}"
        agenda.update(agenda.time(hour, hour + 2), table, key, f"{table} is renamed", name=renamed)
    feeder_id = number % len(tables["feeder"]) + 1
    capacity_kw = cast(Decimal, tables["feeder"][feeder_id]["capacity_kw"]) % 400 + 40
    agenda.update(agenda.time(6, 9), "feeder", feeder_id, "feeder is strengthened or relieved", capacity_kw=capacity_kw)
