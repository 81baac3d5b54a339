"""Starting the pipeline: topics, business tables, static tables, then the job, each only if it is not there yet."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming import compiled
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import Job, current_job, last_failure, past_has_ended, source_failure
from pipelines.streaming.ending import SAVEPOINT_S, stop_with_savepoint
from pipelines.streaming.job import JOB_NAME
from pipelines.streaming.lock import writing
from pipelines.streaming.losses import read_losses
from pipelines.streaming.replay import Replay
from pipelines.streaming.restore import newest_restore_point, table_exists
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
    beginning. A replay that was prepared is carried out first.

    Args:
        settings: Addresses, parallelism.
        catalog: The tables.
        report: Told what is happening.
        timeout_s: Seconds that the tasks may take to run.

    Raises:
        PipelineError: A service is not there, a transform is wrong, or the tasks do not run in time.
    """
    from pipelines.batch.run import run_batch
    from pipelines.sources.business.database import connect, create_schema
    from pipelines.sources.topics import ensure_topics

    found = compiled.compiled_from(catalog)
    known = compiled.load(settings) or found
    if current_job(settings):
        _refuse_other_sql(known, found, "the job that runs")
        return Started(wait_until_running(settings, timeout_s), False, "")
    report("creating topics and tables of the business database, if there are new ones")
    ensure_topics(settings)
    # A database of before may lack tables that this version captures.
    with connect(settings) as connection:
        create_schema(connection)
    point = newest_restore_point(settings)
    if point is None:
        _refuse_doubling(settings, catalog)
        known = found
        # Before there is a job, of which nobody would know it if this process died.
        compiled.save(settings, known)
    else:
        _refuse_other_sql(known, found, f"the job that wrote {point.name}")
    # As soon as it has a checkpoint of its own, it goes on from there.
    begins = known.replay if known.replay and point and point.path == known.replay.savepoint else None
    missing = [t.name for t in catalog if t.mode == "batch" and t.engine == "flink" and not table_exists(settings, t)]
    if begins:
        report("reading ODS once more" + "".join(f", making {name} anew" for name in begins.remade))
        in_child(settings, run_batch, settings, catalog, begins.remade, None, begins)
    report("".join(f"writing {name}, " for name in missing) + "submitting the job")
    if point:
        report(f"continuing from {point.path}")
    in_child(settings, _submit, settings, catalog, point and point.path, missing, known.replay, begins is not None)
    compiled.save(settings, replace(known, messages=found.messages))
    report("waiting until every task runs")
    job = wait_until_running(settings, timeout_s)
    return Started(job, True, point.path if point else "")


def stop(settings: PipelineSettings, job_id: str, timeout_s: float = SAVEPOINT_S) -> str:
    """Take a savepoint and stop the job, and note whether it has read the past that a replay had for it.

    A job that is about to come to the end of that past is let come there first: tasks that end while a checkpoint is
    triggered make it fail, which Flink does not count as a failure, and Hudi's writers wait for its commit then.

    Returns:
        Path of the savepoint.

    Raises:
        PipelineError: The savepoint was not taken in time, or a service does not answer.
    """
    known, deadline = compiled.load(settings), time.monotonic() + timeout_s
    if known and known.replay and not known.replay.ended:
        while not (ended := past_has_ended(settings, job_id)) and time.monotonic() < deadline - timeout_s / 2:
            job = current_job(settings)
            if not job or not job.healthy:
                break
            time.sleep(1)
        if ended:
            compiled.save(settings, replace(known, replay=replace(known.replay, ended=True)))
    return stop_with_savepoint(settings, job_id, deadline - time.monotonic())


def refuse_other_sql(settings: PipelineSettings, catalog: Catalog) -> None:
    """Refuse a warehouse that is not the one that the pipeline was compiled from.

    Whatever would write the tables of the stream by it would write other rows than the stream, and the pipeline would
    not start again.

    Raises:
        PipelineError: Tables that differ, or HDFS does not answer.
    """
    if known := compiled.load(settings):
        _refuse_other_sql(known, compiled.compiled_from(catalog), "the pipeline")


def _refuse_other_sql(known: compiled.Compiled, found: compiled.Compiled, job: str) -> None:
    """State holds what the old SQL made; the new one would go on from it without an error, and be wrong."""
    if changed := known.changed(found):
        raise PipelineError(
            f"{job} was compiled from another {', '.join(changed)}, and its state fits no other",
            "gridseal pipeline restart makes the state anew from ODS" + ("; or undo the change" if known.whole else ""),
        )


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


def wait_until_running(settings: PipelineSettings, timeout_s: float, name: str = JOB_NAME) -> Job:
    """Wait until every task of the job, or of that of another name, runs.

    While tasks start on few cores Flink may leave a question unanswered; so it is asked again until the time is over.

    Raises:
        PipelineError: It did not come to that; the message holds Flink's last failure.
    """
    began_ms, deadline = time.time() * 1000, time.monotonic() + timeout_s
    job: Job | None = None
    unanswered: PipelineError | None = None
    while time.monotonic() < deadline:
        try:
            job, unanswered = current_job(settings, name), None
            # One from before may have been mended; it comes again if it was not.
            failure = source_failure(settings, job.id, began_ms) if job and not job.healthy else ""
        except PipelineError as error:
            unanswered = error
        else:
            if failure:
                raise PipelineError(
                    f"the job cannot go on: {failure}", "gridseal pipeline status shows it until it is mended"
                )
            if job and job.healthy:
                return job
        time.sleep(0.3)
    if unanswered:
        raise unanswered
    if job is None:
        raise PipelineError(
            "the job has ended before all of its tasks ran", "gridseal status; see var/log/jobmanager.log"
        )
    cause = last_failure(settings, job.id) or "no failure is recorded"
    raise PipelineError(
        f"after {timeout_s:.0f} s {job.tasks_running} of {job.tasks} tasks run, state {job.state}: {cause}",
        "gridseal pipeline status; see var/log/taskmanager.log",
    )


def _submit(
    settings: PipelineSettings,
    catalog: Catalog,
    restore_from: str | None,
    missing: list[str],
    replay: Replay | None,
    begins: bool,
) -> None:
    from pipelines.batch.run import run_batch
    from pipelines.streaming.job import configuration, open_environment, prepare_environment
    from pipelines.streaming.stages import register, statement_set

    prepare_environment(settings)
    # Before the stream: it takes every slot.
    run_batch(settings, catalog, missing)
    # Until the job is known to Flink, which then is the lock.
    with writing(settings, [t for t in catalog if t.mode == "stream"]):
        if current_job(settings):
            return  # Of another start, which was faster.
        tables = open_environment(configuration(settings, restore_from, sources_only=begins))
        register(tables, catalog, settings, read_losses(settings), replay)
        statement_set(tables, catalog).execute()
