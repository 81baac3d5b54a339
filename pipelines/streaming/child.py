"""PyFlink in a process of its own: it keeps a JVM for as long as its process lives, and writes to its output."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from warehouse.errors import WarehouseError

Call = Callable[..., Any]


def in_child(settings: PipelineSettings, function: Callable[..., object], *arguments: object) -> Any:
    """Call a function of a module; what Flink says meanwhile goes to ``submit.log``.

    Returns:
        What it returned.

    Raises:
        PipelineError: The function failed.
    """
    with open_child(settings) as call:
        return call(function, *arguments)


@contextmanager
def open_child(settings: PipelineSettings) -> Iterator[Call]:
    """A process for several calls of functions of modules, each as ``in_child`` calls one."""
    log = settings.var_dir / "log" / "submit.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(1, get_context("spawn"), _write_to, (log,)) as pool:

        def call(function: Callable[..., object], *arguments: object) -> Any:
            try:
                result, refusal = pool.submit(_call, log, function, arguments).result()
            except BrokenProcessPool as error:
                raise PipelineError("the submitting process died", f"see {log}") from error
            if refusal:
                raise PipelineError(*refusal)
            return result

        yield call


def _write_to(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _call(log: Path, function: Callable[..., Any], arguments: tuple[object, ...]) -> tuple[Any, tuple[Any, ...]]:
    """What the function returned, and what was refused: PyFlink's errors hold on to the JVM and cannot leave."""
    try:
        return function(*arguments), ()
    except (PipelineError, WarehouseError) as error:
        return None, (str(error), error.hint, error.exit_code)
    except Exception as error:  # Flink's own, such as an unreachable NameNode; the whole of it is in the log.
        from pipelines.streaming.job import java_cause

        os.write(2, f"{error}\n".encode())
        return None, (f"Flink refused the job: {java_cause(error)}", f"see {log}", 1)
