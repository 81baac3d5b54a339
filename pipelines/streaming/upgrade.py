"""Carrying the pipeline over to a changed warehouse: its sources go on where they were, its state is made anew."""

import time
from dataclasses import replace

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming import compiled
from pipelines.streaming.child import in_child
from pipelines.streaming.cluster import SOURCES_JOB, current_job, failures, last_failure, source_failure
from pipelines.streaming.compiled import Compiled
from pipelines.streaming.ending import SAVEPOINT_S, end_job, stop_with_savepoint
from pipelines.streaming.evolution import refuse_breaking
from pipelines.streaming.lock import writing
from pipelines.streaming.losses import read_losses
from pipelines.streaming.replay import Replay, plan_replay, with_past
from pipelines.streaming.restore import newest_restore_point
from pipelines.streaming.submit import Report, stop, wait_until_running
from warehouse.catalog import Catalog

_RUNNING_S = 180.0
_TIMES = 2
_STALE_MS = 15_000
"""Flink tells that tasks run for some seconds after they have failed."""


def prepare_replay(
    settings: PipelineSettings, catalog: Catalog, report: Report, timeout_s: float = SAVEPOINT_S
) -> Replay:
    """Stop the pipeline, and have its next start begin with the tables as they are now and a state made of ODS.

    Args:
        settings: Addresses.
        catalog: The tables as they are to be.
        report: Told what is happening.
        timeout_s: Seconds that the savepoint may take.

    Returns:
        What the next start does.

    Raises:
        PipelineError: A transform is wrong, or a change is one that no table can follow, and nothing was stopped; or
            there is no savepoint.
    """
    now = compiled.compiled_from(catalog)
    known = compiled.load(settings) or now
    for name in catalog.tables.keys() & known.shapes.keys():
        refuse_breaking(catalog.table(name), known.shapes[name])
    # While the pipeline runs: SQL that is wrong shall not stop it.
    in_child(settings, _compile, settings, catalog)
    _end(settings, report, timeout_s)
    known = compiled.load(settings) or known
    point = newest_restore_point(settings)
    if point is None:
        raise PipelineError(
            "the pipeline has no savepoint or checkpoint from which its sources could go on",
            "gridseal pipeline restart --from-scratch removes the tables and reads everything anew",
        )
    savepoint = point.path
    if not point.is_savepoint:
        report(f"no savepoint: the sources go on from {point.name}, alone, until they have one")
        known = _without_tables(known, now, catalog)
        # Before there is such a job: nothing but a replay may follow on it.
        compiled.save(settings, known)
        savepoint = _sources_alone(settings, catalog, point.path, timeout_s)
    changed, generation = known.changed(now), known.generation + 1
    replay = plan_replay(settings, catalog, generation, savepoint, changed, known.replay)
    compiled.save(settings, replace(now, replay=replay))
    return replay


def _end(settings: PipelineSettings, report: Report, timeout_s: float) -> None:
    """Stop the job with a savepoint; one that fails again and again has none and is cancelled."""
    job = current_job(settings)
    if job is None:
        return
    began_ms = time.time() * 1000
    for _ in range(_TIMES):
        if _fails(settings, job.id):
            break
        stopping_ms = time.time() * 1000
        try:
            stop(settings, job.id, timeout_s)
            return
        except PipelineError:
            # It may have failed of what is over already, such as a kill.
            if not current_job(settings) or not failures(settings, job.id, stopping_ms - _STALE_MS):
                raise
    if failure := source_failure(settings, job.id, began_ms - _STALE_MS):
        # No other SQL mends that, and once it is mended the job goes on by itself.
        raise PipelineError(f"the job cannot go on: {failure}", "gridseal pipeline status shows it until it is mended")
    report(f"the job cannot be stopped with a savepoint, for it fails: {last_failure(settings, job.id)}")
    end_job(settings)


def _fails(settings: PipelineSettings, job_id: str) -> bool:
    """Whether a job fails again and again, rather than that it goes on after a failure as it does after a kill."""
    since_ms, deadline = time.time() * 1000, time.monotonic() + _RUNNING_S
    while time.monotonic() < deadline:
        job = current_job(settings)
        if job and job.healthy:
            return False
        if failures(settings, job_id, since_ms) >= _TIMES:
            return True
        time.sleep(0.5)
    raise PipelineError(
        f"the job neither runs nor fails within {_RUNNING_S:.0f} s",
        "gridseal pipeline status; see var/log/jobmanager.log",
    )


def _without_tables(known: Compiled, now: Compiled, catalog: Catalog) -> Compiled:
    """What a job of the sources alone is compiled from: every table but those of sources is unknown to it."""
    fed = [table.name for table in with_past(catalog)]
    shapes = {**known.shapes, **{name: now.shapes[name] for name in fed}}
    return replace(known, digests={name: now.digests[name] for name in fed}, shapes=shapes)


def _sources_alone(settings: PipelineSettings, catalog: Catalog, checkpoint: str, timeout_s: float) -> str:
    """Let the sources go on from a checkpoint, with ODS and nothing else, until they stop with a savepoint.

    ODS may lack rows that the checkpoint counts as read: Hudi commits them when its writers find their state again.

    Returns:
        Path of the savepoint.
    """
    # Of a restart that was killed.
    end_job(settings, SOURCES_JOB)
    in_child(settings, _submit_sources, settings, catalog, checkpoint)
    try:
        job = wait_until_running(settings, _RUNNING_S, SOURCES_JOB)
        path = stop_with_savepoint(settings, job.id, timeout_s)
    except PipelineError as error:
        raise PipelineError(str(error), "gridseal pipeline restart takes it up, once that is mended") from error
    finally:
        end_job(settings, SOURCES_JOB)
    # As the next start will find it.
    return f"{settings.hdfs_uri}{settings.flink_path}/savepoints/{path.rsplit('/', 1)[1]}"


def _submit_sources(settings: PipelineSettings, catalog: Catalog, checkpoint: str) -> None:
    from pipelines.streaming.job import configuration, open_environment, prepare_environment
    from pipelines.streaming.stages import register, statement_set

    prepare_environment(settings)
    with writing(settings, with_past(catalog)):
        options = configuration(settings, checkpoint, sources_only=True) | {"pipeline.name": SOURCES_JOB}
        tables = open_environment(options)
        register(tables, catalog, settings, read_losses(settings), sources_alone=True)
        statement_set(tables, catalog, sources_alone=True).execute()


def _compile(settings: PipelineSettings, catalog: Catalog) -> None:
    from pipelines.streaming.job import configuration, open_environment, prepare_environment
    from pipelines.streaming.stages import register

    prepare_environment(settings)
    register(open_environment(configuration(settings)), catalog, settings)
