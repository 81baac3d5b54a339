"""The pipeline out of the way for a while, so that somebody else may write its tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import current_job
from pipelines.streaming.ending import end_batch_jobs
from pipelines.streaming.submit import refuse_other_sql, start, stop
from warehouse.catalog import Catalog


@contextmanager
def paused(settings: PipelineSettings, catalog: Catalog, report: Callable[[str], None]) -> Iterator[None]:
    """Stop the pipeline with a savepoint, if it runs, and start it again afterwards, whatever happened.

    Raises:
        PipelineError: The savepoint could not be taken, or the warehouse is not what the pipeline was compiled from, so
            that it could not start again; nothing was stopped then.
    """
    refuse_other_sql(settings, catalog)
    job = current_job(settings)
    if job:
        path = stop(settings, job.id)
        report(f"the pipeline is paused with {path.rsplit('/', 1)[-1]}")
    try:
        yield
    finally:
        if job:
            # One whose client was interrupted would not let it.
            end_batch_jobs(settings)
            # Told afterwards: whoever listened may have gone.
            start(settings, catalog)
            report("the pipeline goes on")
