"""Starting the pipeline: topics, static tables, then the job, each only if it is not there yet."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming import compiled
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import Job, batch_job, current_job, last_failure, source_failure
from pipelines.streaming.losses import read_losses
from pipelines.streaming.restore import newest_restore_point, table_declared, table_exists
from warehouse.catalog import Catalog

Report = Callable[[str], None]


@dataclass(frozen=True)
class Started:
    """What ``start`` found or did.

    Attributes:
        job: The running job.
        submitted: It was submitted by this call.
        restored_from: Savepoint or checkpoint it continues from, empty at the first start.
    """

    job: Job
    submitted: bool
    restored_from: str


def start(
    settings: PipelineSettings, catalog: Catalog, report: Report = lambda _: None, timeout_s: float = 180
) -> Started:
    """Start the pipeline if it does not run, and wait until every task runs.

    The job continues from the newest savepoint or checkpoint; without one it reads every source from its
    beginning.

    Args:
        settings: Addresses, parallelism.
        catalog: The tables.
        report: Told what is happening.
        timeout_s: Seconds that the tasks may take to run.

    Raises:
        PipelineError: A service is not there, a transform is wrong, or the tasks do not run in time.
    """
    from pipelines.sources.topics import ensure_topics

    found = compiled.digests(catalog)
    if job := current_job(settings):
        _refuse_other_sql(compiled.changed(settings, found), "the job that runs", "gridseal pipeline restart")
        return Started(wait_until_running(settings, timeout_s), False, "")
    if running := batch_job(settings):
        raise PipelineError(
            f"{running} runs and writes its tables; a table has one writer at a time", "wait until it has ended"
        )
    report("creating topics")
    ensure_topics(settings)
    point = newest_restore_point(settings)
    if point is None:
        _refuse_doubling(settings, catalog)
    else:
        _refuse_other_sql(
            compiled.changed(settings, found),
            f"the job that wrote {point.path.rsplit('/', 1)[-1]}",
            "gridseal pipeline restart --from-scratch makes every table anew; or undo the change",
        )
        _refuse_empty_start(settings, catalog, point.path)
    missing = [t.name for t in catalog if t.mode == "batch" and not table_exists(settings, t)]
    report("".join(f"writing {name}, " for name in missing) + "submitting the job")
    if point:
        report(f"continuing from {point.path}")
    in_child(settings, _submit, settings, catalog, point.path if point else None, missing)
    compiled.save(settings, found)
    report("waiting until every task runs")
    job = wait_until_running(settings, timeout_s)
    return Started(job, True, point.path if point else "")


def _refuse_other_sql(changed: list[str], job: str, hint: str) -> None:
    """State holds what the old SQL made; the new one would go on from it without an error, and be wrong."""
    if changed:
        raise PipelineError(f"{job} was compiled from another {', '.join(changed)}, and its state fits no other", hint)


def _refuse_doubling(settings: PipelineSettings, catalog: Catalog) -> None:
    """Without a state the sources are read anew: business rows come as a snapshot, at other places in the binlog."""
    written = [t.name for t in catalog if t.append_only and table_exists(settings, t)]
    if written:
        raise PipelineError(
            f"{written[0]} holds rows, but {settings.flink_path} on HDFS has no savepoint or checkpoint to continue"
            " from; reading the sources anew would write every business row a second time, as another change, and keep"
            " rows that were deleted in the meantime",
            "gridseal pipeline restart --from-scratch removes the tables and reads everything anew",
        )


def _refuse_empty_start(settings: PipelineSettings, catalog: Catalog, point: str) -> None:
    """A table that the saved state knows nothing of would hold only what comes from now on."""
    new = [t.name for t in catalog if t.mode == "stream" and not table_declared(settings, t)]
    if new:
        raise PipelineError(
            f"{', '.join(new)} is new: {point.rsplit('/', 1)[-1]} holds no state for it, so it would miss every row"
            " that came before",
            "gridseal pipeline restart --from-scratch reads everything from the beginning, new tables included",
        )


def wait_until_running(settings: PipelineSettings, timeout_s: float) -> Job:
    """Wait until every task of the job runs.

    Raises:
        PipelineError: It did not come to that; the message holds Flink's last failure.
    """
    began_ms, deadline = time.time() * 1000, time.monotonic() + timeout_s
    job = current_job(settings)
    while time.monotonic() < deadline:
        job = current_job(settings)
        if job and job.healthy:
            return job
        # One from before may have been mended; it comes again if it was not.
        if job and (failure := source_failure(settings, job.id, began_ms)):
            raise PipelineError(
                f"the job cannot go on: {failure}", "gridseal pipeline status shows it until it is mended"
            )
        time.sleep(0.3)
    if job is None:
        raise PipelineError(
            "the job has ended before all of its tasks ran", "gridseal status; see var/log/jobmanager.log"
        )
    cause = last_failure(settings, job.id) or "no failure is recorded"
    raise PipelineError(
        f"after {timeout_s:.0f} s {job.tasks_running} of {job.tasks} tasks run, state {job.state}: {cause}",
        "gridseal pipeline status; see var/log/taskmanager.log",
    )


def _submit(settings: PipelineSettings, catalog: Catalog, restore_from: str | None, missing: list[str]) -> None:
    from pipelines.batch.run import run_batch
    from pipelines.streaming.job import configuration, open_environment, prepare_environment, register, statement_set

    prepare_environment(settings)
    # Before the stream: it takes every slot.
    run_batch(settings, catalog, missing)
    tables = open_environment(configuration(settings, restore_from))
    register(tables, catalog, settings, read_losses(settings))
    statement_set(tables, catalog).execute()
