"""A table has one writer at a time: whoever writes holds a lock, which ends with its process."""

import fcntl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import batch_job, current_job
from warehouse.contract import Table

_STREAM = "stream"


@contextmanager
def writing_apart(settings: PipelineSettings, tables: Sequence[Table]) -> Iterator[None]:
    """Be the one who writes these tables, apart from the pipeline: those of the stream only while it does not run.

    Raises:
        PipelineError: The streaming job runs, or as ``writing`` tells.
    """
    with writing(settings, tables):
        streamed = [table.name for table in tables if table.mode == "stream"]
        if streamed and current_job(settings):
            raise PipelineError(
                f"the pipeline runs and writes {', '.join(streamed)}; a table has one writer at a time",
                "add --pause, which stops the pipeline with a savepoint for the time of the run; or gridseal pipeline"
                " stop",
            )
        yield


@contextmanager
def writing(settings: PipelineSettings, tables: Iterable[Table]) -> Iterator[None]:
    """Be the one who writes these tables; those of the stream have one lock together, as they have one job.

    Raises:
        PipelineError: Another process of this checkout writes one of them, or a bounded run of Flink that outlived its
            process.
    """
    if running := batch_job(settings):
        raise PipelineError(
            f"{running} runs and writes its tables; a table has one writer at a time", "wait until it has ended"
        )
    folder = settings.var_dir / "run" / "writers"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        for name in sorted({_STREAM if table.mode == "stream" else table.name for table in tables}):
            lock = held.enter_context((folder / name).open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                what = "the tables of the stream are" if name == _STREAM else f"{name} is"
                raise PipelineError(
                    f"{what} written by another run of gridseal; a table has one writer at a time",
                    "wait until it has ended",
                ) from error
        yield
