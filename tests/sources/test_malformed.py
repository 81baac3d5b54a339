"""Malformed messages, against a reader that takes the message format at its word."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.days import GridDay
from pipelines.sources.grid import FIRST_DAY, Grid
from pipelines.sources.meters.delivery import deliver
from pipelines.sources.meters.malformed import HUGE_BYTES, MALFORMED_KINDS
from pipelines.sources.meters.options import MeterOptions
from pipelines.sources.meters.payload import payloads
from pipelines.sources.meters.readings import DECIMALS, MALFORMED, MESSAGE
from pipelines.sources.meters.simulation import simulate_day

DIGITS = {"active_power": 10, "reactive_power": 10, "voltage": 8, "current": 8}
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


class RefusedError(Exception):
    """The message is no reading."""


def require(condition: object) -> None:
    if not condition:
        raise RefusedError


def strict_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    require(len(dict(pairs)) == len(pairs))
    return dict(pairs)


def no_constant(name: str) -> Any:
    raise RefusedError(name)


def read_strictly(payload: bytes | None) -> dict[str, Any]:
    """A reading, or a refusal."""
    require(payload is not None)
    assert payload is not None
    try:
        message = json.loads(
            payload.decode("utf-8"),
            parse_float=Decimal,
            object_pairs_hook=strict_pairs,
            parse_constant=no_constant,
        )
    except (ValueError, RecursionError) as error:
        raise RefusedError from error
    require(type(message) is dict)
    require(type(message.get("meter_id")) is str and 0 < len(message["meter_id"]) <= 16)
    time = message.get("event_time")
    require(type(time) is str and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time))
    try:
        message["event_time"] = datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise RefusedError from error
    require(EARLIEST <= message["event_time"] < LATEST)
    for name, scale in DECIMALS.items():
        require(type(message.get(name)) in (int, Decimal))
        value = message[name] = Decimal(message[name])
        require(-int(value.as_tuple().exponent) <= scale and abs(value) < 10 ** (DIGITS[name] - scale))
    require(message["voltage"] >= 0)
    require(type(message.get("seq")) is int)
    return message


@pytest.fixture(scope="module")
def messages() -> np.ndarray[Any, Any]:
    day = GridDay(FIRST_DAY, "Europe/Paris")
    readings, _ = simulate_day(Grid(7, 50), day)
    return deliver(readings, day, MeterOptions())


def test_every_reading_and_duplicate_is_read_and_says_what_the_record_says(
    messages: np.ndarray[Any, Any],
) -> None:
    good = messages[messages["kind"] != MALFORMED]
    for message, payload in zip(good[::7], payloads(good[::7]), strict=True):
        read = read_strictly(payload)
        assert read["meter_id"] == message["meter_id"].decode()
        assert read["event_time"] == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(message["event_ms"]))
        for name, scale in DECIMALS.items():
            assert int(read[name].scaleb(scale)) == message[name]
        assert read["seq"] == message["seq"]


def test_every_malformed_message_is_refused_and_every_kind_occurs(messages: np.ndarray[Any, Any]) -> None:
    bad = messages[messages["kind"] == MALFORMED]
    seen = set()
    for message, payload in zip(bad, payloads(bad), strict=True):
        seen.add(int(message["variant"]))
        with pytest.raises(RefusedError):
            read_strictly(payload)
    assert seen == set(range(len(MALFORMED_KINDS)))


def test_kinds_have_names_of_their_own_and_the_promised_forms() -> None:
    names = [kind.name for kind in MALFORMED_KINDS]
    assert len(set(names)) == len(names)
    made = {kind.name: kind.make(next(text_of())) for kind in MALFORMED_KINDS}
    assert made["tombstone"] is None
    assert made["empty"] == b""
    assert len(made["huge"] or b"") >= HUGE_BYTES
    with pytest.raises(UnicodeDecodeError):
        (made["invalid_utf8"] or b"").decode()
    # A careless reader takes these for readings; they must stay what they are.
    assert json.loads(made["clashing_duplicate_key"] or b"")["active_power"] == 2.234
    assert json.loads(made["power_nan"] or b"")["meter_id"] == "M00001"


def text_of() -> Any:
    row = np.zeros(1, dtype=MESSAGE)
    row["meter_id"], row["event_ms"], row["active_power"], row["voltage"] = (
        b"M00001",
        1_795_132_860_000,
        1234,
        23_142,
    )
    for payload in payloads(row):
        yield (payload or b"").decode()


@given(
    power=st.integers(-(10**10) + 1, 10**10 - 1),
    reactive=st.integers(-(10**10) + 1, 10**10 - 1),
    voltage=st.integers(0, 10**8 - 1),
    current=st.integers(0, 10**8 - 1),
)
def test_any_value_that_fits_the_columns_is_written_exactly(
    power: int, reactive: int, voltage: int, current: int
) -> None:
    row = np.zeros(1, dtype=MESSAGE)
    row["meter_id"], row["event_ms"] = b"M00001", 1_795_132_860_000
    row["active_power"], row["reactive_power"], row["voltage"], row["current"] = (
        power,
        reactive,
        voltage,
        current,
    )
    for payload in payloads(row):
        read = read_strictly(payload)
        assert [read[n].scaleb(s) for n, s in DECIMALS.items()] == [power, reactive, voltage, current]


@given(data=st.data())
def test_damage_is_refused_whatever_the_reading(data: st.DataObject) -> None:
    row = np.zeros(1, dtype=MESSAGE)
    row["meter_id"], row["event_ms"] = b"H00400", data.draw(st.integers(20_000_000, 30_000_000)) * 60_000
    row["active_power"], row["voltage"] = (
        data.draw(st.integers(-5000, 60_000)),
        data.draw(st.integers(1, 45_000)),
    )
    row["kind"], row["variant"] = MALFORMED, data.draw(st.integers(0, len(MALFORMED_KINDS) - 1))
    for payload in payloads(row):
        with pytest.raises(RefusedError):
            read_strictly(payload)
