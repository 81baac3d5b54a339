"""What Flink's REST API says of the jobs of the cluster."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.job import JOB_NAME, rest_url
from stack import tls

BATCH_PREFIX = "gridseal batch "
"""What the names of bounded runs begin with."""
SOURCES_JOB = f"{BATCH_PREFIX}of the sources alone"
"""A job that takes the sources to a savepoint; a bounded run to others, so that the pipeline counts as stopped."""
# A failure of this class, SourceFailure.java, is told in words made for people.
_SOURCE_FAILURE = "io.gridseal.flink.SourceFailure: "
# What a coordinator meets when its task has failed already, of something else.
_ECHO = "TaskNotRunningException"
_CHECKPOINT_S = 300.0
# PastRows.java
_PAST_OPERATOR = "PastRows"
_ENDED = ("FINISHED", "CANCELED", "FAILED", "SUSPENDED")


@dataclass(frozen=True)
class Job:
    """A job of the cluster.

    Attributes:
        id: Flink's id.
        state: Such as RUNNING or RESTARTING.
        uptime_s: Seconds since it started.
        tasks_running: Tasks that run.
        tasks: All tasks that have not come to their end, as those do that read what came before a replay.
    """

    id: str
    state: str
    uptime_s: float
    tasks_running: int
    tasks: int

    @property
    def healthy(self) -> bool:
        """Every task runs."""
        return self.state == "RUNNING" and self.tasks_running == self.tasks > 0


@dataclass(frozen=True)
class Checkpoint:
    """The newest completed checkpoint of a job; sizes in bytes, times in milliseconds since 1970."""

    id: int
    size: int
    duration_ms: int
    completed_ms: int
    path: str


@dataclass(frozen=True)
class Checkpoints:
    """The newest completed checkpoint of a job, None before the first, and how many completed and failed."""

    newest: Checkpoint | None
    completed: int
    failed: int


def current_job(settings: PipelineSettings, name: str = JOB_NAME) -> Job | None:
    """The streaming job, or that of another name, that has not ended; or None.

    Raises:
        PipelineError: Flink does not answer.
    """
    jobs = [j for j in _live_jobs(settings) if j["name"] == name]
    if not jobs:
        return None
    newest = max(jobs, key=lambda job: job["start-time"])
    return Job(
        id=newest["jid"],
        state=newest["state"],
        uptime_s=newest["duration"] / 1000,
        tasks_running=newest["tasks"]["running"],
        tasks=newest["tasks"]["total"] - newest["tasks"]["finished"],
    )


def batch_job(settings: PipelineSettings) -> str:
    """Name of a bounded run that has not ended; empty if there is none.

    Raises:
        PipelineError: Flink does not answer.
    """
    return next((job["name"] for job in batch_jobs(settings)), "")


def batch_jobs(settings: PipelineSettings) -> list[dict[str, Any]]:
    """Bounded runs that have not ended, as Flink tells of them.

    Raises:
        PipelineError: Flink does not answer.
    """
    return [job for job in _live_jobs(settings) if job["name"].startswith(BATCH_PREFIX)]


def _live_jobs(settings: PipelineSettings) -> list[dict[str, Any]]:
    return [job for job in get(settings, "/jobs/overview")["jobs"] if job["state"] not in _ENDED]


def last_failure(settings: PipelineSettings, job_id: str) -> str:
    """First line of the newest failure of a job; empty if there was none."""
    return _failure(settings, job_id)[1].removeprefix(_SOURCE_FAILURE)


def source_failure(settings: PipelineSettings, job_id: str, since_ms: float) -> str:
    """The newest failure, if it is one that no restart mends: what a source misses, and the command to go on.

    Args:
        settings: Where Flink is.
        job_id: Flink's id of the job.
        since_ms: Earlier failures do not count; ms since 1970.
    """
    time_ms, line = _failure(settings, job_id)
    return line.removeprefix(_SOURCE_FAILURE) if line.startswith(_SOURCE_FAILURE) and time_ms >= since_ms else ""


def failures(settings: PipelineSettings, job_id: str, since_ms: float) -> int:
    """How often a job has failed, of whatever, since a moment in ms since 1970; Flink remembers the newest 16."""
    return sum(entry["timestamp"] >= since_ms for entry in _failures(settings, job_id) if not _is_echo(entry))


def _failure(settings: PipelineSettings, job_id: str) -> tuple[float, str]:
    """Time and line of the newest failure that is not the echo of another."""
    entries = _failures(settings, job_id)
    found = [entry for entry in entries if not _is_echo(entry)] or entries
    if not found:
        return 0, ""
    lines = str(found[0]["stacktrace"]).splitlines()
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    return found[0]["timestamp"], (causes or lines)[-1 if causes else 0].strip()


def _failures(settings: PipelineSettings, job_id: str) -> list[dict[str, Any]]:
    """The newest first."""
    return list(get(settings, f"/jobs/{job_id}/exceptions")["exceptionHistory"]["entries"])


def _is_echo(entry: dict[str, Any]) -> bool:
    return _ECHO in str(entry["stacktrace"])


def past_has_ended(settings: PipelineSettings, job_id: str) -> bool:
    """Whether the job has read all that a replay lets it read, and a checkpoint covers it.

    Raises:
        PipelineError: Flink does not answer.
    """
    vertices = get(settings, f"/jobs/{job_id}")["vertices"]
    return all(vertex["status"] == "FINISHED" for vertex in vertices if _PAST_OPERATOR in vertex["name"])


def last_checkpoint(settings: PipelineSettings, job_id: str) -> Checkpoint | None:
    """The newest completed checkpoint, or None before the first."""
    return checkpoints(settings, job_id).newest


def checkpoints(settings: PipelineSettings, job_id: str) -> Checkpoints:
    """The checkpoints of a job since it was submitted."""
    answer = get(settings, f"/jobs/{job_id}/checkpoints")
    latest = answer["latest"]["completed"]
    newest = latest and Checkpoint(
        id=latest["id"],
        size=latest["state_size"],
        duration_ms=latest["end_to_end_duration"],
        completed_ms=latest["latest_ack_timestamp"],
        path=latest["external_path"],
    )
    return Checkpoints(newest or None, answer["counts"]["completed"], answer["counts"]["failed"])


def await_checkpoint(settings: PipelineSettings) -> None:
    """Wait for the next checkpoint of the job, if one runs: all that the one before covers is in the lake then.

    Raises:
        PipelineError: None was completed in time.
    """
    job = current_job(settings)
    if job is None:
        return
    before = last_checkpoint(settings, job.id)
    deadline = time.monotonic() + _CHECKPOINT_S
    while time.monotonic() < deadline:
        now = last_checkpoint(settings, job.id)
        if now and (before is None or now.id > before.id):
            return
        time.sleep(0.5)
    raise PipelineError(f"no checkpoint was completed within {_CHECKPOINT_S:.0f} s", "gridseal pipeline status")


def get(settings: PipelineSettings, path: str) -> Any:
    """What Flink's REST API answers to a question.

    Raises:
        PipelineError: Flink does not answer, or refuses.
    """
    return _send(settings, path)


def post(settings: PipelineSettings, path: str, body: dict[str, Any]) -> Any:
    """What Flink's REST API answers to a request to do something.

    Raises:
        PipelineError: Flink does not answer, or refuses.
    """
    data = json.dumps(body).encode()
    return _send(settings, path, data=data, headers={"Content-Type": "application/json"})


def cancel(settings: PipelineSettings, job_id: str) -> None:
    """Cancel a job; its newest checkpoint stays."""
    _send(settings, f"/jobs/{job_id}?mode=cancel", method="PATCH")


def _send(settings: PipelineSettings, path: str, **further: Any) -> Any:
    # Never through a proxy of the environment: the cluster is ours.
    handlers = [urllib.request.HTTPSHandler(context=tls.client_context(settings.tls_dir))] if settings.tls_dir else []
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
    request = urllib.request.Request(rest_url(settings) + path, **further)
    try:
        with opener.open(request, timeout=10) as response:
            return json.loads(response.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise PipelineError(
            f"Flink refused {request.get_method()} {request.selector}: {error.code} {error.reason}",
            "gridseal status",
            3,
        ) from error
    except (OSError, ValueError) as error:
        raise PipelineError(f"Flink does not answer at {settings.flink_url}: {error}", "gridseal up", 3) from error
