"""Dead letters of a limit that was too tight, and what becomes of them once the contract is mended."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from pipelines.sources.broker import open_producer
from pipelines.sources.meters.record import SCHEMA
from pipelines.sources.topics import METER_READINGS
from tests.lake.lake import DAY, Lake

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
REFUSED = 5


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
    names = ("topic", "kafka_partition", "kafka_offset", "meter_id", "event_time", "active_power", "voltage")
    rows = lake.query(f"SELECT {', '.join(names)} FROM ods.meter_reading {WITH_TIME}")
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
    assert (
        sum(row["dead_letters"] for row in rows.values())
        == lake.query(f"SELECT COUNT(*) FROM ods.dead_letter WHERE topic = '{METER_READINGS.name}'")[0][0]
    )
    out_of_range: dict[str, int] = rows.pop("out_of_range")
    assert {row["accepted_now"] for row in rows.values()} == {0}
    del out_of_range["dead_letters"]
    return out_of_range


def assert_sent_again(lake: Lake) -> None:
    """Those that are accepted are rows, as if they had been at once; all of them are dead letters still."""
    assert lake.query(f"SELECT COUNT(*) FROM ods.dead_letter {WITH_TIME}") == [(REFUSED,)]
    rows: list[tuple[Any, ...]] = [("R1", Decimal("1200.50")), ("R2", Decimal("1100.00")), ("R4", Decimal("230.10"))]
    assert lake.query(f"SELECT meter_id, voltage FROM ods.meter_reading {WITH_TIME} ORDER BY meter_id") == rows
    # In the partition of its meter.
    there = "SELECT kafka_partition FROM ods.dead_letter WHERE CAST(payload AS STRING) LIKE '%\"R1\"%'"
    assert set(lake.query("SELECT kafka_partition FROM ods.meter_reading WHERE meter_id = 'R1'")) == set(
        lake.query(there)
    )
