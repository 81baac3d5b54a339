"""What goes wrong on the way."""

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from pipelines.sources.days import GridDay, epoch_ms
from pipelines.sources.grid import FIRST_DAY, Grid
from pipelines.sources.meters.delivery import HOUR_MS, MINUTE_MS, deliver
from pipelines.sources.meters.options import MeterOptions
from pipelines.sources.meters.payload import CLASHING, EXACT, REFORMATTED, payloads
from pipelines.sources.meters.readings import DUPLICATE, KINDS, LATE, MALFORMED, OUT_OF_ORDER
from pipelines.sources.meters.schedule import messages_by_day
from pipelines.sources.meters.simulation import simulate_day

ZONE = "Europe/Paris"
DAY = GridDay(FIRST_DAY, ZONE)
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def readings() -> Array:
    return simulate_day(Grid(7, 50), DAY)[0]


@pytest.mark.parametrize(
    "shares",
    [
        {},
        {"duplicates": 0.2, "late": 0.1, "out_of_order": 0.3, "malformed": 0.05},
        {"duplicates": 0.0, "late": 0.0, "out_of_order": 0.0, "malformed": 0.0},
    ],
)
def test_kinds_have_exactly_their_shares(readings: Array, shares: dict[str, float]) -> None:
    options = MeterOptions(**shares)
    messages = deliver(readings, DAY, options)
    counts = Counter(KINDS[kind] for kind in messages["kind"].tolist())
    for name, share in (
        ("late", options.late),
        ("out_of_order", options.out_of_order),
        ("duplicate", options.duplicates),
        ("malformed", options.malformed),
    ):
        assert counts[name] == round(len(readings) * share)
    assert counts["reading"] + counts["late"] + counts["out_of_order"] == len(readings)


def test_every_reading_is_delivered_unchanged_exactly_once(readings: Array) -> None:
    messages = deliver(readings, DAY, MeterOptions())
    own = messages[messages["kind"] < DUPLICATE]
    own, sent = (np.sort(part, order=["meter_id", "event_ms"]) for part in (own, readings))
    values = ["meter_id", "event_ms", "active_power", "reactive_power", "voltage", "current", "seq"]
    assert (own[values] == sent[values]).all()


def test_delays_are_within_their_bounds(readings: Array) -> None:
    messages = deliver(readings, DAY, MeterOptions())
    delay = messages["delivery_ms"] - messages["event_ms"]
    late, swapped = delay[messages["kind"] == LATE], delay[messages["kind"] == OUT_OF_ORDER]
    assert late.min() >= HOUR_MS
    assert late.max() <= 36 * HOUR_MS + MINUTE_MS
    assert swapped.min() > MINUTE_MS
    assert swapped.max() <= 6 * MINUTE_MS
    assert (np.diff(messages["delivery_ms"]) >= 0).all()


def test_out_of_order_readings_are_overtaken_by_their_own_meter(readings: Array) -> None:
    messages = deliver(readings, DAY, MeterOptions(late=0, malformed=0, duplicates=0))
    latest: dict[bytes, int] = {}
    overtaken = 0
    for kind, meter_id, event_ms in zip(
        messages["kind"].tolist(), messages["meter_id"].tolist(), messages["event_ms"].tolist(), strict=True
    ):
        if event_ms < latest.get(meter_id, 0):
            assert kind == OUT_OF_ORDER
            overtaken += 1
        latest[meter_id] = max(event_ms, latest.get(meter_id, 0))
    assert overtaken > 0.9 * (messages["kind"] == OUT_OF_ORDER).sum()


def test_a_duplicate_comes_after_its_reading_and_may_clash(readings: Array) -> None:
    messages = deliver(readings, DAY, MeterOptions())
    values = list(payloads(messages))
    first: dict[tuple[bytes, int], tuple[int, bytes | None]] = {}
    variants = Counter()
    for message, value in zip(messages, values, strict=True):
        if message["kind"] == MALFORMED:
            continue
        key = (bytes(message["meter_id"]), int(message["event_ms"]))
        if message["kind"] != DUPLICATE:
            assert key not in first
            first[key] = (int(message["active_power"]), value)
            continue
        # Looking the reading up fails if the duplicate came first.
        power, text = first[key]
        variants[int(message["variant"])] += 1
        assert (value == text) == (message["variant"] == EXACT)
        assert (message["active_power"] == power) == (message["variant"] != CLASHING)
    assert set(variants) == {EXACT, REFORMATTED, CLASHING}


def test_messages_follow_the_seed() -> None:
    one, two, other = (next(messages_by_day(MeterOptions(seed=s), FIRST_DAY, ZONE))[0] for s in (7, 7, 8))
    assert list(payloads(one)) == list(payloads(two))
    assert list(payloads(one)) != list(payloads(other))


def test_several_days_carry_late_messages_over_and_lose_none() -> None:
    options = MeterOptions(days=3, late=0.05)
    parts = [messages for messages, _ in messages_by_day(options, FIRST_DAY, ZONE)]
    expected, day = 0, DAY
    for _ in range(options.days):
        own, _ = simulate_day(Grid(7, 50), day)
        expected += len(deliver(own, day, options))
        day = day.next
    assert sum(map(len, parts)) == expected
    for number, part in enumerate(parts[:-1]):
        assert part["delivery_ms"].max() < epoch_ms(GridDay(FIRST_DAY + timedelta(days=number), ZONE).end)
    midnight = epoch_ms(DAY.end)
    assert ((parts[1]["event_ms"] < midnight) & (parts[1]["kind"] == LATE)).any()
    assert (parts[-1]["delivery_ms"] >= epoch_ms(day.start)).any()
