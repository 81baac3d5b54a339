"""What a feed of readings is asked to be."""

import hashlib
import json
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pipelines.sources.grid.model import FIRST_DAY, MAX_METERS, MIN_METERS, Grid

# Raised when the same options would no longer send the same bytes.
FORMAT = 1


class MeterOptions(BaseModel):
    """Options of a feed; shares are of the number of readings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    meters: int = Field(50, ge=MIN_METERS, le=MAX_METERS, description="Meters that send, head meters included.")
    seed: int = Field(7, ge=0, description="Seed of the grid, the noise and everything that goes wrong.")
    first_day: date = Field(FIRST_DAY, description="First day of the simulated grid.")
    days: int = Field(1, ge=1, le=366, description="Consecutive days in one feed.")
    rate: int | None = Field(None, ge=1, description="Messages a second; none means as fast as possible.")
    duplicates: float = Field(0.01, ge=0, le=1, description="Share of readings sent a second time.")
    late: float = Field(0.01, ge=0, le=0.5, description="Share of readings delivered 1 to 36 simulated hours late.")
    out_of_order: float = Field(0.02, ge=0, le=0.5, description="Share of readings delivered up to 5 minutes late.")
    malformed: float = Field(0.002, ge=0, le=1, description="Share of additional messages that are no readings.")
    anomalies: bool = Field(True, description="Plant silence, flat lines, jumps and reverse flow.")
    again: bool = Field(False, description="Send even if the same feed has been sent before.")

    def grid(self) -> Grid:
        """The grid whose meters send."""
        return Grid(self.seed, self.meters, self.first_day)

    def feed_id(self, day: date, zone: str, topic: str) -> str:
        """Name of the feed: equal for two feeds if and only if they send the same messages.

        Args:
            day: First day of the feed.
            zone: IANA zone whose midnight starts a day.
            topic: Where the messages go.
        """
        same: dict[str, Any] = self.model_dump(mode="json", exclude={"rate", "again"})
        same |= {"day": day.isoformat(), "zone": zone, "topic": topic, "format": FORMAT}
        digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:8]
        length = "" if self.days == 1 else f"-{self.days}days"
        return f"meters-{day}{length}-{self.meters}m-seed{self.seed}-{digest}"
