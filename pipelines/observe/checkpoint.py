"""The newest checkpoint: up to when the lake is complete."""

from dataclasses import dataclass

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import Checkpoints, checkpoints, current_job
from pipelines.streaming.restore import newest_restore_point


@dataclass(frozen=True)
class CheckpointFigures:
    """The newest completed checkpoint or savepoint.

    Attributes:
        completed_ms: When it was complete, ms since 1970.
        covers_until_ms: What the sources held at this moment it covers, if they had been read so far.
        size: Bytes of the state; None if no running job has written it.
        duration_ms: How long it took; None likewise.
        failed: Checkpoints of the running job that failed; None if none runs.
    """

    completed_ms: int
    covers_until_ms: int
    size: int | None = None
    duration_ms: int | None = None
    failed: int | None = None


def checkpoint_figures(settings: PipelineSettings) -> CheckpointFigures | None:
    """The newest one, also while no job runs; None before the first.

    Raises:
        PipelineError: Flink tells of none, and HDFS does not answer.
    """
    told = _told_by_flink(settings)
    failed = told.failed if told else None
    if told and (newest := told.newest):
        began = newest.completed_ms - newest.duration_ms
        return CheckpointFigures(newest.completed_ms, began, newest.size, newest.duration_ms, failed)
    point = newest_restore_point(settings)
    return CheckpointFigures(point.written_ms, point.written_ms, failed=failed) if point else None


def _told_by_flink(settings: PipelineSettings) -> Checkpoints | None:
    try:
        job = current_job(settings)
        return checkpoints(settings, job.id) if job else None
    except PipelineError:
        # A dead Flink keeps its checkpoints on HDFS, and their age is what counts then.
        return None
