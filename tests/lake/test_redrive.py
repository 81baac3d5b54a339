"""A limit was too tight: the contract is mended, and dead letters that it accepts are sent again."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipelines.sources.broker import open_producer
from pipelines.sources.meters.record import SCHEMA
from pipelines.sources.topics import METER_READINGS
from tests.lake.lake import DAY, Lake

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

COMMAND = "replay-dead-letters"
NOON = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
# No other message has this time; what is sent again keeps it.
SENT_AT = NOON + timedelta(minutes=5, milliseconds=7)
WITH_TIME = f"WHERE kafka_timestamp = TIMESTAMP '{SENT_AT:%Y-%m-%d %H:%M:%S.007}'"
MESSAGES = (
    ("R1", "1200.50"),
    ("R1", "1200.51"),  # The same reading once more: the first counts.
    ("R2", "1100.00"),
    ("R3", "5000.00"),  # Too high for the wider limit, too.
    ("R4", "1500.00"),
    ("R4", "230.10"),  # Sent once more by its meter, in the meantime.
)


def widen(contract: str) -> str:
    """A higher limit of the voltage."""
    assert contract.count("maximum: 1000}") == 1
    return contract.replace("maximum: 1000}", "maximum: 2000}")


def send(lake: Lake) -> None:
    """Send the messages as the meters would have, a few minutes after noon."""
    producer = open_producer(lake.settings, METER_READINGS.max_message_bytes)
    for meter, voltage in MESSAGES:
        reading = f'"event_time":"{NOON:%Y-%m-%dT%H:%M:%SZ}","active_power":1,"voltage":{voltage}'
        payload = f'{{"meter_id":"{meter}",{reading}}}'.encode()
        at_ms = round(SENT_AT.timestamp() * 1000)
        producer.send(METER_READINGS.name, payload, meter.encode(), timestamp_ms=at_ms).get(30)
    producer.close()


def record(lake: Lake) -> None:
    """Record what has become a row, as a feed does."""
    rows = lake.query(
        f"SELECT topic, kafka_partition, kafka_offset, meter_id, event_time, active_power, voltage"
        f" FROM ods.meter_reading {WITH_TIME}"
    )
    names = ("topic", "kafka_partition", "kafka_offset", "meter_id", "event_time", "active_power", "voltage")
    records = [dict.fromkeys(SCHEMA.names) | dict(zip(names, row, strict=True)) | {"kind": "reading"} for row in rows]
    columns = {name: [one[name] for one in records] for name in SCHEMA.names}
    folder = lake.settings.var_dir / "feeds" / "hand-redrive"
    folder.mkdir()
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    parquet.write_table(pa.table(arrays, schema=SCHEMA), folder / "sent.parquet")


def replay(lake: Lake, *words: str) -> dict[str, int]:
    """What became of the dead letters of the one kind that can be accepted."""
    done = lake.command(COMMAND, "--format", "json", *words)
    assert done.returncode == 0, done.stderr
    rows = {row.pop("reason"): row for row in json.loads(done.stdout)}
    assert sum(row["dead_letters"] for row in rows.values()) == lake.query("SELECT COUNT(*) FROM ods.dead_letter")[0][0]
    out_of_range: dict[str, int] = rows.pop("out_of_range")
    assert {row["accepted_now"] for row in rows.values()} == {0}
    del out_of_range["dead_letters"]
    return out_of_range


def test_a_dead_letter_that_the_contract_accepts_is_sent_again_once(lake: Lake) -> None:
    send(lake)
    lake.reconcile()
    assert lake.query(f"SELECT COUNT(*) FROM ods.dead_letter {WITH_TIME}") == [(5,)]
    assert lake.query(f"SELECT meter_id FROM ods.meter_reading {WITH_TIME}") == [("R4",)]
    assert replay(lake, "--dry-run") == {"accepted_now": 0, "in_the_lake": 0, "to_send": 0}
    with lake.edited("ods.meter_reading", "contract.odcs.yaml", widen):
        assert replay(lake, "--dry-run") == {"accepted_now": 4, "in_the_lake": 2, "to_send": 2}
        # The job that runs would refuse them again.
        refused = lake.command(COMMAND)
        assert refused.returncode == 2
        assert "compiled before the contract of ods.meter_reading changed" in refused.stderr
        assert "next:  gridseal pipeline restart" in refused.stderr
        assert lake.command("pipeline", "stop").returncode == 0
        # Kafka may delete a message with an old time at once.
        refused = lake.command(COMMAND)
        assert refused.returncode == 3
        assert "the pipeline does not run" in refused.stderr
        assert "next:  gridseal pipeline start" in refused.stderr
        started = lake.command("pipeline", "start")
        assert started.returncode == 0, started.stderr

        assert replay(lake) == {"accepted_now": 4, "in_the_lake": 2, "sent": 2}
        assert replay(lake) == {"accepted_now": 4, "in_the_lake": 4, "sent": 0}
    lake.reconcile()
    assert lake.query(f"SELECT COUNT(*) FROM ods.dead_letter {WITH_TIME}") == [(5,)]
    rows = lake.query(f"SELECT meter_id, voltage FROM ods.meter_reading {WITH_TIME} ORDER BY meter_id")
    assert rows == [("R1", Decimal("1200.50")), ("R2", Decimal("1100.00")), ("R4", Decimal("230.10"))]
    # As if it had been accepted: in the partition of its meter.
    there = "SELECT kafka_partition FROM ods.dead_letter WHERE CAST(payload AS STRING) LIKE '%\"R1\"%'"
    assert set(lake.query("SELECT kafka_partition FROM ods.meter_reading WHERE meter_id = 'R1'")) == set(
        lake.query(there)
    )
    # And in every layer.
    record(lake)
    lake.assert_as_recomputed()
