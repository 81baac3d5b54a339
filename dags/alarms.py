"""Alarms: what fails or is late is told to a webhook, as JSON."""

import asyncio
import json
import logging
import os
import urllib.request
from pathlib import Path
from typing import Any

from stack.airflow.names import ALARM_FILE

_SECONDS = 10
_log = logging.getLogger(__name__)


def alarm(context: Any) -> None:
    """Tell that a task has failed for good."""
    task, run = context["task_instance"], context["dag_run"]
    send(
        {
            "alarm": "failed",
            "dag": task.dag_id,
            "task": task.task_id,
            "day": run.partition_key,
            "run": run.run_id,
            "tries": task.try_number,
            "error": str(context.get("exception", "")),
            "log": task.log_url,
        }
    )


async def late(minutes: int, context: Any) -> None:
    """Tell that a run has not ended in time."""
    run = context["dag_run"]
    message = {"alarm": "late", "dag": run["dag_id"], "day": run["partition_key"], "run": run["dag_run_id"]}
    await asyncio.to_thread(send, {**message, "minutes": minutes})


def send(message: dict[str, Any]) -> None:
    """Send an alarm; what cannot be sent is at least in the log."""
    _log.error("%s", message)
    try:
        if not (file := os.environ.get(ALARM_FILE)) or not (url := Path(file).read_text(encoding="utf-8").strip()):
            return
        body = json.dumps(message, default=str).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
        urllib.request.urlopen(request, timeout=_SECONDS).close()  # noqa: S310
    except (OSError, ValueError) as error:
        # The address itself may be a secret.
        _log.error("the alarm could not be sent to the address in %s: %s", file, type(error).__name__)
