"""How a job is stopped, by the answers of Flink's REST."""

from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming import ending
from pipelines.streaming.ending import _location, stop_with_savepoint

SETTINGS = PipelineSettings()

STOPPING = (
    "java.util.concurrent.CompletionException: org.apache.flink.runtime.scheduler.stopwithsavepoint."
    "StopWithSavepointStoppingException: A savepoint has been created at: hdfs://127.0.0.1:18020/flink/savepoints/"
    "savepoint-d3c794-4fecd5cd0d34, but the corresponding job d3c7941e failed during stopping.\n\tat java.base/..."
)


def test_the_place_of_a_savepoint() -> None:
    assert _location({"location": "hdfs://h:1/s"}) == "hdfs://h:1/s"


def test_a_savepoint_counts_if_only_the_stop_failed() -> None:
    made = _location({"failure-cause": {"stack-trace": STOPPING}})
    assert made == "hdfs://127.0.0.1:18020/flink/savepoints/savepoint-d3c794-4fecd5cd0d34"


def test_a_failure_is_told_in_one_line() -> None:
    with pytest.raises(PipelineError, match=r"^the savepoint failed: java\.io\.IOException: no space left$"):
        _location({"failure-cause": {"stack-trace": "java.io.IOException: no space left\n\tat x"}})


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """A Flink that ends each operation, by its path, with this; those not named never end."""
    ends: dict[str, dict[str, Any]] = {}

    def get(_: PipelineSettings, path: str) -> dict[str, Any]:
        operation = ends.get(path)
        return {"status": {"id": "COMPLETED" if operation else "IN_PROGRESS"}, "operation": operation}

    monkeypatch.setattr(ending, "get", get)
    monkeypatch.setattr(ending, "post", lambda _settings, path, _body: {"request-id": path.rsplit("/", 1)[1]})
    return ends


def test_a_job_stops_right_after_a_checkpoint(operations: dict[str, dict[str, Any]]) -> None:
    operations["/jobs/j/savepoints/stop"] = {"location": "hdfs://h:1/s"}
    # One that is under way would be aborted, and its writers never let go.
    with pytest.raises(PipelineError, match="no savepoint within 0 s; one that is under way may"):
        stop_with_savepoint(SETTINGS, "j", 0.2)
    operations["/jobs/j/checkpoints/checkpoints"] = {"checkpointId": 7}
    assert stop_with_savepoint(SETTINGS, "j", 1) == "hdfs://h:1/s"


def test_a_stop_tells_why_there_is_no_checkpoint(operations: dict[str, dict[str, Any]]) -> None:
    failure = {"failureCause": {"stack-trace": "java.io.IOException: no space left\n\tat x"}}
    operations["/jobs/j/checkpoints/checkpoints"] = failure
    with pytest.raises(PipelineError, match=r"^the checkpoint before the savepoint failed: java\.io\.IOException: no"):
        stop_with_savepoint(SETTINGS, "j", 1)
