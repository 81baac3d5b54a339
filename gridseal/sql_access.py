"""What answers the SQL of commands: the endpoint, started when it is first needed, or DuckDB in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridseal.errors import NO_SERVICE, GridsealError
from gridseal.output import say, tell_every

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from pipelines.sql.client import SqlClient
    from pipelines.sql.embedded import Embedded

_PATIENCE_S = 2.0
"""After which a reader is told what is being done."""


def ensure_sql(settings: "Settings") -> tuple[str, int]:
    """Address of the endpoint, started if it does not run.

    Raises:
        GridsealError: The other services do not run.
    """
    import stack

    ready = {service.name.partition("@")[0] for service in stack.status(settings) if service.state == "ready"}
    if not {"namenode", "datanode"} <= ready:
        raise GridsealError("HDFS does not run, so there is nothing to query", "gridseal up", NO_SERVICE)
    if "sql" not in ready:
        say("starting the SQL endpoint, once; it stays warm until gridseal down")
        stack.start(settings, "sql")
    return settings.host, settings.sql_port


@contextmanager
def open_sql(settings: "Settings") -> Iterator["SqlClient"]:
    """A connection to the endpoint, started if it does not run."""
    from contextlib import ExitStack

    from pipelines.errors import PipelineError
    from pipelines.sql.client import connect

    address = settings.host, settings.sql_port
    with ExitStack() as held:
        try:
            client = held.enter_context(connect(settings, address))
        except PipelineError:
            client = held.enter_context(connect(settings, ensure_sql(settings)))
        yield client


@contextmanager
def open_embedded(settings: "Settings") -> Iterator["Embedded"]:
    """DuckDB in this process, which reads what has changed in the lake since it last did."""
    from pipelines.sql.embedded import Embedded

    tell = tell_every(_PATIENCE_S)

    def progress(done: int, total: int, name: str) -> None:
        tell(f"reading {name}, {done + 1} of {total} partitions")

    yield Embedded(settings, progress)
