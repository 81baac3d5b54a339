"""State of the services: what runs, since when, how often it was started again, how much memory it takes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stack.catalog import all_services, services_elsewhere
from stack.layout import Layout
from stack.service import Service
from stack.settings import StackSettings
from stack.supervision import Supervisor, log_of


@dataclass(frozen=True)
class ServiceStatus:
    """State of one service.

    Attributes:
        name: Its name; of one on another host of the cluster NAME@HOST.
        state: `ready`, `starting` (runs, does not answer yet), `restarting`, `failed`, `stopped`; of one that another
            host or container runs `ready` or `unreachable`.
        pid: Process id, None if it does not run.
        uptime_s: Seconds since it started.
        restarts: How often it ended by itself and was started again since `up`.
        rss_mb: Resident memory of the process and its children in MiB.
        address: Where it listens, or its web page.
        log: Its log.
        on_demand: Not started by `up`.
    """

    name: str
    state: str
    pid: int | None
    uptime_s: float
    restarts: int
    rss_mb: float
    address: str
    log: Path
    on_demand: bool


def status(settings: StackSettings) -> list[ServiceStatus]:
    """State of every service.

    Raises:
        StackError: Parts that the services need are missing.
    """
    layout, services = Layout.of(settings), all_services(settings)
    supervisor = Supervisor(layout)
    processes, restarts = supervisor.processes(), supervisor.restarts()

    def state_of(service: Service) -> ServiceStatus:
        info = processes.get(service.name, {})
        name = info.get("statename", "STOPPED")
        state = {"BACKOFF": "restarting", "EXITED": "restarting", "FATAL": "failed"}.get(name, "stopped")
        if state == "stopped" and settings.cluster and not service.ready():
            # A container beside this one runs it.
            state = "ready"
        if name in ("RUNNING", "STARTING"):
            state = "starting" if service.ready() else "ready"
        pid = info.get("pid") or None
        return ServiceStatus(
            name=service.name,
            state=state,
            pid=pid,
            uptime_s=float(info["now"] - info["start"]) if pid else 0.0,
            restarts=restarts.get(service.name, 0),
            rss_mb=_resident_mb(pid) if pid else 0.0,
            address=service.address,
            log=log_of(layout, service.name),
            on_demand=service.on_demand,
        )

    def state_elsewhere(placed: tuple[str, Service]) -> ServiceStatus:
        host, service = placed
        return ServiceStatus(
            name=f"{service.name}@{host}",
            state="unreachable" if service.ready() else "ready",
            pid=None,
            uptime_s=0.0,
            restarts=0,
            rss_mb=0.0,
            address=service.address,
            log=log_of(layout, service.name),
            on_demand=False,
        )

    elsewhere = services_elsewhere(settings)
    with ThreadPoolExecutor(len(services) + len(elsewhere)) as pool:
        return [*pool.map(state_elsewhere, elsewhere), *pool.map(state_of, services)]


def _resident_mb(pid: int) -> float:
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) / (1 << 20)
    except psutil.Error:
        return 0.0
