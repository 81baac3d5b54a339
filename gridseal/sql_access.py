"""The SQL endpoint for commands: started when it is first needed, warm from then on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridseal.errors import NO_SERVICE, GridsealError
from gridseal.output import say

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from pipelines.sql.client import SqlClient


def ensure_sql(settings: "Settings") -> tuple[str, int]:
    """Address of the endpoint, started if it does not run.

    Raises:
        GridsealError: The other services do not run.
    """
    import stack

    states = {service.name: service.state for service in stack.status(settings)}
    if states["namenode"] != "ready" or states["datanode"] != "ready":
        raise GridsealError("HDFS does not run, so there is nothing to query", "gridseal up", NO_SERVICE)
    if states["sql"] != "ready":
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
