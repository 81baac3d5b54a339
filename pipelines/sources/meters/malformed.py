"""Messages that are no readings: every kind of damage that devices and networks have been seen to do."""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

HUGE_BYTES = 200_000
DEPTH = 5_000


class MalformedKind(NamedTuple):
    """One kind of damage.

    Args:
        name: Name in the record of the feed.
        make: Makes the bytes from the text of a good reading; None means a message without a value.
    """

    name: str
    make: Callable[[str], bytes | None]


def _field(name: str, literal: str) -> Callable[[str], bytes]:
    """Replaces the value of a field by a literal."""
    pattern = re.compile(rf'"{name}":[^,}}]*')
    return lambda text: pattern.sub(f'"{name}":{literal}', text, count=1).encode()


def _without(name: str) -> Callable[[str], bytes]:
    """Leaves a field out."""
    pattern = re.compile(rf'"{name}":[^,}}]*,?')
    return lambda text: pattern.sub("", text, count=1).encode()


def _time(pattern: str, replacement: str) -> Callable[[str], bytes]:
    """Rewrites the event time."""
    compiled = re.compile(r'("event_time":")' + pattern)
    return lambda text: compiled.sub(rf"\g<1>{replacement}", text, count=1).encode()


def _repeat_with_other_power(text: str) -> bytes:
    power = json.loads(text)["active_power"]
    return f'{text[:-1]},"active_power":{power + 1:.3f}}}'.encode()


MALFORMED_KINDS: tuple[MalformedKind, ...] = (
    # no JSON
    MalformedKind("not_json", lambda text: f"power={json.loads(text)['active_power']};status=ok".encode()),
    MalformedKind("truncated", lambda text: text[: len(text) * 2 // 3].encode()),
    MalformedKind("trailing_text", lambda text: f"{text} OK".encode()),
    MalformedKind("two_objects", lambda text: f"{text}{text}".encode()),
    MalformedKind("empty", lambda text: b""),
    MalformedKind("blank", lambda text: b" \r\n"),
    MalformedKind("tombstone", lambda text: None),
    MalformedKind("invalid_utf8", lambda text: text.encode().replace(b'"meter_id":"', b'"meter_id":"\xff\xc3(')),
    MalformedKind("utf16", lambda text: text.encode("utf-16")),
    MalformedKind("power_nan", _field("active_power", "NaN")),
    MalformedKind("power_infinity", _field("active_power", "-Infinity")),
    # JSON, but no reading
    MalformedKind("json_array", lambda text: f"[{text}]".encode()),
    MalformedKind("json_string", lambda text: json.dumps(text).encode()),
    MalformedKind("json_number", lambda text: b"42"),
    MalformedKind("json_null", lambda text: b"null"),
    MalformedKind("deeply_nested", lambda text: b"[" * DEPTH + b"]" * DEPTH),
    MalformedKind("deeply_nested_field", _field("active_power", '{"a":' * DEPTH + "1" + "}" * DEPTH)),
    MalformedKind("huge", lambda text: b'["' + b"x" * HUGE_BYTES + b'"]'),
    MalformedKind("clashing_duplicate_key", _repeat_with_other_power),
    # key fields
    MalformedKind("meter_id_missing", _without("meter_id")),
    MalformedKind("meter_id_null", _field("meter_id", "null")),
    MalformedKind("meter_id_number", _field("meter_id", "17")),
    MalformedKind("meter_id_empty", _field("meter_id", '""')),
    MalformedKind("event_time_missing", _without("event_time")),
    MalformedKind("event_time_null", _field("event_time", "null")),
    MalformedKind("event_time_number", _field("event_time", "1795132800")),
    MalformedKind("event_time_text", _field("event_time", '"yesterday"')),
    MalformedKind("event_time_month_13", _time(r"(\d{4})-\d\d", r"\g<2>-13")),
    MalformedKind("event_time_30_february", _time(r"(\d{4})-\d\d-\d\d", r"\g<2>-02-30")),
    MalformedKind("event_time_hour_25", _time(r"([\d-]{10})T\d\d", r"\g<2>T25")),
    MalformedKind("event_time_no_zone", _time(r'([^"Z]*)Z', r"\g<2>")),
    MalformedKind("event_time_1969", _time(r"\d{4}-\d\d-\d\d", "1969-12-31")),
    MalformedKind("event_time_future", _time(r"\d{4}", "2199")),
    # values
    MalformedKind("power_string", _field("active_power", '"1.234"')),
    MalformedKind("power_text", _field("active_power", '"1.5x"')),
    MalformedKind("power_bool", _field("active_power", "true")),
    MalformedKind("power_list", _field("active_power", "[1.234]")),
    MalformedKind("power_too_large", _field("active_power", "1e9")),
    MalformedKind("power_too_many_decimals", _field("active_power", "1.23456789")),
    MalformedKind("voltage_negative", _field("voltage", "-230.1")),
    MalformedKind("voltage_string", _field("voltage", '"230.1"')),
    MalformedKind("current_list", _field("current", "[]")),
    MalformedKind("seq_fraction", _field("seq", "1.5")),
)
"""Every kind; a feed with at least so many malformed messages holds each of them."""
