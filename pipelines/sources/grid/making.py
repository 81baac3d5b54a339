"""Makes rows of the business tables as they are when they first appear."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from pipelines.sources.grid.names import COMMERCIAL_NAMES, FIRST_NAMES, LAST_NAMES, RISKS, TICKET_KINDS
from pipelines.sources.grid.rows import Row, head_meter_id

EQUIPMENT_KINDS = ("transformer", "circuit_breaker", "disconnector", "surge_arrester", "insulator")


class RowMaker:
    """Every row follows from the random generator that is handed in.

    Args:
        rng: Source of every choice.
        now: Time of the rows, UTC without a zone.
    """

    def __init__(self, rng: np.random.Generator, now: datetime) -> None:
        self.rng = rng
        self.now = now

    def pick(self, options: tuple[str, ...]) -> str:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def past_date(self, years: int = 15) -> date:
        """A date within the last years."""
        return self.now.date() - timedelta(days=int(self.rng.integers(30, years * 365)))

    def customer(self, customer_id: int, feeder_id: int) -> Row:
        """A household, or about one time in eight a business."""
        commercial = self.rng.random() < 0.125
        if commercial:
            name = f"{self.pick(COMMERCIAL_NAMES)} {self.pick(LAST_NAMES)}"
        else:
            name = f"{self.pick(FIRST_NAMES)} {self.pick(LAST_NAMES)}"
        return {
            "customer_id": customer_id,
            "name": name,
            "kind": "commercial" if commercial else "residential",
            "feeder_id": feeder_id,
            "tariff_id": int(self.rng.choice([3, 4] if commercial else [1, 2, 3])),
            "contract_kw": Decimal(self.pick(("18.00", "24.00", "36.00") if commercial else ("6.00", "9.00", "12.00"))),
            "updated_at": self.now,
        }

    def customer_meter(self, meter_id: str, customer_id: int, installed_on: date) -> Row:
        """The meter of a customer, on 230 V."""
        return self._meter(meter_id, "customer", customer_id, None, "230.0", installed_on)

    def head_meter(self, feeder_id: int) -> Row:
        """The meter at the head of a feeder, behind the transformer, 400 V between phases."""
        return self._meter(head_meter_id(feeder_id), "feeder", None, feeder_id, "400.0", self.past_date())

    def ticket(self, ticket_id: int, feeder_id: int, equipment_id: int | None) -> Row:
        """A work ticket opened now."""
        kind, description = TICKET_KINDS[int(self.rng.integers(len(TICKET_KINDS)))]
        return {
            "ticket_id": ticket_id,
            "feeder_id": feeder_id,
            "equipment_id": equipment_id,
            "kind": kind,
            "status": "open",
            "description": description,
            "opened_at": self.now,
            "closed_at": None,
            "updated_at": self.now,
        }

    def risk(self, risk_id: int, substation_id: int, equipment_id: int | None, ticket_id: int | None) -> Row:
        """A risk point found now."""
        return {
            "risk_id": risk_id,
            "substation_id": substation_id,
            "equipment_id": equipment_id,
            "ticket_id": ticket_id,
            "level": self.pick(("low", "medium", "high")),
            "description": self.pick(RISKS),
            "status": "open",
            "found_at": self.now,
            "closed_at": None,
            "updated_at": self.now,
        }

    def equipment(self, equipment_id: int, substation_id: int, feeder_id: int | None) -> Row:
        """A piece of equipment in service."""
        kind = self.pick(EQUIPMENT_KINDS)
        return {
            "equipment_id": equipment_id,
            "substation_id": substation_id,
            "feeder_id": feeder_id,
            "kind": kind,
            "name": f"{kind.replace('_', ' ').capitalize()} {equipment_id}",
            "status": "in_service",
            "installed_on": self.past_date(30),
            "updated_at": self.now,
        }

    def _meter(
        self,
        meter_id: str,
        kind: str,
        customer_id: int | None,
        feeder_id: int | None,
        volts: str,
        installed_on: date,
    ) -> Row:
        return {
            "meter_id": meter_id,
            "kind": kind,
            "customer_id": customer_id,
            "feeder_id": feeder_id,
            "nominal_voltage": Decimal(volts),
            "installed_on": installed_on,
            "updated_at": self.now,
        }
