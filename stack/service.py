"""What a service is: how it is prepared, started and asked whether it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """One supervised process.

    Attributes:
        name: Its name in reports, in the supervisor and of its log.
        command: Program and arguments; never a password, since everyone may read them.
        prepare: Writes configuration and, the first time, the folders of its data.
        ready: Asks the service; returns nothing if it is ready, otherwise what is still missing.
        ports: Names of the settings of the ports that it listens on.
        address: Where people or clients reach it.
        environment: Variables beside those of every service.
        on_demand: Not started by `up`.
        needs: Services that must be ready somewhere before this one starts: it ends if it does not find them.
        stop_first: Stopped before the services that it writes to.
        stop_signal: Which signal asks it to end.
        start_seconds: How long the start may take at most.
    """

    name: str
    command: tuple[str, ...]
    prepare: Callable[[], None]
    ready: Callable[[], str]
    ports: tuple[str, ...]
    address: str
    environment: Mapping[str, str] = field(default_factory=dict)
    on_demand: bool = False
    needs: tuple[str, ...] = ()
    stop_first: bool = False
    stop_signal: str = "TERM"
    start_seconds: float = 180.0
