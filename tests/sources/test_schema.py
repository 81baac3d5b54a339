"""The rows of the model fit the tables of the business database."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain

from pipelines.sources.business.database import SCHEMA_FILE
from pipelines.sources.grid import FIRST_DAY, TABLE_KEYS, Grid

TABLES = {
    name: dict(re.findall(r"^ {4}(\w+) ([A-Z]+(?:\(\d+(?:, \d+)?\))?)", body, re.MULTILINE))
    for name, body in re.findall(
        r"CREATE TABLE IF NOT EXISTS (\w+) \((.*?)\n\);", SCHEMA_FILE.read_text("utf-8"), re.DOTALL
    )
}
NULLABLE = {
    "meter": {"customer_id", "feeder_id"},
    "equipment": {"feeder_id"},
    "work_ticket": {"equipment_id", "closed_at"},
    "risk_point": {"equipment_id", "ticket_id", "closed_at"},
}
# Written by the register of models and by people who look at photographs.
OF_MODELS = ("model", "image_label")


def fits(value: object, column_type: str) -> bool:
    name, *numbers = re.findall(r"\w+", column_type)
    if name in ("VARCHAR", "CHAR"):
        return isinstance(value, str) and len(value) <= int(numbers[0])
    if name == "DECIMAL":
        precision, scale = map(int, numbers)
        assert isinstance(value, Decimal)
        # The very form that the database gives back, so that rows compare equal.
        return -value.as_tuple().exponent == scale and abs(value) < 10 ** (precision - scale)  # type: ignore[operator]
    return type(value) is {"INT": int, "DATE": date, "DATETIME": datetime}[name]


def test_schema_holds_the_business_tables_and_the_progress() -> None:
    assert list(TABLES) == [*TABLE_KEYS, *OF_MODELS, "simulation"]


def test_every_row_fits_its_table() -> None:
    grid = Grid(5, 300)
    days = [grid.planned_changes(FIRST_DAY + timedelta(days=n), "Europe/Paris") for n in range(5)]
    initial = [(table, row) for table, rows in grid.initial_rows().items() for row in rows.values()]
    changed = [(change.table, change.after) for change in chain(*days) if change.after]
    for table, row in initial + changed:
        assert list(row) == list(TABLES[table])
        for column, value in row.items():
            if value is None:
                assert column in NULLABLE[table]
            else:
                assert fits(value, TABLES[table][column]), (table, column, value)
