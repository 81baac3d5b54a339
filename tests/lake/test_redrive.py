"""A limit was too tight: the contract is widened, and dead letters that it accepts are sent again.

The last file on this lake: from here on its job reads messages by the wider limit, and Kafka holds messages that no
feed has recorded.
"""

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.errors import PipelineError
from pipelines.redrive.run import Outcome, redrive
from pipelines.sources.broker import open_producer
from pipelines.sources.topics import METER_READINGS
from pipelines.streaming.pause import paused
from tests.lake.lake import DAY, PATIENCE_S, Lake
from warehouse.catalog import Catalog, load_catalog
from warehouse.contract import LAYERS

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

WAREHOUSE = Path(__file__).parents[2] / "warehouse"
NOON = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
# No other message has this time; what is sent again keeps it.
SENT_AT = NOON + timedelta(minutes=5, milliseconds=7)
MESSAGES = (
    ("R1", "1200.50"),
    ("R1", "1200.51"),  # The same reading once more: the first counts.
    ("R2", "1100.00"),
    ("R3", "5000.00"),  # Too high for the wider limit, too.
    ("R4", "1500.00"),
    ("R4", "230.10"),  # Sent once more by its meter, in the meantime.
)


@pytest.fixture(scope="module")
def wider(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The tables, with a higher limit of the voltage."""
    root = tmp_path_factory.mktemp("warehouse")
    for layer in LAYERS:
        shutil.copytree(WAREHOUSE / layer, root / layer)
    contract = root / "ods" / "meter_reading" / "contract.odcs.yaml"
    text = contract.read_text(encoding="utf-8")
    assert text.count("maximum: 1000}") == 1
    contract.write_text(text.replace("maximum: 1000}", "maximum: 2000}"), encoding="utf-8")
    return load_catalog(lake.settings, root)


def send(lake: Lake) -> None:
    """Send the messages as the meters would have, a few minutes after noon."""
    producer = open_producer(lake.settings, METER_READINGS.max_message_bytes)
    for meter, voltage in MESSAGES:
        payload = (
            f'{{"meter_id":"{meter}","event_time":"{NOON:%Y-%m-%dT%H:%M:%SZ}","active_power":1,"voltage":{voltage}}}'
        )
        at_ms = round(SENT_AT.timestamp() * 1000)
        producer.send(METER_READINGS.name, payload.encode(), meter.encode(), timestamp_ms=at_ms)
    producer.close()


def replay(lake: Lake, catalog: Catalog, dry_run: bool = False) -> tuple[int, int, int]:
    """How many dead letters were accepted, were there already, were sent; only those of one kind can be."""
    outcomes = redrive(lake.settings, catalog, lake.address, lambda *_: None, dry_run=dry_run)
    assert sum(outcome.letters for outcome in outcomes) == lake.query("SELECT COUNT(*) FROM ods.dead_letter")[0][0]
    found = {outcome.kind: outcome for outcome in outcomes}
    out_of_range: Outcome = found.pop("out_of_range")
    assert {outcome.accepted for outcome in found.values()} == {0}
    return out_of_range.accepted, out_of_range.there, out_of_range.sent


def test_a_dead_letter_that_the_contract_accepts_is_sent_again_once(lake: Lake, wider: Catalog) -> None:
    send(lake)
    lake.reconcile()
    with_time = f"WHERE kafka_timestamp = TIMESTAMP '{SENT_AT:%Y-%m-%d %H:%M:%S.007}'"
    assert lake.query(f"SELECT COUNT(*) FROM ods.dead_letter {with_time}") == [(5,)]
    assert lake.query(f"SELECT meter_id FROM ods.meter_reading {with_time}") == [("R4",)]
    assert replay(lake, lake.catalog, dry_run=True) == (0, 0, 0)
    assert replay(lake, wider, dry_run=True) == (4, 2, 2)
    # The job that runs would refuse them again.
    with pytest.raises(PipelineError, match=r"before the contract of ods\.meter_reading changed") as refused:
        replay(lake, wider)
    assert refused.value.hint == "gridseal pipeline restart"

    with paused(lake.settings, wider, lambda _: None):
        # Kafka may delete a message with an old time at once.
        with pytest.raises(PipelineError, match="the pipeline does not run") as refused:
            replay(lake, wider)
        assert refused.value.hint == "gridseal pipeline start"
    began = time.monotonic()
    assert replay(lake, wider) == (4, 2, 2)
    assert replay(lake, wider) == (4, 4, 0)
    assert time.monotonic() - began < PATIENCE_S
    lake.reconcile()
    assert lake.query(f"SELECT COUNT(*) FROM ods.dead_letter {with_time}") == [(5,)]
    rows = lake.query(f"SELECT meter_id, voltage, dt FROM ods.meter_reading {with_time} ORDER BY meter_id")
    assert [(meter, str(voltage), dt) for meter, voltage, dt in rows] == [
        ("R1", "1200.50", f"{DAY}"),
        ("R2", "1100.00", f"{DAY}"),
        ("R4", "230.10", f"{DAY}"),
    ]
    # As if they had been accepted: in the partition of their meter, and in every layer.
    here = "(SELECT kafka_partition FROM ods.dead_letter AS d WHERE CAST(d.payload AS STRING) LIKE '%\"R1\"%' LIMIT 1)"
    assert lake.query(f"SELECT kafka_partition = {here} FROM ods.meter_reading WHERE meter_id = 'R1'") == [(True,)]
    assert lake.query("SELECT meter_id, readings FROM dws.meter_day WHERE meter_id LIKE 'R_' ORDER BY meter_id") == [
        ("R1", 1),
        ("R2", 1),
        ("R4", 1),
    ]
