"""Contracts and transforms change while readings flow: the state is made anew from ODS."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Thread

import pytest
import yaml
from kafka import KafkaProducer

import stack
from pipelines.sources.topics import METER_READINGS
from pipelines.streaming.cluster import current_job
from tests.lake.lake import AUTUMN_OPTIONS, NEXT_DAY, Lake, at
from tests.warehouse.folders import Document, column, columns

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1200)]

CONTRACT, TRANSFORM = "contract.odcs.yaml", "transform.sql"
RATE = 300


def contract(change: Callable[[Document], None]) -> Callable[[str], str]:
    """An edit of a contract's text."""

    def edit(text: str) -> str:
        document = yaml.safe_load(text)
        change(document)
        return yaml.safe_dump(document, sort_keys=False)

    return edit


def added(name: str, kind: str) -> Callable[[str], str]:
    """A contract with one column more, in the midst of the others."""
    return contract(lambda document: columns(document).insert(4, column(name, kind)))


def job_id(lake: Lake) -> str:
    job = current_job(lake.settings)
    assert job
    assert job.healthy
    return job.id


def test_what_no_table_can_follow_is_refused_and_the_job_runs_on(lake: Lake) -> None:
    before = job_id(lake)
    with lake.edited("dws.region_hour", CONTRACT, contract(lambda document: columns(document).pop())):
        refused = lake.command("pipeline", "restart")
    assert refused.returncode == 2
    assert " is gone; only columns may be added to a table that holds rows" in refused.stderr
    with lake.edited("ads.feeder_loss", TRANSFORM, lambda sql: sql.replace("SELECT", "SELECT no_such_column,", 1)):
        refused = lake.command("pipeline", "restart")
        assert "ads.feeder_loss changed" in refused.stdout + refused.stderr
        assert refused.returncode == 2
        assert "no_such_column" in refused.stderr
        started = lake.command("pipeline", "start")
        assert started.returncode != 0
        assert "gridseal pipeline restart makes the state anew from ODS" in started.stderr
    assert job_id(lake) == before


def test_columns_are_added_and_the_state_is_made_anew_under_load(lake: Lake) -> None:
    before, late = job_id(lake), lake.query("SELECT COUNT(*) FROM ods.late_arrival")
    (key, *_) = lake.free("customer")
    more = "readings, CAST(MAX(active_power) AS DECIMAL(10,3)) AS max_power,"
    others = AUTUMN_OPTIONS.model_copy(update={"first_day": NEXT_DAY, "rate": RATE})
    with ExitStack() as edits:
        edits.enter_context(lake.edited("ods.meter_reading", CONTRACT, added("frequency", "DECIMAL(6,3)")))
        edits.enter_context(lake.edited("dws.customer_day", CONTRACT, added("max_power", "DECIMAL(10,3)")))
        edits.enter_context(lake.edited("dws.customer_day", TRANSFORM, lambda sql: sql.replace("readings,", more, 1)))
        # Readings of minutes that have one already come meanwhile, and a customer changes.
        load = Thread(target=lambda: lake.feed(NEXT_DAY, others))
        load.start()
        done = lake.command("pipeline", "restart")
        load.join()
        with lake.changes("upgrade") as hand:
            hand.update(at(NEXT_DAY, 21), "customer", key, name="of a new state")
        assert done.returncode == 0, done.stderr
        assert "ods.meter_reading, dws.customer_day changed" in done.stderr + done.stdout
        assert job_id(lake) != before
        stack.start(lake.settings, "sql")
        send_with_frequency(lake)
        lake.reconcile()
        lake.assert_as_recomputed()
        # None of the messages that were read again counts as late.
        assert lake.query("SELECT COUNT(*) FROM ods.late_arrival") == late
        assert lake.query("SELECT COUNT(frequency), MAX(frequency) < 50.02, COUNT(*) > 1 FROM ods.meter_reading") == [
            (1, True, True)
        ]
        # Days that were frozen long ago have the new column too.
        maxima = "SELECT customer_id, dt, MAX(active_power) AS highest FROM dwd.meter_reading GROUP BY customer_id, dt"
        wrong = (
            f"SELECT * FROM dws.customer_day JOIN ({maxima}) USING (customer_id, dt) WHERE NOT max_power <=> highest"
        )
        assert lake.query(wrong) == []


def send_with_frequency(lake: Lake) -> None:
    """A reading that is there already, sent by a device that tells more."""
    query = "SELECT meter_id, date_format(event_time, \"yyyy-MM-dd'T'HH:mm:ss\") FROM ods.meter_reading ORDER BY 1, 2"
    ((meter, time),) = lake.query(f"{query} DESC LIMIT 1")
    payload = (
        f'{{"meter_id":"{meter}","event_time":"{time}Z","active_power":1.5,"reactive_power":0.1,"voltage":230.0,'
        '"current":6.5,"seq":999999,"frequency":50.012}'
    )
    producer = KafkaProducer(bootstrap_servers=lake.settings.kafka_bootstrap_servers)
    producer.send(METER_READINGS.name, payload.encode(), key=meter.encode()).get(30)
    producer.close()
