"""What HDFS already holds: tables, and the newest savepoint or checkpoint to continue from."""

from dataclasses import dataclass
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import table_path
from pipelines.timeline import list_timeline, newest_commit
from pipelines.webhdfs import folders, list_folder, open_client, reachable
from warehouse.contract import Table


@dataclass(frozen=True)
class RestorePoint:
    """A savepoint or checkpoint; ``written_ms`` in milliseconds since 1970."""

    path: str
    written_ms: int

    @property
    def name(self) -> str:
        """Such as chk-17 or savepoint-0a1b2c-d3e4f5."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def is_savepoint(self) -> bool:
        """Its job was stopped with it, rather than that it died some time later."""
        return self.name.startswith("savepoint-")


def newest_restore_point(settings: PipelineSettings) -> RestorePoint | None:
    """The newest complete one, or None at the first start.

    One without its ``_metadata`` was not finished and does not count.

    Raises:
        PipelineError: HDFS does not answer.
    """
    client = open_client(settings)
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
    return newest_commit(table, list_timeline(settings, table)) is not None


def partitions(settings: PipelineSettings, table: Table) -> list[str]:
    """The days, or months, for which a table has a partition.

    Raises:
        PipelineError: HDFS does not answer.
    """
    prefix = f"{table.partition_by[0]}="
    with reachable(settings):
        entries = list_folder(open_client(settings), table_path(table, settings.lake_path))
    return [name.removeprefix(prefix) for name, _ in entries if name.startswith(prefix)]


def _add(client: Any, settings: PipelineSettings, folder: str, found: list[RestorePoint]) -> None:
    status = client.status(f"{folder}/_metadata", strict=False)
    if status and status["length"] > 0:
        found.append(RestorePoint(settings.hdfs_uri + folder, status["modificationTime"]))
