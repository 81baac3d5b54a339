"""Every message is a row or a dead letter, once; what is refused is kept as it came, with its reason."""

from typing import Any

import duckdb
import pytest

from pipelines.sources.broker import end_offsets
from pipelines.sources.meters.malformed import MALFORMED_KINDS
from pipelines.sources.topics import METER_READINGS
from tests.lake.lake import Lake

pytestmark = pytest.mark.integration

# What a reason begins with, for damage that leaves no field to name.
NO_FIELD = {
    "not_json": "not JSON: Unrecognized token 'power'",
    "truncated": "not JSON: Unexpected ",
    "trailing_text": "not JSON: more content after the object",
    "two_objects": "not JSON: more content after the object",
    "empty": "empty message",
    "blank": "empty message: 3 bytes of white space",
    "tombstone": "no message: a key without a value",
    "invalid_utf8": "not UTF-8 at byte ",
    "utf16": "not UTF-8 at byte 1",
    "power_nan": "not JSON: Non-standard token 'NaN'",
    "power_infinity": "not JSON: Non-standard token '-Infinity'",
    "json_array": "not a JSON object: an array",
    "json_string": 'not a JSON object: "',
    "json_number": "not a JSON object: 42",
    "json_null": "not a JSON object: null",
    "deeply_nested": "not a JSON object: an array",
    "huge": "200,004 bytes, at most 65,536",
}
FIELDS = {
    "clashing_duplicate_key": "active_power",
    "deeply_nested_field": "active_power",
    "power": "active_power",
    "meter_id": "meter_id",
    "event_time": "event_time",
    "voltage": "voltage",
    "current": "current",
    "seq": "seq",
}


def beginning(kind: str) -> str:
    """What the reason for a kind of damage begins with: the field's name wherever there is one."""
    if kind in NO_FIELD:
        return NO_FIELD[kind]
    return next(field for prefix, field in FIELDS.items() if kind.startswith(prefix)) + ": "


@pytest.fixture(scope="module")
def dead_letters(lake: Lake) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Bytes and reason of every dead letter by topic, partition and offset."""
    rows = lake.query(
        "SELECT topic, kafka_partition, kafka_offset, payload, reason FROM ods.dead_letter"
        f" WHERE topic = '{METER_READINGS.name}'"
    )
    return {(t, p, o): (None if payload is None else bytes(payload), reason) for t, p, o, payload, reason in rows}


@pytest.fixture(scope="module")
def malformed(lake: Lake) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Bytes and kind of every malformed message that was sent."""
    rows = duckdb.execute(
        "SELECT topic, kafka_partition, kafka_offset, payload, malformed_kind::VARCHAR FROM read_parquet(?)"
        " WHERE kind = 'malformed'",
        [str(lake.settings.var_dir / "feeds" / "*" / "sent.parquet")],
    ).fetchall()
    return {(t, p, o): (payload, kind) for t, p, o, payload, kind in rows}


def test_dead_letters_are_the_malformed_messages_byte_for_byte(
    dead_letters: dict[Any, Any], malformed: dict[Any, Any]
) -> None:
    assert {kind for _, kind in malformed.values()} == {kind.name for kind in MALFORMED_KINDS}
    sent = {place: payload for place, (payload, _) in malformed.items()}
    assert {place: payload for place, (payload, _) in dead_letters.items()} == sent


@pytest.mark.parametrize("kind", [kind.name for kind in MALFORMED_KINDS])
def test_the_reason_names_the_field_or_what_is_wrong(
    dead_letters: dict[Any, Any], malformed: dict[Any, Any], kind: str
) -> None:
    reasons = {dead_letters[place][1] for place, (_, its) in malformed.items() if its == kind}
    assert reasons
    assert {reason for reason in reasons if not reason.startswith(beginning(kind))} == set()


def test_every_offset_of_every_partition_is_there_once(lake: Lake) -> None:
    places = lake.query(
        "SELECT kafka_partition, kafka_offset FROM ods.meter_reading"
        f" UNION ALL SELECT kafka_partition, kafka_offset FROM ods.dead_letter WHERE topic = '{METER_READINGS.name}'"
    )
    ends = end_offsets(lake.settings, METER_READINGS.name)
    assert sum(ends.values()) == sum(feed.messages for feed in lake.feeds)
    assert sorted(places) == [(p, offset) for p, end in sorted(ends.items()) for offset in range(end)]


def test_a_row_says_where_it_came_from(lake: Lake) -> None:
    wrong = lake.query(
        "SELECT message_id FROM (SELECT message_id, topic, kafka_partition, kafka_offset FROM ods.meter_reading"
        " UNION ALL SELECT message_id, topic, kafka_partition, kafka_offset FROM ods.image"
        " UNION ALL SELECT message_id, topic, kafka_partition, kafka_offset FROM ods.dead_letter)"
        " WHERE message_id <> concat(topic, '-', kafka_partition, '-', kafka_offset)"
    )
    assert wrong == []
