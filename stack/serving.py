"""Services in the foreground, as a container or an init system wants them: until somebody asks us to end."""

import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from stack.catalog import all_services, find_service
from stack.control import Report, await_ready, down, quiet, up_here
from stack.layout import Layout
from stack.secrets import without_secrets
from stack.service import Service
from stack.settings import StackSettings
from stack.step import ROOT
from stack.supervision import Supervisor, log_of

HEALTHY = Path(tempfile.gettempdir()) / "gridseal-healthy"
"""Touched as long as every service that is served is ready; a health check looks how old it is."""
_BEAT_SECONDS = 5.0
_STOP_SECONDS = 30.0


def serve(settings: StackSettings, report: Report = quiet) -> int:
    """Runs the services of this host, supervised, and prints what they log.

    Returns:
        The exit code: 0 if we were asked to end, 1 if the supervisor died.

    Raises:
        StackError: As for `up`.
    """
    _listen()
    supervisor, layout = Supervisor(Layout.of(settings)), Layout.of(settings)
    try:
        # What does not need the hosts that are missing goes on, however long they are.
        up_here(settings, report, math.inf)
        services = [service for service in all_services(settings) if not service.on_demand]
        logs = [log_of(layout, service.name) for service in services]
        with subprocess.Popen(["tail", "--quiet", "--lines=0", "--follow=name", "--retry", *logs]) as tail:
            try:
                _beat(lambda: supervisor.pid() is not None, services)
            finally:
                tail.terminate()
        return 1
    except _Asked:
        return 0
    finally:
        HEALTHY.unlink(missing_ok=True)
        down(settings, report)


def serve_one(settings: StackSettings, name: str) -> int:
    """Runs one service, by itself; it writes where we write.

    Variables of our own environment go before those of the service: whoever runs us may bind it elsewhere.

    Returns:
        The service's exit code, or 0 if we were asked to end.

    Raises:
        StackError: There is no such service, or it cannot be prepared, or what it needs is not ready in time.
    """
    _listen()
    service = find_service(settings, name)
    Layout.of(settings).make()
    try:
        for needed in service.needs:
            await_ready(needed, [find_service(settings, needed)])
        service.prepare()
        environment = dict(service.environment) | without_secrets(os.environ)
        with subprocess.Popen(service.command, env=environment, cwd=ROOT) as process:
            try:
                _beat(lambda: process.poll() is None, [service])
            finally:
                _end(process, signal.Signals[f"SIG{service.stop_signal}"])
            return process.returncode
    except _Asked:
        return 0
    finally:
        HEALTHY.unlink(missing_ok=True)


def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


class _Asked(BaseException):
    """Somebody asks us to end."""


def _ask(*_: object) -> None:
    # Once: what is to be put in order is.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise _Asked


def _listen() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ask)


def _beat(alive: Callable[[], bool], services: list[Service]) -> None:
    while alive():
        if not any(service.ready() for service in services):
            HEALTHY.touch()
        began = time.monotonic()
        while alive() and time.monotonic() - began < _BEAT_SECONDS:
            time.sleep(0.5)
