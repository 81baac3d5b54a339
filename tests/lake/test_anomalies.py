"""The planted anomalies are found, and nothing else is but what the readings really show."""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pipelines.sources.meters import FeedSummary
from tests.lake.lake import AUTUMN_DAY, DAY, Lake

pytestmark = pytest.mark.integration

KINDS = {"silent_day": "silence"}


def planted(feed: FeedSummary) -> dict[tuple[str, str], Any]:
    """What a feed planted, by meter and kind as ads.meter_anomaly names it."""
    anomalies = json.loads((feed.folder / "anomalies.json").read_text())["anomalies"]
    return {(a["meter_id"], KINDS.get(a["kind"], a["kind"])): a for a in anomalies}


@pytest.mark.parametrize("day", [DAY, AUTUMN_DAY])
def test_what_was_planted_is_found_and_the_rest_is_explained(lake: Lake, day: date) -> None:
    (feed,) = [feed for feed in lake.feeds if feed.day == day]
    rows = lake.query(f"SELECT meter_id, kind, observed FROM ads.meter_anomaly WHERE dt = '{day}'")
    found = {(meter_id, kind): observed for meter_id, kind, observed in rows}
    anomalies = planted(feed)
    assert len(anomalies) == 5
    assert anomalies.keys() <= found.keys()
    others = defaultdict(set)
    for meter_id, kind in found.keys() - anomalies.keys():
        others[kind].add(meter_id)
    # Beside the planted ones there is silence only, of meters that did not send all day: taken down or put up
    # on that day, or, on the day on which only a few were fed, not fed at all.
    assert set(others) <= {"silence"}
    changed = {c.key for c in feed.options.grid().planned_changes(day, feed.zone) if c.table == "meter"}
    known = set(lake.history().ever("meter")) | changed
    sent = {meter_id for (meter_id,) in lake.query(f"SELECT meter_id FROM dws.meter_day WHERE dt = '{day}'")}
    assert others["silence"] <= changed | (known - sent)


def test_what_was_observed_is_what_was_planted(lake: Lake) -> None:
    (feed,) = [feed for feed in lake.feeds if feed.day == DAY]
    found = {
        (meter_id, kind): observed
        for meter_id, kind, observed in lake.query(
            f"SELECT meter_id, kind, observed FROM ads.meter_anomaly WHERE dt = '{DAY}'"
        )
    }
    kinds = {a["kind"]: found[key] for key, a in planted(feed).items()}
    (silence,) = [a for a in planted(feed).values() if a["kind"] == "silence"]
    length = datetime.fromisoformat(silence["end"]) - datetime.fromisoformat(silence["start"])
    assert kinds["silence"] == length // timedelta(minutes=1)
    assert (kinds["silent_day"], kinds["flat_line"], kinds["reverse_flow"]) == (1440, 120, 20)
    assert 24 < kinds["jump"] < 36
