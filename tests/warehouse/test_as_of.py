"""What a transform's as_of states, and how it reads in batch and in the stream."""

from pathlib import Path

import pytest

from tests.warehouse.folders import Warehouse
from warehouse.errors import WarehouseError

JOIN = (
    "as_of(facts='ods.reading', versions='dim.site', key='site_id', time='event_time',"
    " first_by=['kafka_partition', 'kafka_offset'], columns=['site_id', 'power'])"
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path)
    select = f"SELECT site_id, dt, SUM(power) AS energy FROM {{{{ {JOIN} }}}} GROUP BY site_id, dt"
    made.write("dws.site_day", "transform.sql", select)
    return made


def test_in_batch_it_is_a_join_and_a_rank(warehouse: Warehouse) -> None:
    catalog = warehouse.load()
    sql = " ".join(catalog.transform("dws.site_day").split())
    assert "LEFT JOIN dim.site AS v ON r.site_id = v.site_id AND v.valid_from <= r.event_time" in sql
    assert (
        "PARTITION BY r.site_id, r.event_time, r.dt"
        " ORDER BY v.valid_from DESC NULLS LAST, r.kafka_partition, r.kafka_offset"
    ) in sql
    assert catalog.upstream["dws.site_day"] == ("dim.site", "ods.reading")


def test_in_the_stream_it_is_a_view_of_the_operator(warehouse: Warehouse) -> None:
    select, join = warehouse.load().stream_transform("dws.site_day")
    assert select == "SELECT site_id, dt, SUM(power) AS energy FROM `dws`.`site_day_as_of` GROUP BY site_id, dt"
    assert join
    assert join.columns == ("site_id", "power", "event_time", "dt", "kafka_partition", "kafka_offset")
    assert join.version_columns == ("name",)
    assert join.facts_sql() == "SELECT site_id, power, event_time, dt, kafka_partition, kafka_offset FROM ods.reading"
    assert join.versions_sql() == "SELECT site_id, valid_from, name FROM dim.site"


def test_a_second_one_in_a_transform_is_refused(warehouse: Warehouse) -> None:
    warehouse.write("dws.site_day", "transform.sql", f"SELECT * FROM {{{{ {JOIN} }}}}, {{{{ {JOIN} }}}}")
    with pytest.raises(WarehouseError, match=r"transform\.sql calls as_of 2 times; allowed: once"):
        warehouse.load().stream_transform("dws.site_day")


def test_a_wrong_word_is_told(warehouse: Warehouse) -> None:
    warehouse.write("dws.site_day", "transform.sql", "SELECT * FROM {{ as_of(fact='ods.reading') }}")
    with pytest.raises(WarehouseError, match=r"transform\.sql cannot be rendered: .*fact"):
        warehouse.load()
