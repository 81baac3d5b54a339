"""Readings as the bytes that meters send."""

from collections.abc import Iterator
from datetime import UTC, datetime

from pipelines.sources.meters.malformed import MALFORMED_KINDS
from pipelines.sources.meters.readings import DUPLICATE, MALFORMED, Messages

EXACT, REFORMATTED, CLASHING = range(3)
"""How a duplicate differs from its reading: not at all, in its form, or in its values."""


def event_time(event_ms: int) -> str:
    """Event time as meters write it, such as 2026-11-20T00:01:00Z."""
    return datetime.fromtimestamp(event_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def payloads(messages: Messages) -> Iterator[bytes | None]:
    """The value of every message, in order; None is a message without a value.

    Args:
        messages: Messages to write.
    """
    # The quotient of whole numbers is the nearest double, whose shortest form is the decimal itself.
    times = {int(ms): event_time(int(ms)) for ms in set(messages["event_ms"].tolist())}
    rows = zip(*(messages[name].tolist() for name in messages.dtype.names or ()), strict=True)
    for kind, variant, meter, ms, power, reactive, voltage, current, seq, _ in rows:
        meter_id, time = meter.decode(), times[ms]
        if kind == DUPLICATE and variant == REFORMATTED:
            text = (
                f'{{ "seq": {seq}, "current": {current / 10}, "voltage": {voltage / 100},\n'
                f'  "reactive_power": {reactive / 1000}, "active_power": {power / 1000},\n'
                f'  "event_time": "{time}", "meter_id": "{meter_id}" }}'
            )
        else:
            text = (
                f'{{"meter_id":"{meter_id}","event_time":"{time}","active_power":{power / 1000},'
                f'"reactive_power":{reactive / 1000},"voltage":{voltage / 100},'
                f'"current":{current / 10},"seq":{seq}}}'
            )
        yield MALFORMED_KINDS[variant].make(text) if kind == MALFORMED else text.encode()
