"""Start, stop and state of the services."""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack import fingerprint, flink, hdfs
from stack.catalog import all_services, find_service, services_elsewhere
from stack.errors import StackError
from stack.layout import Layout
from stack.ports import await_free, check_ports
from stack.service import Service
from stack.settings import StackSettings
from stack.supervision import Supervisor, log_of, orphans

# Told of each step: name of the service, its state, seconds since the call began.
# States: preparing, starting, ready, already ready, stopping, stopped, failed.
Report = Callable[[str, str, float], None]

_POLL_SECONDS = 0.2
# Dead that often before it was ready once, a service will not get ready by itself.
_DEATHS = 3
_DYING_SECONDS = 15.0
PATIENCE_S = 300.0
"""For which a service is waited for that another one needs."""
_GIVEN_UP = ("FATAL", "UNKNOWN")
_RUNNING = ("RUNNING", "STARTING", "BACKOFF")


def quiet(name: str, state: str, seconds: float) -> None:
    """A report that says nothing."""


def up(settings: StackSettings, report: Report = quiet) -> None:
    """Starts every service of this host that does not run yet, and returns when all of the cluster are ready.

    Args:
        settings: Settings of the stack; the passwords must be there, see `ensure_secrets`.
        report: Told of each step.

    Raises:
        StackError: A folder cannot be written, a port is taken, a part is missing, a service does not get
            ready, or the services run with other settings.
    """
    began = time.monotonic()
    up_here(settings, report)
    for host, service in services_elsewhere(settings):
        await_ready(f"{service.name}@{host}", [service])
        report(f"{service.name}@{host}", "ready", time.monotonic() - began)


def up_here(settings: StackSettings, report: Report = quiet, patience_s: float = PATIENCE_S) -> None:
    """Starts every service of this host that does not run yet, and returns when all of them are ready.

    Args:
        settings: Settings of the stack.
        report: Told of each step.
        patience_s: Seconds for which those are waited for that services need, on whatever host.

    Raises:
        StackError: As for `up`.
    """
    _bring_up(settings, [service for service in all_services(settings) if not service.on_demand], report, patience_s)


def start(settings: StackSettings, *names: str, report: Report = quiet) -> None:
    """Starts some services, such as `sql`, and returns when they are ready; the others must be up.

    Raises:
        StackError: As for `up`.
    """
    services = [find_service(settings, name) for name in names]
    if any(service.on_demand for service in services) and not Supervisor(Layout.of(settings)).pid():
        raise StackError(f"{' and '.join(names)} needs the services, which do not run", hint="make up")
    _bring_up(settings, services, report)


def stop(settings: StackSettings, name: str, report: Report = quiet) -> None:
    """Stops one service; nothing happens if it does not run.

    Raises:
        StackError: There is no such service.
    """
    service = find_service(settings, name)
    _stop_services(Supervisor(Layout.of(settings)), [service], report, time.monotonic())
    # What its process had started may outlive it for a moment, and would keep the ports from the next start.
    await_free(settings, [service], _DYING_SECONDS)


def down(settings: StackSettings, report: Report = quiet) -> None:
    """Stops every service and its supervisor; nothing happens if none runs."""
    supervisor, began = Supervisor(Layout.of(settings)), time.monotonic()
    if supervisor.pid():
        services = all_services(settings)
        # Those that write first, or they spend their last seconds on a file system that is gone.
        _stop_services(supervisor, [service for service in services if service.stop_first], report, began)
        _stop_services(supervisor, [service for service in services if not service.stop_first], report, began)
    supervisor.stop()


def clean(settings: StackSettings, report: Report = quiet) -> None:
    """Stops the services and removes all their state.

    Raises:
        StackError: The folder of state holds what is not ours, or cannot be removed.
    """
    down(settings, report)
    layout = Layout.of(settings)
    if not layout.var.exists():
        return
    if any(layout.var.iterdir()) and not layout.run.exists():
        raise StackError(
            f"{layout.var} does not look like a folder of state (it has no folder `run`); it is not removed",
            hint=f"ls {layout.var}",
            exit_code=2,
        )
    try:
        shutil.rmtree(layout.socket("supervisor.sock").parent, ignore_errors=True)
        shutil.rmtree(layout.var)
    except OSError as error:
        raise StackError(f"cannot remove {error.filename}: {error.strerror}", hint=f"ls -la {layout.var}") from error


