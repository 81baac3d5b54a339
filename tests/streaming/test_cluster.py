"""What is read from the answers of Flink's REST."""

import pytest

from pipelines.errors import PipelineError
from pipelines.streaming.cluster import _location

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
