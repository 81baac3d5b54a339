"""The tables worked out a second time: from the record of what was sent and changed, without the lake's SQL.

Readings are joined and summed in DuckDB, divided and rounded in Python; days and hours come from Python's
zoneinfo, versions from ``history.py``. What the tables mean stands in docs/semantics.md and in the contracts.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import stdev
from tempfile import NamedTemporaryFile
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from pyarrow import parquet

from pipelines.settings import PipelineSettings
from pipelines.sources.grid import TABLE_KEYS
from tests.lake.detection import answered, defects, labelled, quality
from tests.lake.history import History, Row
from tests.lake.photographs import first_announced
from tests.lake.rounding import round_half_up

Rows = dict[tuple[Any, ...], Row]
MINUTE = timedelta(minutes=1)


def recompute(settings: PipelineSettings, history: History) -> dict[str, Rows]:
    """What each table must hold, by its layer name and key.

    Args:
        settings: Zone and thresholds, and the folder of the records.
        history: The business database over time.
    """
    database = duckdb.connect()
    database.execute(
        # The first message of a reading counts, wherever others of it lie.
        "CREATE TABLE reading AS SELECT DISTINCT ON (meter_id, event_time)"
        " * EXCLUDE (key, payload) REPLACE (make_timestamp_ms(epoch_ms(event_time)) AS event_time)"
        " FROM read_parquet(?) WHERE kind <> 'malformed'"
        " ORDER BY meter_id, event_time, kafka_partition, kafka_offset",
        [str(settings.var_dir / "feeds" / "*" / "sent.parquet")],
    )
    times = [row[0] for row in database.execute("SELECT DISTINCT event_time FROM reading").fetchall()]
    _create(database, "clock", _clock(times, ZoneInfo(settings.grid_timezone)))
    _create(database, "assignment", _assignments(history))
    database.execute(
        "CREATE TABLE fact AS SELECT r.*, c.* EXCLUDE (event_time), a.* EXCLUDE (meter_id, since, periods, prices),"
        " periods[hour_of_day + 1] AS tariff_period, prices[hour_of_day + 1] AS price"
        " FROM reading r JOIN clock c ON r.event_time = c.event_time"
        " ASOF LEFT JOIN assignment a ON r.meter_id = a.meter_id AND r.event_time >= a.since"
    )
    tables = {
        "dwd.meter_reading": _facts(database),
        "dws.region_hour": _region_hours(database),
        "dws.feeder_hour": _feeder_hours(database, settings.voltage_band_percent),
        "dws.customer_day": _customer_days(database),
        "dws.meter_day": _meter_days(database),
    }
    tables["ads.region_load_curve"] = _load_curve(tables["dws.region_hour"], history, settings.grid_timezone)
    tables["ads.peak_and_load_factor"] = _peaks(tables["dws.region_hour"], history, settings.grid_timezone)
    tables["ads.customer_daily_bill"] = _bills(tables["dws.customer_day"], history, settings.grid_timezone)
    tables["ads.voltage_quality"] = _voltage_quality(tables["dws.feeder_hour"], history, settings.grid_timezone)
    tables["ads.feeder_loss"] = _feeder_losses(tables["dws.feeder_hour"], history, settings.grid_timezone)
    tables["ads.meter_anomaly"] = _anomalies(tables["dws.meter_day"], history, settings)
    tables["ads.customer_monthly_bill"] = _monthly_bills(tables["dws.customer_day"])
    tables["ads.region_load_by_weekday"] = _loads_by_weekday(tables["ads.region_load_curve"])
    tables["ads.meter_baseline"] = _baselines(tables["dws.meter_day"])
    tables["dwd.image"] = _photographs(settings, history)
    tables["dwd.image_prediction"], tables["dwd.image_label"] = answered(settings), labelled(settings)
    tables["ads.equipment_defect"] = defects(
        tables["dwd.image_prediction"], tables["dwd.image"], tables["dwd.image_label"]
    )
    tables["ads.model_quality"] = quality(settings, tables["dwd.image_prediction"], tables["dwd.image_label"])
    tables["dwd.work_ticket"], tables["dwd.risk_point"] = _tickets(history), _risk_points(history)
    tables["ads.work_ticket_safety"] = _safety(tables["dwd.work_ticket"], tables["dwd.risk_point"], history)
    for name, key in TABLE_KEYS.items():
        if name not in ("work_ticket", "risk_point"):
            tables[f"dim.{name}"] = _versions(history, name, key)
    return tables


def _photographs(settings: PipelineSettings, history: History) -> Rows:
    rows: Rows = {}
    for message_id, told in first_announced(settings):
        taken_at = datetime.fromisoformat(told["taken_at"])
        moment = taken_at.replace(tzinfo=None)
        equipment = history.at("equipment", told["equipment_id"], moment) or {}
        substation = history.at("substation", equipment.get("substation_id"), moment) or {}
        dt = f"{taken_at.astimezone(ZoneInfo(settings.grid_timezone)):%Y-%m-%d}"
        rows[told["image_id"], dt] = told | {
            "dt": dt,
            "taken_at": moment,
            "message_id": message_id,
            "equipment_name": equipment.get("name"),
            "equipment_kind": equipment.get("kind"),
            "substation_id": equipment.get("substation_id"),
            "feeder_id": equipment.get("feeder_id"),
            "region_id": substation.get("region_id"),
        }
    return rows


def _sixtieth(value: Decimal, digits: int = 6) -> Decimal:
    return round_half_up(Fraction(value) / 60, digits)


def _create(database: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    # PyFlink pins a pyarrow whose tables DuckDB no longer reads from memory.
    with NamedTemporaryFile(suffix=".parquet") as file:
        parquet.write_table(rows, file.name)
        database.execute(f"CREATE TABLE {name} AS FROM read_parquet(?)", [file.name])


def _clock(times: Iterable[datetime], zone: ZoneInfo) -> pa.Table:
    """What the grid's clock says at each moment."""
    rows = []
    for time in times:
        local = time.replace(tzinfo=UTC).astimezone(zone)
        midnight = datetime(local.year, local.month, local.day, tzinfo=zone).astimezone(UTC)
        rows.append(
            {
                "event_time": time,
                "dt": f"{local:%Y-%m-%d}",
                "hour_start": time - timedelta(minutes=local.minute, seconds=local.second),
                "hour_of_day": local.hour,
                "minute": (time - midnight.replace(tzinfo=None)) // MINUTE,
            }
        )
    moment = pa.timestamp("ms")
    fields = [("event_time", moment), ("dt", pa.string()), ("hour_start", moment)]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, ("hour_of_day", pa.int32()), ("minute", pa.int32())]))


