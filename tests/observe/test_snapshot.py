"""No service that is down hides another."""

import time
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.observe.part import Part, read_part
from pipelines.observe.snapshot import take_snapshot
from pipelines.settings import PipelineSettings
from warehouse.catalog import Catalog

NOWHERE = ("127.0.0.1", 1)


def test_nothing_runs(settings: PipelineSettings, catalog: Catalog) -> None:
    down = settings.model_copy(update={"flink_url": "http://127.0.0.1:1", "webhdfs_url": "http://127.0.0.1:1"})
    began = time.monotonic()
    parts = take_snapshot(down, catalog, NOWHERE).parts()
    # Refusals come at once; nobody is waited for.
    assert time.monotonic() - began < 10
    assert {name for name, part in parts.items() if part.ok} == {"disk"}
    assert all(part.value is None and part.hint.startswith("gridseal ") for part in parts.values() if not part.ok)
    assert not [part for part in parts.values() if "unexpected" in part.error]


@pytest.mark.usefixtures("job")
def test_what_runs_is_told(settings: PipelineSettings, catalog: Catalog, answers: Any) -> None:
    answers["/jmx"] = {"beans": [{"CapacityTotal": 2, "CapacityRemaining": 1}]}
    parts = take_snapshot(settings, catalog, NOWHERE).parts()
    assert {name for name, part in parts.items() if not part.ok} == {"topics", "delays", "dead_letters", "drift"}
    assert parts["delays"].error == parts["topics"].error


def test_an_answer_of_another_form_is_told_and_hides_nothing(
    settings: PipelineSettings, catalog: Catalog, answers: Any, job: str
) -> None:
    del answers["/jobs/overview"]["jobs"][1]["tasks"]
    answers["/jmx"] = {"beans": [{"CapacityTotal": 2, "CapacityRemaining": 1}]}
    parts = take_snapshot(settings, catalog, NOWHERE).parts()
    assert parts["job"] == Part(None, "unexpected: KeyError: 'tasks'", "gridseal doctor")
    assert parts["hdfs"].ok
    assert job


def test_a_part() -> None:
    def refuse() -> int:
        raise PipelineError("the thing is gone", "gridseal up", 3)

    assert read_part(lambda: 7) == Part(7)
    assert read_part(refuse) == Part(None, "the thing is gone", "gridseal up")
    assert Part(None).ok
    assert not read_part(refuse).ok
