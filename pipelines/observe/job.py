"""The job: its tasks, its restarts, and how fast its sources read."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import Job, current_job, get

_SOURCE = "Source: "
# Of the source operator itself: what a task hands on is counted once for each of its readers.
_RATE = ".numRecordsInPerSecond"


@dataclass(frozen=True)
class SourceRate:
    """Records a second that a source has read, averaged over a minute.

    A record of a topic is a message; a record of the binlog is a batch of changes, as its reader hands them on.
    """

    source: str
    records_per_s: float


@dataclass(frozen=True)
class JobFigures:
    """The streaming job.

    Attributes:
        job: Its state and tasks; None if none runs.
        restarts: How often it went back to a checkpoint since it was submitted.
        rates: How fast each source reads; a source without a figure yet is missing.
    """

    job: Job | None
    restarts: int = 0
    rates: tuple[SourceRate, ...] = ()


def job_figures(settings: PipelineSettings) -> JobFigures:
    """State, restarts and rates of the job; a few small requests.

    Raises:
        PipelineError: Flink does not answer.
    """
    job = current_job(settings)
    if job is None:
        return JobFigures(None)
    numbers = get(settings, f"/jobs/{job.id}/metrics?get=numRestarts")
    restarts = next((int(n["value"]) for n in numbers if n["id"] == "numRestarts"), 0)
    vertices = get(settings, f"/jobs/{job.id}")["vertices"]
    rates = (_rate(settings, job.id, v) for v in vertices if v["name"].startswith(_SOURCE))
    return JobFigures(job, restarts, tuple(rate for rate in rates if rate))


def _rate(settings: PipelineSettings, job_id: str, vertex: dict[str, Any]) -> SourceRate | None:
    path = f"/jobs/{job_id}/vertices/{vertex['id']}/subtasks/metrics"
    # Flink writes the operator's name with other characters here, and cuts it where it is long.
    known = [str(metric["id"]) for metric in get(settings, path)]
    wanted = [name for name in known if name.startswith("Source_") and name.endswith(_RATE)]
    if not wanted:
        return None
    sums = get(settings, f"{path}?get={quote(wanted[0])}&agg=sum")
    name = vertex["name"].removeprefix(_SOURCE).split(" -> ")[0]
    return SourceRate(name, float(sums[0]["sum"])) if sums else None