def _assignments(history: History) -> pa.Table:
    """What each meter belonged to from every moment on at which anything changed anywhere."""
    rows = []
    moments = history.times("meter", "customer", "feeder", "substation", "tariff")
    for meter_id in history.ever("meter"):
        for moment in moments:
            meter = history.at("meter", meter_id, moment) or {}
            customer = history.at("customer", meter.get("customer_id"), moment) or {}
            feeder_id = meter.get("feeder_id") or customer.get("feeder_id")
            feeder = history.at("feeder", feeder_id, moment) or {}
            substation = history.at("substation", feeder.get("substation_id"), moment) or {}
            tariff = history.at("tariff", customer.get("tariff_id"), moment)
            periods = [_period(tariff, hour) for hour in range(24)] if tariff else None
            rows.append(
                {
                    "meter_id": meter_id,
                    "since": moment,
                    "meter_kind": meter.get("kind"),
                    "nominal_voltage": meter.get("nominal_voltage"),
                    "customer_id": meter.get("customer_id"),
                    "feeder_id": feeder_id,
                    "substation_id": feeder.get("substation_id"),
                    "region_id": substation.get("region_id"),
                    "tariff_id": customer.get("tariff_id"),
                    "periods": periods,
                    "prices": [tariff[f"{period}_price"] for period in periods] if tariff and periods else None,
                    "standing_charge": tariff and tariff["standing_charge"],
                    "currency": tariff and tariff["currency"],
                }
            )
    texts, numbers = pa.string(), pa.int32()
    types = {
        "meter_id": texts,
        "since": pa.timestamp("ms"),
        "meter_kind": texts,
        "nominal_voltage": pa.decimal128(5, 1),
        **dict.fromkeys(("customer_id", "feeder_id", "substation_id", "region_id", "tariff_id"), numbers),
        "periods": pa.list_(texts),
        "prices": pa.list_(pa.decimal128(8, 5)),
        "standing_charge": pa.decimal128(8, 4),
        "currency": texts,
    }
    return pa.Table.from_pylist(rows, schema=pa.schema(types.items()))


