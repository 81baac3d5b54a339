"""What the numbers of a day say, drawn in the terminal."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gridseal.chart import Points, draw_lines
from gridseal.output import Format, print_rows, say

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from pipelines.sql.client import SqlClient


def show_insight(settings: "Settings", day: str, feed_id: str) -> None:
    """Load curve, top bills, feeder losses and anomalies of a day.

    Args:
        settings: Where the endpoint and the record of the feed are.
        day: yyyy-MM-dd in the grid's zone.
        feed_id: The feed whose planted anomalies are compared with those found.
    """
    from gridseal.sql_access import open_sql

    with open_sql(settings) as sql:
        _load_curve(sql, day)
        _rows(
            sql,
            f"Highest bills of {day}",
            "SELECT customer_id, customer_name, energy_kwh, peak_kwh, flat_kwh, valley_kwh, total_amount, currency"
            f" FROM ads.customer_daily_bill WHERE dt = '{day}' ORDER BY total_amount DESC, customer_id LIMIT 5",
        )
        _rows(
            sql,
            f"Feeder losses of {day} (a silent meter makes its feeder look leaky)",
            "SELECT feeder_id, feeder_name, supplied_kwh, delivered_kwh, loss_share FROM ads.feeder_loss"
            f" WHERE dt = '{day}' ORDER BY feeder_id",
        )
        _anomalies(settings, sql, day, feed_id)


def _load_curve(sql: "SqlClient", day: str) -> None:
    rows = sql.query(
        "SELECT region_id, COALESCE(MAX(region_name), 'deleted region'), hour_of_day, SUM(average_load_kw)"
        f" FROM ads.region_load_curve WHERE dt = '{day}' GROUP BY region_id, hour_of_day"
        " ORDER BY region_id, hour_of_day"
    ).rows
    if not rows:
        return
    lines: dict[str, Points] = {}
    for region in dict.fromkeys(row[0] for row in rows):
        points = [row for row in rows if row[0] == region]
        lines[str(points[0][1])] = [p[2] for p in points], [float(p[3]) for p in points]
    draw_lines(f"Load of each region on {day}, kW by local hour", lines, None)


def _rows(sql: "SqlClient", title: str, query: str) -> None:
    result = sql.query(query)
    print_rows(result.names, result.rows, Format.TABLE, title)


def _anomalies(settings: "Settings", sql: "SqlClient", day: str, feed_id: str) -> None:
    found = {
        (meter, kind): observed
        for meter, kind, observed in sql.query(
            f"SELECT meter_id, kind, observed FROM ads.meter_anomaly WHERE dt = '{day}'"
        ).rows
    }
    planted = _planted(settings, feed_id)
    rows: list[tuple[Any, ...]] = []
    for key in sorted(found.keys() | planted.keys(), key=lambda k: (k[1], k[0])):
        verdict = "planted and found" if key in found and key in planted else "found" if key in found else "MISSED"
        observed: Decimal | str = found.get(key, "")
        rows.append((key[0], key[1], planted.get(key, ""), observed, verdict))
    print_rows(("meter_id", "kind", "planted", "observed (min, kW)", ""), rows, Format.TABLE, f"Anomalies of {day}")
    missed = [r for r in rows if r[4] == "MISSED"]
    say(
        f"  {len(planted) - len(missed)} of {len(planted)} planted anomalies found; others come from a meter that was"
        " replaced during the day or from a real gap of the series"
    )


def _planted(settings: "Settings", feed_id: str) -> dict[tuple[str, str], str]:
    path = settings.var_dir / "feeds" / feed_id / "anomalies.json"
    if not path.exists():
        return {}
    names = {"silent_day": "silence"}
    return {
        (a["meter_id"], names.get(a["kind"], a["kind"])): f"{a['start'][11:16]} to {a['end'][11:16]} UTC"
        for a in json.loads(path.read_text())["anomalies"]
    }
