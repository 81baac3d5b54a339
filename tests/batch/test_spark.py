"""Tables that Spark makes from other tables: what is in them, and that a run replaces what it says and nothing else."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import stdev
from typing import Any

import pytest

from pipelines.batch.spark import Made
from pipelines.settings import PipelineSettings
from tests.streaming import spark_process

pytestmark = pytest.mark.integration
Call = Callable[..., Any]
Rows = list[dict[str, Any]]

DAY = date(2026, 11, 20)


@pytest.fixture
def settings(tmp_path: Path) -> PipelineSettings:
    """A lake in a folder."""
    return PipelineSettings(hdfs_uri=f"file://{tmp_path}", var_dir=tmp_path / "var")


def day(before: int) -> str:
    return (DAY - timedelta(days=before)).isoformat()


def customer_day(customer: int, dt: str, cost_60: str, standing: str | None) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "dt": dt,
        "readings": 2,
        "cost_60": Decimal(cost_60),
        "standing_charge": None if standing is None else Decimal(standing),
    }


def test_a_month_is_rounded_once_and_replaced_alone(spark: Call, settings: PipelineSettings) -> None:
    def bills(rows: Rows) -> dict[tuple[int, str], tuple[Any, ...]]:
        names = ("days", "readings", "energy_kwh", "energy_amount", "standing_amount", "total_amount")
        return {(row["customer_id"], row["month"]): tuple(row[name] for name in names) for row in rows}

    rows = [
        customer_day(1, "2026-10-31", "3.0", "0.1"),
        # Two days of 0.004 EUR each: each would be nothing, together they are a cent. So are the standing charges.
        customer_day(1, "2026-11-01", "0.24", "0.004"),
        customer_day(1, "2026-11-02", "0.24", "0.004"),
        customer_day(2, "2026-11-02", "0.30", None),
    ]
    spark(spark_process.put, settings, "dws.customer_day", rows)
    name = "ads.customer_monthly_bill"
    kwh = [Decimal(n).quantize(Decimal("0.000001")) for n in ("0.016667", "0.033333")]
    done, found = spark(spark_process.made, settings, name, None)
    assert done == Made(name, ("2026-10", "2026-11"), ())
    october = (1, 2, kwh[0], Decimal("0.05"), Decimal("0.10"), Decimal("0.15"))
    assert bills(found) == {
        (1, "2026-10"): october,
        (1, "2026-11"): (2, 4, kwh[1], Decimal("0.01"), Decimal("0.01"), Decimal("0.02")),
        (2, "2026-11"): (1, 2, kwh[0], Decimal("0.01"), Decimal("0.00"), Decimal("0.01")),
    }
    files = {row["month"]: row["_hoodie_file_name"] for row in found}
    # A customer goes, and a month of which no row is left.
    spark(spark_process.put, settings, "dws.customer_day", rows[:1] + rows[1:2])
    done, found = spark(spark_process.made, settings, name, ["2026-11"])
    assert done == Made(name, ("2026-11",), ())
    assert bills(found) == {
        (1, "2026-10"): october,
        (1, "2026-11"): (1, 2, kwh[0], Decimal("0.00"), Decimal("0.00"), Decimal("0.00")),
    }
    assert {row["month"]: row["_hoodie_file_name"] for row in found}["2026-10"] == files["2026-10"]
    spark(spark_process.put, settings, "dws.customer_day", rows[:1])
    done, found = spark(spark_process.made, settings, name, ["2026-11"])
    assert done == Made(name, (), ("2026-11",))
    assert bills(found) == {(1, "2026-10"): october}
    assert spark(spark_process.made, settings, name, []) == (Made(name, (), ()), found)
    properties = Path(settings.lake_uri.removeprefix("file://")) / "ads/customer_monthly_bill/.hoodie/hoodie.properties"
    assert "hoodie.table.version=6\n" in properties.read_text()


def test_hours_stand_beside_those_of_the_same_weekday(spark: Call, settings: PipelineSettings) -> None:
    def hour(before: int, energy: int, hour_of_day: int = 5, minute: int = 0) -> dict[str, Any]:
        start = datetime.fromisoformat(day(before)) + timedelta(hours=hour_of_day, minutes=minute)
        values = {"region_id": 1, "dt": day(before), "hour_start": start, "hour_of_day": hour_of_day}
        return values | {"energy_kw_min": Decimal(energy)}

    # A week before has the hour twice, as an autumn night; other days, hours and a fifth week do not count.
    rows = [
        hour(0, 60),
        hour(7, 100),
        hour(7, 200, minute=30),
        hour(28, 301),
        hour(35, 9000),
        hour(6, 9000),
        hour(7, 9000, 6),
    ]
    spark(spark_process.put, settings, "ads.region_load_curve", rows)
    for partitions in (None, [day(0)]):
        _, found = spark(spark_process.made, settings, "ads.region_load_by_weekday", partitions)
        beside = {row["hour_start"]: (row["earlier_hours"], row["earlier_load_kw"]) for row in found}
        assert len(beside) == len(rows)
        # 601 kW.min in three hours.
        assert beside[datetime(2026, 11, 20, 5)] == (3, Decimal("3.338889"))
        assert beside[datetime(2026, 10, 16, 5)] == (0, None)


def test_a_day_of_a_meter_stands_beside_its_own(spark: Call, settings: PipelineSettings) -> None:
    energies = {0: 500, 1: 60, 2: 120, 28: 300, 29: 9000}
    rows = [{"meter_id": "a", "dt": day(n), "energy_kw_min": Decimal(e)} for n, e in energies.items()]
    spark(spark_process.put, settings, "dws.meter_day", [*rows, rows[0] | {"meter_id": "b"}])
    for partitions in (None, [day(0)]):
        _, found = spark(spark_process.made, settings, "ads.meter_baseline", partitions)
        beside = {(r["meter_id"], r["dt"]): (r["earlier_days"], r["mean_kwh"], r["deviation_kwh"]) for r in found}
        deviation = Decimal(stdev([1, 2, 5])).quantize(Decimal("0.000001"))
        assert beside["a", day(0)] == (3, Decimal("2.666667"), deviation)
        assert beside["a", day(28)] == (1, Decimal("150.000000"), None)
        assert beside["b", day(0)] == (0, None, None)