def _bring_up(
    settings: StackSettings, services: Sequence[Service], report: Report, patience_s: float = PATIENCE_S
) -> None:
    began = time.monotonic()
    layout = Layout.of(settings)
    supervisor = Supervisor(layout)
    layout.make()
    if supervisor.pid():
        fingerprint.check_unchanged(settings)
    else:
        if orphans(layout.var):
            report("services without a supervisor", "stopping", time.monotonic() - began)
            supervisor.stop()
        if supervisor.died():
            # A dying process gives up its memory first, by which we would know it, and its sockets after that.
            await_free(settings, services, _DYING_SECONDS)
        check_ports(settings, services)
        supervisor.start(all_services(settings))
        fingerprint.save(settings)
    known = supervisor.processes()
    if unknown := [service.name for service in services if service.name not in known]:
        raise StackError(
            f"the services were started by a version that has no {' and no '.join(unknown)}",
            hint="make down && make up",
            exit_code=2,
        )
    running = {name for name, info in known.items() if info["statename"] in _RUNNING}
    check_ports(settings, [service for service in services if service.name not in running])
    # Clients read them, also where HDFS and Flink run on other hosts.
    hdfs.write_configuration(settings, layout)
    flink.write_configuration(settings, layout)

    def start_service(service: Service) -> None:
        _start_service(supervisor, layout, service, service.name in running, report, began)

    _in_parallel(start_service, [service for service in services if not service.needs])
    if second := [service for service in services if service.needs]:
        everywhere = [*all_services(settings), *(service for _, service in services_elsewhere(settings))]
        for name in sorted({name for service in second for name in service.needs}):
            await_ready(name, [service for service in everywhere if service.name == name], patience_s)
        _in_parallel(start_service, second)


def await_ready(name: str, instances: Sequence[Service], seconds: float = PATIENCE_S) -> None:
    """Waits until one of the instances of a service, which may run on other hosts, is ready.

    Raises:
        StackError: None is by then.
    """
    deadline = time.monotonic() + seconds
    while all(waiting := [service.ready() for service in instances]):
        if time.monotonic() > deadline:
            raise StackError(f"{name} is not ready after {seconds:.0f} s: {waiting[0]}", hint="gridseal status")
        time.sleep(_POLL_SECONDS)


def _start_service(
    supervisor: Supervisor, layout: Layout, service: Service, running: bool, report: Report, began: float
) -> None:
    def tell(state: str) -> None:
        report(service.name, state, time.monotonic() - began)

    if running and not service.ready():
        tell("already ready")
        return
    if not running:
        tell("preparing")
        service.prepare()
        tell("starting")
        supervisor.call("startProcess", service.name, False)
    deadline = time.monotonic() + service.start_seconds
    deaths, last = 0, "STARTING"
    while waiting := service.ready():
        state = supervisor.call("getProcessInfo", service.name)["statename"]
        deaths += state == "BACKOFF" != last
        last = state
        if state in _GIVEN_UP or deaths >= _DEATHS or time.monotonic() > deadline:
            tell("failed")
            log = log_of(layout, service.name)
            raise StackError(
                f"{service.name} did not get ready in {time.monotonic() - began:.0f} s: {waiting}. "
                f"Last lines of {log}:\n{_tail(log)}",
                hint=f"tail -50 {log}",
            )
        time.sleep(_POLL_SECONDS)
    tell("ready")


def _stop_services(supervisor: Supervisor, services: Sequence[Service], report: Report, began: float) -> None:
    processes = supervisor.processes()
    running = [
        service for service in services if processes.get(service.name, {}).get("statename") in (*_RUNNING, "STOPPING")
    ]

    def stop_one(service: Service) -> None:
        report(service.name, "stopping", time.monotonic() - began)
        supervisor.call("stopProcess", service.name)
        report(service.name, "stopped", time.monotonic() - began)

    _in_parallel(stop_one, running)


def _in_parallel(action: Callable[[Service], None], services: Sequence[Service]) -> None:
    """Acts on all services at once; the first error is raised when all have ended."""
    errors: list[Exception] = []
    lock = threading.Lock()

    def act(service: Service) -> None:
        try:
            action(service)
        except Exception as error:
            with lock:
                errors.append(error)

    with ThreadPoolExecutor(max(1, len(services))) as pool:
        list(pool.map(act, services))
    if errors:
        raise errors[0]


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
