"""What is read from the answers of Flink's REST."""

import pytest

from pipelines.settings import PipelineSettings
from pipelines.streaming import cluster
from pipelines.streaming.cluster import last_failure, source_failure

SETTINGS = PipelineSettings()

FAILURE = (
    "java.lang.RuntimeException: One or more fetchers have encountered exception\n\tat org.apache...\n"
    "Caused by: io.gridseal.flink.SourceFailure: meter-readings/2: messages 1200 to 3399 are no longer in Kafka\n\tat x"
)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose newest failure was at 5000 ms."""
    entries = [{"timestamp": 5000, "stacktrace": FAILURE}, {"timestamp": 1, "stacktrace": "java.io.IOException: x"}]
    monkeypatch.setattr(cluster, "get", lambda *_: {"exceptionHistory": {"entries": entries}})


def test_what_a_source_misses_is_told_without_the_name_of_a_class(failing: None) -> None:
    told = "meter-readings/2: messages 1200 to 3399 are no longer in Kafka"
    assert last_failure(SETTINGS, "job") == source_failure(SETTINGS, "job", 5000) == told
    # From before it was mended, perhaps.
    assert source_failure(SETTINGS, "job", 5001) == ""


def test_another_failure_is_none_of_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [{"timestamp": 5000, "stacktrace": "java.io.IOException: x\n\tat y"}]
    monkeypatch.setattr(cluster, "get", lambda *_: {"exceptionHistory": {"entries": entries}})
    assert last_failure(SETTINGS, "job") == "java.io.IOException: x"
    assert source_failure(SETTINGS, "job", 0) == ""


def test_a_failure_is_told_and_not_its_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    echo = (
        "org.apache.flink.util.FlinkException: An OperatorEvent was lost\nCaused by: org...TaskNotRunningException: x"
    )
    entries = [{"timestamp": 9, "stacktrace": echo}, {"timestamp": 8, "stacktrace": FAILURE}]
    monkeypatch.setattr(cluster, "get", lambda *_: {"exceptionHistory": {"entries": entries}})
    assert source_failure(SETTINGS, "job", 0).startswith("meter-readings/2: ")
    del entries[1]
    assert last_failure(SETTINGS, "job") == "org...TaskNotRunningException: x"
