"""The real series."""

import csv
import gzip
from datetime import datetime, timedelta

import numpy as np

from pipelines.sources.series import SERIES_FILE, household_series

# First whole day of the file.
START = datetime(2006, 12, 17)


def test_values_and_gaps_are_those_of_the_file() -> None:
    series = household_series()
    with gzip.open(SERIES_FILE, "rt", encoding="utf-8") as file:
        rows = {datetime.fromisoformat(row["local_time"]): row for row in csv.DictReader(file)}
    assert len(rows) == 47_960
    assert series.days == 33
    gaps = []
    for minute in range(len(series.power_kw)):
        text = rows[START + timedelta(minutes=minute)]["active_power_kw"]
        if text:
            assert series.power_kw[minute] == float(text)
        else:
            gaps.append(START + timedelta(minutes=minute))
            assert np.isnan([series.power_kw[minute], series.reactive_kvar[minute], series.voltage_v[minute]]).all()
    assert [f"{gap:%m-%d %H:%M}" for gap in gaps] == [
        "12-21 11:23", "12-21 11:24", "12-30 10:08", "12-30 10:09", "01-14 18:36",
    ]  # fmt: skip


def test_the_copy_is_compact_and_says_its_licence() -> None:
    assert SERIES_FILE.stat().st_size < 1_000_000
    assert "CC BY 4.0" in SERIES_FILE.with_name("README.md").read_text("utf-8")