def _period(tariff: Row, hour: int) -> str:
    for period in ("peak", "valley"):
        start, end = tariff[f"{period}_start_hour"], tariff[f"{period}_end_hour"]
        # As many hours from start to end, over midnight if need be; equal hours are none.
        if (hour - start) % 24 < (end - start) % 24:
            return period
    return "flat"


def _rows(database: duckdb.DuckDBPyConnection, key: tuple[str, ...], sql: str) -> Rows:
    cursor = database.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    by_key = {tuple(row[name] for name in key): row for row in rows}
    assert len(by_key) == len(rows)
    return by_key


def _facts(database: duckdb.DuckDBPyConnection) -> Rows:
    return _rows(
        database,
        ("meter_id", "event_time", "dt"),
        "SELECT meter_id, event_time, dt, concat(topic, '-', kafka_partition, '-', kafka_offset) AS message_id,"
        " active_power, reactive_power, voltage, current AS current_a, meter_kind, nominal_voltage, customer_id,"
        " feeder_id, substation_id, region_id, tariff_id, tariff_period, price, standing_charge, currency FROM fact",
    )


def _region_hours(database: duckdb.DuckDBPyConnection) -> Rows:
    rows = _rows(
        database,
        ("region_id", "hour_start", "dt"),
        "SELECT region_id, hour_start, dt, count(*) AS readings, sum(active_power) AS energy_kw_min FROM fact"
        " WHERE meter_kind = 'customer' AND region_id IS NOT NULL GROUP BY ALL",
    )
    for row in rows.values():
        row["energy_kwh"] = _sixtieth(row["energy_kw_min"])
    return rows


def _feeder_hours(database: duckdb.DuckDBPyConnection, band_percent: Decimal) -> Rows:
    return _rows(
        database,
        ("feeder_id", "hour_start", "dt"),
        "SELECT feeder_id, hour_start, dt,"
        " count(*) FILTER (meter_kind = 'feeder') AS head_readings,"
        " count(*) FILTER (meter_kind IS DISTINCT FROM 'feeder') AS customer_readings,"
        " coalesce(sum(active_power) FILTER (meter_kind = 'feeder'), 0.000) AS supplied_kw_min,"
        " coalesce(sum(active_power) FILTER (meter_kind IS DISTINCT FROM 'feeder'), 0.000) AS delivered_kw_min,"
        " count(nominal_voltage) AS voltage_minutes,"
        f" count(*) FILTER (voltage * 100 BETWEEN nominal_voltage * (100 - {band_percent})"
        f" AND nominal_voltage * (100 + {band_percent})) AS voltage_minutes_in_band,"
        " min(voltage) AS lowest_voltage, max(voltage) AS highest_voltage"
        " FROM fact WHERE feeder_id IS NOT NULL GROUP BY ALL",
    )


def _customer_days(database: duckdb.DuckDBPyConnection) -> Rows:
    periods = ", ".join(
        f"coalesce(sum(active_power) FILTER (tariff_period = '{period}'), 0.000) AS {period}_kw_min"
        for period in ("peak", "flat", "valley")
    )
    return _rows(
        database,
        ("customer_id", "dt"),
        f"SELECT customer_id, dt, count(*) AS readings, sum(active_power) AS energy_kw_min, {periods},"
        " count(price) AS priced_readings, coalesce(sum(active_power * price), 0) AS cost_60,"
        " max(standing_charge) AS standing_charge, max(currency) AS currency"
        " FROM fact WHERE customer_id IS NOT NULL GROUP BY ALL",
    )


def _meter_days(database: duckdb.DuckDBPyConnection) -> Rows:
    days: dict[tuple[str, str], list[tuple[int, Decimal]]] = defaultdict(list)
    for meter_id, dt, minute, power in database.execute(
        "SELECT meter_id, dt, minute, active_power FROM fact ORDER BY meter_id, event_time"
    ).fetchall():
        days[meter_id, dt].append((minute, power))
    return {key: _meter_day(*key, readings) for key, readings in days.items()}


