"""The services, in the order in which they are told."""

from stack import airflow, chain, database, detector, flink, hdfs, kafka, sql, zookeeper
from stack.errors import StackError
from stack.service import Service
from stack.settings import StackSettings


def all_services(settings: StackSettings) -> list[Service]:
    """Every service of the stack, those on demand last.

    Raises:
        StackError: Java, jars or programs that they need are missing.
    """
    rooms = (hdfs, kafka, database, zookeeper, flink, chain, sql, detector, airflow)
    return [service for room in rooms for service in room.services(settings)]


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
