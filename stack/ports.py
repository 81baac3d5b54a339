"""Ports: whether they are free, and if not, who holds them."""

import errno
import socket
import time
from collections.abc import Iterable

from stack.errors import StackError
from stack.service import Service
from stack.settings import StackSettings, env_name


def check_ports(settings: StackSettings, services: Iterable[Service]) -> None:
    """Checks that every port of the services can be listened on.

    Raises:
        StackError: Some cannot; the message names the port, the service, the holder and the setting.
    """
    taken = [
        describe(settings, service.name, field)
        for service in services
        for field in service.ports
        if is_taken(settings.host, getattr(settings, field))
    ]
    if taken:
        raise StackError("; ".join(taken), hint="make status", exit_code=2)


def await_free(settings: StackSettings, services: Iterable[Service], seconds: float) -> None:
    """Waits until nobody listens on the services' ports, or the time is over."""
    ports = [getattr(settings, field) for service in services for field in service.ports]
    deadline = time.monotonic() + seconds
    while any(is_taken(settings.host, port) for port in ports) and time.monotonic() < deadline:
        time.sleep(0.1)


def describe(settings: StackSettings, service: str, field: str) -> str:
    """What is to be said of a port that is taken."""
    port = getattr(settings, field)
    return (
        f"port {port} of {service} is held by {holder(port)}; end that process or set {env_name(field)} to "
        f"a free port between 1024 and 65535"
    )


def is_taken(host: str, port: int) -> bool:
    """Whether another socket listens on this port.

    Raises:
        StackError: The host is no address of this machine.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the services do: connections that still close down do not keep a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise StackError(
                f"cannot listen on {host}:{port}: {error.strerror or error}; {env_name('host')} must be an "
                f"address of this machine",
                hint="ip address",
                exit_code=2,
            ) from error
    return False


def holder(port: int) -> str:
    """The process that listens on a port, in words."""
    import psutil

    for connection in psutil.net_connections(kind="tcp"):
        listens_on = getattr(connection.laddr, "port", None)
        if connection.status == psutil.CONN_LISTEN and listens_on == port and connection.pid:
            try:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
            except psutil.Error:
                return f"process {connection.pid}"
    return "a process of another user"
