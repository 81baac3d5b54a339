"""Services, pipeline and nights at one moment: what `gridseal status` shows and `gridseal metrics` exports."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from notary.night import NightFigures
    from pipelines.observe.part import Part
    from pipelines.observe.snapshot import Snapshot
    from stack import ServiceStatus
    from warehouse.catalog import Catalog


@dataclass(frozen=True)
class Watched:
    """What the supervisor says of the services, what they say of the pipeline, and what the notary's record says."""

    services: "Part[list[ServiceStatus]]"
    pipeline: "Snapshot"
    nights: "Part[NightFigures]"


def watch(settings: "Settings", catalog: "Catalog") -> Watched:
    """Ask everybody; a service that is down hides no other."""
    from datetime import UTC, datetime

    import stack
    from notary.night import watch_nights
    from pipelines.observe.part import read_part
    from pipelines.observe.snapshot import take_snapshot

    services = read_part(lambda: stack.status(settings))
    pipeline = take_snapshot(settings, catalog, (settings.host, settings.sql_port))
    return Watched(services, pipeline, read_part(lambda: watch_nights(settings, datetime.now(UTC))))