def _meter_day(meter_id: str, dt: str, readings: list[tuple[int, Decimal]]) -> Row:
    gap, flat, longest_flat, step = readings[0][0], 0, 0, Decimal(0)
    for (before, power_before), (minute, power) in zip([(-2, Decimal(0)), *readings], readings, strict=False):
        next_minute = minute == before + 1
        if before >= 0:
            gap = max(gap, minute - before - 1)
        if next_minute:
            step = max(step, abs(power - power_before))
        flat = 0 if power == 0 else flat + 1 if next_minute and power == power_before else 1
        longest_flat = max(longest_flat, flat)
    energy = sum((power for _, power in readings), Decimal(0))
    return {
        "meter_id": meter_id,
        "dt": dt,
        "readings": len(readings),
        "energy_kw_min": energy,
        "energy_kwh": _sixtieth(energy),
        "first_minute": readings[0][0],
        "last_minute": readings[-1][0],
        "longest_gap_minutes": gap,
        "longest_flat_minutes": longest_flat,
        "largest_step_kw": step,
        "reverse_minutes": sum(power < 0 for _, power in readings),
    }


def _load_curve(hours: Rows, history: History, zone: str) -> Rows:
    rows = {}
    for key, hour in hours.items():
        local = hour["hour_start"].replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        rows[key] = {
            **{name: hour[name] for name in ("region_id", "hour_start", "dt", "energy_kw_min", "readings")},
            "hour_of_day": local.hour,
            "region_name": _at_end(history, "region", hour["region_id"], hour["dt"], zone).get("name"),
            "average_load_kw": hour["energy_kwh"],
        }
    return rows


def _peaks(hours: Rows, history: History, zone: str) -> Rows:
    days: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in hours.values():
        days[row["region_id"], row["dt"]].append(row)
    rows = {}
    for (region_id, dt), day in days.items():
        energy = sum((Fraction(hour["energy_kw_min"]) for hour in day), Fraction(0))
        peak = min(day, key=lambda hour: (-hour["energy_kw_min"], hour["hour_start"]))
        highest = Fraction(peak["energy_kw_min"])
        rows[region_id, dt] = {
            "region_id": region_id,
            "dt": dt,
            "region_name": _at_end(history, "region", region_id, dt, zone).get("name"),
            "hours": len(day),
            "energy_kw_min": sum(hour["energy_kw_min"] for hour in day),
            "average_load_kw": round_half_up(energy / (60 * len(day)), 6),
            "peak_load_kw": _sixtieth(peak["energy_kw_min"]),
            "peak_hour_start": peak["hour_start"],
            "load_factor": round_half_up(energy / (highest * len(day)), 6) if highest > 0 else None,
        }
    return rows


def _bills(days: Rows, history: History, zone: str) -> Rows:
    rows = {}
    for key, day in days.items():
        customer = _at_end(history, "customer", day["customer_id"], day["dt"], zone)
        energy_amount = _sixtieth(day["cost_60"], 2)
        standing_amount = round_half_up(Fraction(day["standing_charge"] or 0), 2)
        rows[key] = {
            **{name: day[name] for name in ("customer_id", "dt", "readings", "energy_kw_min", "currency")},
            "customer_name": customer.get("name"),
            "customer_kind": customer.get("kind"),
            **{f"{name}_kwh": _sixtieth(day[f"{name}_kw_min"]) for name in ("peak", "flat", "valley", "energy")},
            "energy_amount": energy_amount,
            "standing_amount": standing_amount,
            "total_amount": energy_amount + standing_amount,
        }
    return rows


def _monthly_bills(days: Rows) -> Rows:
    months: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for day in days.values():
        months[day["customer_id"], day["dt"][:7]].append(day)
    rows = {}
    for (customer_id, month), parts in months.items():
        sums = {
            name: sum((day[f"{name}_kw_min"] for day in parts), Decimal(0))
            for name in ("peak", "flat", "valley", "energy")
        }
        energy_amount = _sixtieth(sum((day["cost_60"] for day in parts), Decimal(0)), 2)
        charges = sum((Fraction(day["standing_charge"] or 0) for day in parts), Fraction(0))
        standing_amount = round_half_up(charges, 2)
        rows[customer_id, month] = {
            "customer_id": customer_id,
            "month": month,
            "days": len(parts),
            "readings": sum(day["readings"] for day in parts),
            **{f"{name}_kwh": _sixtieth(value) for name, value in sums.items()},
            "energy_kw_min": sums["energy"],
            "energy_amount": energy_amount,
            "standing_amount": standing_amount,
            "total_amount": energy_amount + standing_amount,
            "currency": max((day["currency"] for day in parts if day["currency"]), default=None),
        }
    return rows


