"""How far the photographs of the newest day are from those that the detector of defects learnt from."""

from dataclasses import dataclass

from pipelines.observe.endpoint import TIMEOUT_S, if_it_runs
from pipelines.settings import PipelineSettings
from pipelines.sql.client import connect

FEWEST = 50
"""Photographs of a day of which a mean says something."""


@dataclass(frozen=True)
class Drift:
    """The newest day with enough photographs that a detector has answered for; of several the one registered last.

    Attributes:
        model_version: The detector.
        day: The day, in the grid's zone.
        images: Photographs.
        grey_shift: How far their mean grey value lies from that of the training data, in its standard deviations.
        defect_share_shift: Share of defects among them, less that of the training data.
    """

    model_version: str
    day: str
    images: int
    grey_shift: float
    defect_share_shift: float


def drift(settings: PipelineSettings, address: tuple[str, int]) -> Drift | None:
    """What ads.model_quality says; None if no day has enough photographs yet.

    Args:
        settings: Where the key of the SQL endpoint is.
        address: Where the SQL endpoint listens; it is not started for this.

    Raises:
        PipelineError: The SQL endpoint does not run, or does not answer.
    """
    with if_it_runs(address), connect(settings, address) as client:
        rows = client.query(
            "SELECT q.model_version, q.dt, q.images, q.grey_shift, q.defect_share - q.training_defect_share"
            " FROM ads.model_quality AS q JOIN dim.model_current AS m ON q.model_version = m.version"
            f" WHERE q.images >= {FEWEST} AND q.grey_shift IS NOT NULL"
            " ORDER BY q.dt DESC, m.registered_at DESC LIMIT 1",
            timeout_s=TIMEOUT_S,
        ).rows
    if not rows:
        return None
    ((version, day, images, grey, share),) = rows
    return Drift(str(version), str(day), int(images), float(grey), float(share))
