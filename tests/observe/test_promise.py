"""Which tables are behind their promise."""

from pipelines.observe.checkpoint import CheckpointFigures
from pipelines.observe.promise import Delay, delays
from pipelines.observe.topics import TopicFigures
from pipelines.streaming.lag import TopicLag
from warehouse.catalog import Catalog

NOW = 1_795_280_000.0
TOPIC = "meter-readings"


def before(seconds: float) -> int:
    return round((NOW - seconds) * 1000)


def judged(catalog: Catalog, topic: TopicFigures, checkpoint_s: float) -> dict[str, Delay]:
    checkpoint = CheckpointFigures(before(checkpoint_s - 1), before(checkpoint_s))
    return {delay.table: delay for delay in delays(catalog, [topic], checkpoint, NOW)}


def test_every_streamed_table_is_judged(catalog: Catalog) -> None:
    found = judged(catalog, TopicFigures(TOPIC, 10, 10, 0, None), 5)
    assert list(found) == [table.name for table in catalog if table.mode == "stream"]
    assert not [delay for delay in found.values() if delay.behind]
    assert found["dws.region_hour"].promised_s == 60


def test_a_table_that_lacks_nothing_is_not_behind_however_old_the_checkpoint(catalog: Catalog) -> None:
    found = judged(catalog, TopicFigures(TOPIC, 10, 10, 0, None), 3600)
    # All readings are there. Of the business database nobody knows, so what follows from it may lack an hour.
    assert found["ods.meter_reading"] == Delay("ods.meter_reading", 0.0, 60)
    assert found["ods.dead_letter"].delay_s == 0
    assert found["dim.customer"] == Delay("dim.customer", 3600.0, 60)
    assert found["dws.region_hour"].behind


def test_a_message_that_waits_delays_what_is_made_from_it(catalog: Catalog) -> None:
    found = judged(catalog, TopicFigures(TOPIC, 10, 8, 2, before(90)), 5)
    behind = {name for name, delay in found.items() if delay.behind}
    assert {"ods.meter_reading", "ods.dead_letter", "dwd.meter_reading", "ads.customer_daily_bill"} <= behind
    assert found["ods.meter_reading"].delay_s == 90
    assert not {name for name in behind if name.startswith("dim.")}
    assert found["dim.customer"].delay_s == 5


def test_a_message_whose_time_could_not_be_read_waits_since_the_checkpoint(catalog: Catalog) -> None:
    found = judged(catalog, TopicFigures(TOPIC, 10, 8, 2, None), 70)
    assert found["ods.meter_reading"] == Delay("ods.meter_reading", 70.0, 60)


def test_before_the_first_checkpoint_nothing_is_judged(catalog: Catalog) -> None:
    assert delays(catalog, [], None, NOW) == ()


def test_the_lag_of_a_topic() -> None:
    lag = TopicLag(TOPIC, offsets={0: 5, 1: 9}, ends={0: 5, 1: 12, 2: 4})
    assert (lag.produced, lag.covered, lag.waiting) == (21, 14, 7)
    assert lag.gaps == {1: (9, 12), 2: (0, 4)}
    assert TopicLag(TOPIC, {}, {}).gaps == {}
