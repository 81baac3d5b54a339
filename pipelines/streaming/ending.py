"""How jobs of Flink are ended: with a savepoint, or cancelled."""

import re
import time
from collections.abc import Callable
from textwrap import shorten
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import batch_job, batch_jobs, cancel, current_job, get, post
from pipelines.streaming.job import JOB_NAME

SAVEPOINT_S = 330.0
"""Seconds that a savepoint may take: Flink itself gives one up after 300, and no stop is left half done then."""
_CANCEL_S = 60.0
_CAUSE_CHARACTERS = 400


def stop_with_savepoint(settings: PipelineSettings, job_id: str, timeout_s: float = SAVEPOINT_S) -> str:
    """Take a savepoint and stop the job.

    Returns:
        Path of the savepoint.

    Raises:
        PipelineError: The savepoint was not taken in time.
    """
    deadline = time.monotonic() + timeout_s
    # A stop aborts the checkpoint that is under way, and a writer of Hudi that has flushed for it waits for its commit,
    # which never comes. Right after a checkpoint none is under way for as long as their minimal pause.
    taken = _operation(
        settings, f"/jobs/{job_id}", "checkpoints", "checkpoints", {"checkpointType": "CONFIGURED"}, deadline
    )
    if taken and "checkpointId" not in taken:
        raise PipelineError(f"the checkpoint before the savepoint failed: {_cause(taken)}", "gridseal pipeline status")
    stopped = taken and _operation(settings, f"/jobs/{job_id}", "stop", "savepoints", {"drain": False}, deadline)
    if not stopped:
        raise PipelineError(
            f"no savepoint within {timeout_s:.0f} s; one that is under way may still end the job",
            "gridseal pipeline status tells; if it has ended, gridseal pipeline start",
        )
    return _location(stopped)


def _operation(
    settings: PipelineSettings, job: str, trigger: str, result: str, body: dict[str, Any], deadline: float
) -> dict[str, Any]:
    """What became of an operation of a job; empty if it has not ended in time."""
    request = post(settings, f"{job}/{trigger}", body)["request-id"]
    while time.monotonic() < deadline:
        answer = get(settings, f"{job}/{result}/{request}")
        if answer["status"]["id"] == "COMPLETED":
            return dict(answer["operation"])
        time.sleep(0.1)
    return {}


def _location(operation: dict[str, Any]) -> str:
    """The savepoint of a finished operation.

    A coordinator of Hudi may acknowledge a commit to a writer that has finished already. Flink then counts the job
    as failed while stopping; the savepoint is whole all the same, and so are the commits, for which coordinators wait.
    """
    if "location" in operation:
        return str(operation["location"])
    cause = _cause(operation)
    if made := re.search(r"A savepoint has been created at: (\S+), but", cause):
        return made[1]
    raise PipelineError(f"the savepoint failed: {cause}", "gridseal pipeline status")


def _cause(operation: dict[str, Any]) -> str:
    """First line of what an operation failed with; savepoints and checkpoints spell it differently."""
    cause = operation.get("failure-cause") or operation.get("failureCause") or {}
    # It may name a task, which is called after all that it does.
    return shorten(str(cause.get("stack-trace", "unknown")).splitlines()[0], _CAUSE_CHARACTERS)


def end_job(settings: PipelineSettings, name: str = JOB_NAME) -> None:
    """Cancel the streaming job, or that of another name, and wait until it has ended; its newest checkpoint stays.

    Raises:
        PipelineError: Flink does not answer, or the job does not end.
    """
    if job := current_job(settings, name):
        cancel(settings, job.id)
    _await_end(lambda: "the job" if current_job(settings, name) else "", "gridseal pipeline status")


def end_batch_jobs(settings: PipelineSettings) -> None:
    """Cancel bounded runs that have not ended: what a table has committed stays, the rest of it is as it was.

    Raises:
        PipelineError: Flink does not answer, or a run does not end.
    """
    for job in batch_jobs(settings):
        cancel(settings, job["jid"])
    _await_end(lambda: batch_job(settings), "gridseal status; once it has ended, gridseal pipeline start")


def _await_end(running: Callable[[], str], how: str) -> None:
    deadline = time.monotonic() + _CANCEL_S
    while name := running():
        if time.monotonic() > deadline:
            raise PipelineError(f"{name} did not end within {_CANCEL_S:.0f} s of being cancelled", how)
        time.sleep(0.3)
