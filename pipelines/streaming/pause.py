"""The pipeline out of the way for a while, so that somebody else may write its tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import current_job, stop_with_savepoint
from pipelines.streaming.submit import start
from warehouse.catalog import Catalog


@contextmanager
def paused(settings: PipelineSettings, catalog: Catalog, report: Callable[[str], None]) -> Iterator[None]:
    """Stop the pipeline with a savepoint, if it runs, and start it again afterwards, whatever happened.

    Raises:
        PipelineError: The savepoint could not be taken; nothing was stopped then.
    """
    job = current_job(settings)
    if job:
        path = stop_with_savepoint(settings, job.id)
        report(f"the pipeline is paused with {path.rsplit('/', 1)[-1]}")
    try:
        yield
    finally:
        if job:
            report("the pipeline goes on")
            start(settings, catalog)
