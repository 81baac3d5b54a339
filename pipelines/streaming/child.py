"""PyFlink in a process of its own: it keeps a JVM for as long as its process lives, and writes to its output."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from warehouse.errors import WarehouseError


def in_child(settings: PipelineSettings, function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function of a module and return what it returns; what Flink says meanwhile goes to ``submit.log``.

    Raises:
        PipelineError: The function failed.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_call, args=(sender, settings, function, arguments))
    child.start()
    sender.close()
    try:
        failure, value = receiver.recv()
    except EOFError:
        failure, value = ("the submitting process died", f"see {settings.var_dir / 'log' / 'submit.log'}", 1), None
    child.join()
    if failure:
        raise PipelineError(*failure)
    return value


def _call(
    sender: Connection, settings: PipelineSettings, function: Callable[..., Any], arguments: tuple[object, ...]
) -> None:
    log = settings.var_dir / "log" / "submit.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    try:
        sender.send((None, function(*arguments)))
    except (PipelineError, WarehouseError) as error:
        sender.send(((str(error), error.hint, error.exit_code), None))
    except Exception as error:  # Flink's own, such as an unreachable NameNode; the whole of it is in the log.
        from pipelines.streaming.job import java_cause

        os.write(descriptor, f"{error}\n".encode())
        sender.send(((f"Flink refused the job: {java_cause(error)}", f"see {log}", 1), None))
