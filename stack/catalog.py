"""The services, in the order in which they are told."""

from stack import airflow, chain, database, detector, flink, hdfs, kafka, sql, zookeeper
from stack.errors import StackError
from stack.service import Service
from stack.settings import StackSettings


def all_services(settings: StackSettings) -> list[Service]:
    """Every service that runs on this host, those on demand last.

    Raises:
        StackError: Java, jars or programs that they need are missing.
    """
    rooms = (hdfs, kafka, database, zookeeper, flink, chain, sql, detector, airflow)
    every = [service for room in rooms for service in room.services(settings)]
    return [service for service in every if settings.runs_here(service.name)]


def services_elsewhere(settings: StackSettings) -> list[tuple[str, Service]]:
    """Every service of the cluster that runs on another host, with the host."""
    others = [host for host in settings.cluster if host != settings.host]
    return [(host, service) for host in others for service in all_services(settings.on(host))]


def find_service(settings: StackSettings, name: str) -> Service:
    """The service of this name.

    Raises:
        StackError: There is none.
    """
    services = all_services(settings)
    for service in services:
        if service.name == name:
            return service
    raise StackError(
        f"no service is called {name}; there are {', '.join(service.name for service in services)}",
        hint="make status",
        exit_code=2,
    )
