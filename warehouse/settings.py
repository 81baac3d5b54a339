"""Settings that change what a table says: what a day is, which voltage is good, what is an anomaly."""

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, field_validator


class WarehouseSettings(BaseModel):
    """Where the tables are declared, and parameters of the transforms, which read one as ``{{ settings.NAME }}``."""

    warehouse_dir: Path = Field(
        Path(__file__).parent, description="Folder of the tables: a folder a layer, a folder a table."
    )
    grid_timezone: str = Field(
        "Europe/Paris", description="IANA zone whose midnight starts a day; event times stay UTC."
    )
    voltage_band_percent: Decimal = Field(
        Decimal(10),
        gt=0,
        lt=100,
        decimal_places=3,
        description="Voltage is good within nominal +- this many percent (EN 50160: 10).",
    )
    silence_minutes: int = Field(
        60, ge=1, le=1500, description="A meter that sends nothing for at least this long is silent."
    )
    flat_line_minutes: int = Field(
        60, ge=2, le=1500, description="The same non-zero power for at least this long is a flat line."
    )
    jump_kw: Decimal = Field(
        Decimal(15),
        gt=0,
        max_digits=10,
        decimal_places=3,
        description="A step between neighbouring minutes of at least this many kW is a jump.",
    )
    reverse_flow_minutes: int = Field(
        5, ge=1, le=1500, description="At least this many minutes of negative power in a day are reverse flow."
    )

    @field_validator("grid_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("an IANA time zone such as Europe/Paris or UTC is needed") from error
        return value

    @field_validator("voltage_band_percent", "jump_kw")
    @classmethod
    def _plain(cls, value: Decimal) -> Decimal:
        # SQL reads 1E+1 as a floating-point number, 10 as an exact one.
        return Decimal(f"{value:f}")