def _loads_by_weekday(hours: Rows) -> Rows:
    known: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    for hour in hours.values():
        known[hour["region_id"], hour["dt"], hour["hour_of_day"]].append(hour["energy_kw_min"])
    rows = {}
    for key, hour in hours.items():
        earlier = [
            energy
            for weeks in (1, 2, 3, 4)
            for energy in known.get((hour["region_id"], _days_before(hour["dt"], 7 * weeks), hour["hour_of_day"]), [])
        ]
        names = ("region_id", "hour_start", "dt", "hour_of_day", "energy_kw_min", "average_load_kw")
        rows[key] = {
            **{name: hour[name] for name in names},
            "earlier_hours": len(earlier),
            "earlier_load_kw": _mean_sixtieth(earlier),
        }
    return rows


def _baselines(days: Rows) -> Rows:
    rows = {}
    for (meter_id, dt), day in days.items():
        before = (days.get((meter_id, _days_before(dt, n))) for n in range(1, 29))
        earlier = [one["energy_kw_min"] for one in before if one]
        deviation = stdev(map(float, earlier)) / 60 if len(earlier) > 1 else None
        rows[meter_id, dt] = {
            **{name: day[name] for name in ("meter_id", "dt", "energy_kw_min", "energy_kwh")},
            "earlier_days": len(earlier),
            "mean_kwh": _mean_sixtieth(earlier),
            "deviation_kwh": None if deviation is None else round_half_up(Fraction(deviation), 6),
        }
    return rows


def _days_before(dt: str, days: int) -> str:
    return (date.fromisoformat(dt) - timedelta(days=days)).isoformat()


def _mean_sixtieth(values: list[Decimal]) -> Decimal | None:
    return round_half_up(Fraction(sum(values, Decimal(0))) / (60 * len(values)), 6) if values else None


def _feeder_days(hours: Rows) -> dict[tuple[int, str], list[Row]]:
    days: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for hour in hours.values():
        days[hour["feeder_id"], hour["dt"]].append(hour)
    return days


def _voltage_quality(hours: Rows, history: History, zone: str) -> Rows:
    rows: Rows = {}
    for (feeder_id, dt), day in _feeder_days(hours).items():
        minutes = sum(hour["voltage_minutes"] for hour in day)
        in_band = sum(hour["voltage_minutes_in_band"] for hour in day)
        rows[feeder_id, dt] = {
            "feeder_id": feeder_id,
            "dt": dt,
            "feeder_name": _at_end(history, "feeder", feeder_id, dt, zone).get("name"),
            "minutes": minutes,
            "minutes_in_band": in_band,
            "share_in_band": round_half_up(Fraction(in_band, minutes), 6) if minutes else None,
            "lowest_voltage": min(hour["lowest_voltage"] for hour in day),
            "highest_voltage": max(hour["highest_voltage"] for hour in day),
        }
    return rows


def _feeder_losses(hours: Rows, history: History, zone: str) -> Rows:
    rows: Rows = {}
    for (feeder_id, dt), day in _feeder_days(hours).items():
        supplied = sum((hour["supplied_kw_min"] for hour in day), Decimal(0))
        delivered = sum((hour["delivered_kw_min"] for hour in day), Decimal(0))
        heads = sum(hour["head_readings"] for hour in day)
        loss = supplied - delivered
        rows[feeder_id, dt] = {
            "feeder_id": feeder_id,
            "dt": dt,
            "feeder_name": _at_end(history, "feeder", feeder_id, dt, zone).get("name"),
            "head_readings": heads,
            "customer_readings": sum(hour["customer_readings"] for hour in day),
            "supplied_kwh": _sixtieth(supplied),
            "delivered_kwh": _sixtieth(delivered),
            "loss_kwh": _sixtieth(loss) if heads else None,
            "loss_share": round_half_up(Fraction(loss) / Fraction(supplied), 6) if supplied > 0 else None,
        }
    return rows


