"""Services and pipeline at one moment: what `gridseal status` shows and `gridseal metrics` exports."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from pipelines.observe.part import Part
    from pipelines.observe.snapshot import Snapshot
    from stack import ServiceStatus
    from warehouse.catalog import Catalog


@dataclass(frozen=True)
class Watched:
    """What the supervisor says of the services, and what the services say of the pipeline."""

    services: "Part[list[ServiceStatus]]"
    pipeline: "Snapshot"


def watch(settings: "Settings", catalog: "Catalog") -> Watched:
    """Ask everybody; a service that is down hides no other."""
    import stack
    from pipelines.observe.part import read_part
    from pipelines.observe.snapshot import take_snapshot

    services = read_part(lambda: stack.status(settings))
    return Watched(services, take_snapshot(settings, catalog, (settings.host, settings.sql_port)))
