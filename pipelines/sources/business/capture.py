"""Whether the pipeline already follows the database's change log."""

import time

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.business.database import connect


def is_captured(settings: PipelineSettings) -> bool:
    """Whether the change log is being read: the first snapshot is done and every change becomes a row of its own.

    A change made before folds into the snapshot, and with it the version that it replaced.
    """
    with connect(settings, "cdc") as connection, connection.cursor() as cursor:
        # A user sees its own threads without any privilege.
        cursor.execute("SELECT COUNT(*) AS readers FROM information_schema.processlist WHERE command = 'Binlog Dump'")
        row = cursor.fetchone()
    return bool(row and row["readers"])


def wait_until_captured(settings: PipelineSettings, timeout_s: float) -> None:
    """Wait until every further change becomes a row of its own.

    Raises:
        PipelineError: It did not come to that in time.
    """
    deadline = time.monotonic() + timeout_s
    while not is_captured(settings):
        if time.monotonic() > deadline:
            raise PipelineError(
                f"after {timeout_s:.0f} s nobody reads the change log of the business database",
                "gridseal pipeline status; see var/log/taskmanager.log",
            )
        time.sleep(0.3)
