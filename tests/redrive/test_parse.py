"""Dead letters are read by the job's own parser, by the contract as it is now."""

import os
from collections.abc import Iterator

import pytest

from pipelines.errors import PipelineError
from pipelines.redrive.parse import parse
from pipelines.settings import PipelineSettings
from pipelines.streaming.child import Call, open_child
from pipelines.streaming.sources import kafka_spec
from warehouse.catalog import load_catalog

AT = 1_795_132_920_000
READING = '{"meter_id":"M1","event_time":"2026-11-20T00:01:00Z","active_power":1.5,"voltage":%s}'
COLUMNS = ("meter_id", "event_time")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> PipelineSettings:
    return PipelineSettings(var_dir=tmp_path_factory.mktemp("var"), kafka_bootstrap_servers="127.0.0.1:1")


@pytest.fixture(scope="module")
def child(settings: PipelineSettings) -> Iterator[Call]:
    with open_child(settings) as call:
        yield call


def test_a_wider_limit_accepts_what_was_refused(settings: PipelineSettings, child: Call) -> None:
    table = load_catalog(settings).table("ods.meter_reading")
    now = kafka_spec(table, settings)
    wider = now.replace('"maximum": "1000"', '"maximum": "2000"')
    assert wider != now
    messages = [(AT, (READING % voltage).encode()) for voltage in ("230.1", "1200.5", '"x"')]
    read = ("M1", "2026-11-20T00:01")
    assert child(parse, settings, now, messages, COLUMNS) == [read, None, None]
    assert child(parse, settings, wider, messages, COLUMNS) == [read, read, None]


def test_an_event_time_is_compared_with_the_time_of_its_message(settings: PipelineSettings, child: Call) -> None:
    spec = kafka_spec(load_catalog(settings).table("ods.meter_reading"), settings)
    message = (READING % "230.1").encode()
    days_earlier = AT - 2 * 86_400_000
    assert [bool(read) for read in child(parse, settings, spec, [(AT, message), (days_earlier, message)], COLUMNS)] == [
        True,
        False,
    ]


def test_an_error_of_java_leaves_the_process_as_a_message(settings: PipelineSettings, child: Call) -> None:
    with pytest.raises(PipelineError, match=r"calling .*Messages\.read") as refused:
        child(parse, settings, "{}", [], COLUMNS)
    log = settings.var_dir / "log" / "submit.log"
    assert refused.value.hint == f"see {log}"
    assert "uid is missing" in log.read_text(encoding="utf-8")


def test_a_process_that_dies_is_told(settings: PipelineSettings) -> None:
    with open_child(settings) as call:
        assert call(int, "7") == 7
        with pytest.raises(PipelineError, match="the submitting process died"):
            call(os._exit, 1)
