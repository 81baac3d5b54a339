"""What HDFS already holds: tables, and the newest savepoint or checkpoint to continue from."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import table_path
from warehouse.contract import Table


@dataclass(frozen=True)
class RestorePoint:
    """A savepoint or checkpoint; ``written_ms`` in milliseconds since 1970."""

    path: str
    written_ms: int


def newest_restore_point(settings: PipelineSettings) -> RestorePoint | None:
    """The newest complete one, or None at the first start.

    One without its ``_metadata`` was not finished and does not count.

    Raises:
        PipelineError: HDFS does not answer.
    """
    client = hdfs_client(settings)
    root = settings.flink_path
    found: list[RestorePoint] = []
    with reachable(settings):
        for folder in folders(client, f"{root}/savepoints"):
            _add(client, settings, folder, found)
        for job in folders(client, f"{root}/checkpoints"):
            for folder in folders(client, job):
                if "/chk-" in folder:
                    _add(client, settings, folder, found)
    return max(found, key=lambda point: point.written_ms, default=None)


def table_exists(settings: PipelineSettings, table: Table) -> bool:
    """Whether a table has been written at least once.

    Raises:
        PipelineError: HDFS does not answer.
    """
    folder = table_path(table, settings.lake_path)
    with reachable(settings):
        names = _list(hdfs_client(settings), f"{folder}/.hoodie")
    return any(name.endswith((".commit", ".deltacommit")) for name in names)


def table_declared(settings: PipelineSettings, table: Table) -> bool:
    """Whether a job has ever had this table, be it without a row.

    Raises:
        PipelineError: HDFS does not answer.
    """
    path = f"{table_path(table, settings.lake_path)}/.hoodie/hoodie.properties"
    with reachable(settings):
        return hdfs_client(settings).status(path, strict=False) is not None


def hdfs_client(settings: PipelineSettings) -> Any:
    """A client of HDFS that acts as the user who runs it."""
    from hdfs import InsecureClient

    return InsecureClient(settings.webhdfs_url, user=getpass.getuser())


@contextmanager
def reachable(settings: PipelineSettings) -> Iterator[None]:
    """Turns errors of the HDFS client into one that says what to do.

    Raises:
        PipelineError: HDFS does not answer.
    """
    from hdfs import HdfsError
    from requests.exceptions import RequestException

    try:
        yield
    except (HdfsError, RequestException) as error:
        raise PipelineError(f"HDFS does not answer at {settings.webhdfs_url}: {error}", "gridseal up", 3) from error


def _list(client: Any, path: str) -> list[str]:
    return list(client.list(path)) if client.status(path, strict=False) else []


def folders(client: Any, path: str) -> list[str]:
    """Folders in a folder of HDFS, none if it does not exist."""
    listing = client.list(path, status=True) if client.status(path, strict=False) else []
    return [f"{path}/{name}" for name, status in listing if status["type"] == "DIRECTORY"]


def _add(client: Any, settings: PipelineSettings, folder: str, found: list[RestorePoint]) -> None:
    status = client.status(f"{folder}/_metadata", strict=False)
    if status and status["length"] > 0:
        found.append(RestorePoint(settings.hdfs_uri + folder, status["modificationTime"]))
