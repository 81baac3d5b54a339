"""From where the job continues: the newest savepoint or retained checkpoint on HDFS."""

import getpass
from dataclasses import dataclass

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings


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
    from hdfs import HdfsError, InsecureClient
    from requests.exceptions import RequestException

    client = InsecureClient(settings.webhdfs_url, user=getpass.getuser())
    root = settings.flink_path
    found: list[RestorePoint] = []
    try:
        for folder in _folders(client, f"{root}/savepoints"):
            _add(client, settings, folder, found)
        for job in _folders(client, f"{root}/checkpoints"):
            for folder in _folders(client, job):
                if "/chk-" in folder:
                    _add(client, settings, folder, found)
    except (HdfsError, RequestException) as error:
        raise PipelineError(f"HDFS does not answer at {settings.webhdfs_url}: {error}", "gridseal up", 3) from error
    return max(found, key=lambda point: point.written_ms, default=None)


def _folders(client: "object", path: str) -> list[str]:
    listing = client.list(path, status=True) if client.status(path, strict=False) else []  # type: ignore[attr-defined]
    return [f"{path}/{name}" for name, status in listing if status["type"] == "DIRECTORY"]


def _add(client: "object", settings: PipelineSettings, folder: str, found: list[RestorePoint]) -> None:
    status = client.status(f"{folder}/_metadata", strict=False)  # type: ignore[attr-defined]
    if status and status["length"] > 0:
        found.append(RestorePoint(settings.hdfs_uri + folder, status["modificationTime"]))