def _anomalies(days: Rows, history: History, settings: PipelineSettings) -> Rows:
    last_minutes: dict[str, int] = defaultdict(int)
    for (_, dt), day in days.items():
        last_minutes[dt] = max(last_minutes[dt], day["last_minute"])
    rows: Rows = {}
    for dt, last_minute in last_minutes.items():
        length = _minutes_of(dt, settings.grid_timezone)
        reached = length if last_minute == length - 1 else last_minute // 60 * 60
        meters = {m: _at_end(history, "meter", m, dt, settings.grid_timezone) for m in history.ever("meter")}
        installed = {m for m, row in meters.items() if row and str(row["installed_on"]) <= dt}
        for meter_id in installed | {m for m, day in days if day == dt}:
            day = days.get((meter_id, dt), {})
            silent = max(reached - day["last_minute"] - 1, day["longest_gap_minutes"]) if day else reached
            seen: dict[str, tuple[Any, Any]] = {"silence": (silent, settings.silence_minutes)}
            if day:
                seen |= {
                    "flat_line": (day["longest_flat_minutes"], settings.flat_line_minutes),
                    "jump": (day["largest_step_kw"], settings.jump_kw),
                    "reverse_flow": (day["reverse_minutes"], settings.reverse_flow_minutes),
                }
            for kind, (observed, threshold) in seen.items():
                if observed >= threshold:
                    rows[meter_id, dt, kind] = {
                        "meter_id": meter_id,
                        "dt": dt,
                        "kind": kind,
                        "observed": Decimal(observed),
                        "threshold": Decimal(threshold),
                    }
    return rows


def _at_end(history: History, table: str, key: Any, dt: str, zone: str) -> Row:
    """The row in force when a local day ended; empty if there was none."""
    end = (datetime.fromisoformat(dt) + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return history.at(table, key, end.replace(tzinfo=None) - timedelta(seconds=1)) or {}


def _minutes_of(dt: str, zone: str) -> int:
    day = datetime.fromisoformat(dt)
    ends = [(day + timedelta(days=number)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for number in (0, 1)]
    return (ends[1] - ends[0]) // MINUTE


def _versions(history: History, table: str, key: str) -> Rows:
    rows: Rows = {}
    for value, begin, end, row in history.versions(table):
        columns = {name: column for name, column in row.items() if name != "updated_at"}
        rows[value, begin] = columns | {key: value, "valid_from": begin, "valid_to": end}
    return rows


def _tickets(history: History) -> Rows:
    rows: Rows = {}
    for ticket_id, ticket in history.now("work_ticket").items():
        feeder = history.at("feeder", ticket["feeder_id"], ticket["opened_at"]) or {}
        substation_id = feeder.get("substation_id")
        region_id = _region(history, substation_id, ticket["opened_at"])
        columns = {name: value for name, value in ticket.items() if name != "updated_at"}
        rows[(ticket_id,)] = columns | {"substation_id": substation_id, "region_id": region_id}
    return rows


def _risk_points(history: History) -> Rows:
    rows: Rows = {}
    for risk_id, risk in history.now("risk_point").items():
        columns = {name: value for name, value in risk.items() if name != "updated_at"}
        rows[(risk_id,)] = columns | {"region_id": _region(history, risk["substation_id"], risk["found_at"])}
    return rows


def _safety(tickets: Rows, risk_points: Rows, history: History) -> Rows:
    rows: Rows = {
        (region_id,): {
            "region_id": region_id,
            "region_name": region["name"],
            "open_tickets": 0,
            "open_risk_points": 0,
            "high_risk_points": 0,
            "untreated_risk_points": 0,
            "oldest_risk_found_at": None,
        }
        for region_id, region in history.now("region").items()
    }
    for ticket in tickets.values():
        if (ticket["region_id"],) in rows and ticket["status"] != "closed":
            rows[(ticket["region_id"],)]["open_tickets"] += 1
    for risk in risk_points.values():
        if (risk["region_id"],) in rows and risk["status"] != "closed":
            region = rows[(risk["region_id"],)]
            region["open_risk_points"] += 1
            region["high_risk_points"] += risk["level"] == "high"
            region["untreated_risk_points"] += risk["ticket_id"] is None
            oldest = region["oldest_risk_found_at"]
            region["oldest_risk_found_at"] = min(oldest or risk["found_at"], risk["found_at"])
    return rows


def _region(history: History, substation_id: int | None, moment: datetime) -> int | None:
    substation = history.at("substation", substation_id, moment)
    return substation["region_id"] if substation else None
