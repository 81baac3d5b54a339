"""The photographs of ``make run``: some hundred are imported, told by the detector, and shown by kind of defect."""

import csv
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gridseal.output import Format, print_rows, say
from models.defects import TENTH

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from pipelines.sources.grid import Grid

NUMBER = 300
_PICTURES = 3


def import_photographs(settings: "Settings", grid: "Grid") -> int:
    """Import photographs as if they were of the grid's equipment; returns how many are announced now.

    Raises:
        PipelineError: A service does not answer.
    """
    from pipelines.sources.images import import_images

    manifest, day = settings.var_dir / "photographs.csv", grid.first_day
    morning = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    write_manifest(manifest, sorted(map(int, grid.initial_rows()["equipment"])), morning, NUMBER)
    return import_images(settings, TENTH, manifest).imported


def write_manifest(manifest: Path, equipment: Sequence[int], began: datetime, number: int | None = None) -> None:
    """Write what tells the import of the photographs that come with gridseal: one every 20 seconds.

    Args:
        manifest: CSV to write.
        equipment: Whose photographs they shall be, one after the other.
        began: When the first was taken.
        number: How many, the first ones; None for all.
    """
    from pipelines.sources.images.manifest import COLUMNS

    with zipfile.ZipFile(TENTH) as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")][:number]
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for place, name in enumerate(names):
            taken_at = began + timedelta(seconds=20 * place)
            writer.writerow([name, equipment[place % len(equipment)], taken_at.isoformat(), "infrared"])


def show_defects(settings: "Settings", day: str) -> None:
    """Defects of a day by kind, and pictures of the surest, with the places that speak for a defect."""
    from gridseal.model_process import answer
    from gridseal.sql_access import open_sql
    from models.register import version_of
    from pipelines.webhdfs import open_client

    version = version_of(settings.model_dir)
    with open_sql(settings) as sql:
        kinds = sql.query(
            "SELECT defect, COUNT(*) AS photographs, COUNT(DISTINCT equipment_id) AS equipment,"
            " MAX(probability) AS highest_probability FROM ads.equipment_defect"
            f" WHERE dt = '{day}' AND model_version = '{version}' GROUP BY defect ORDER BY photographs DESC, defect"
        )
        print_rows(kinds.names, kinds.rows, Format.TABLE, f"Defects on photographs of {day}, by kind")
        surest = sql.query(
            "SELECT image_id, equipment_name, defect, pack, pack_offset, size_bytes FROM ads.equipment_defect"
            f" WHERE dt = '{day}' AND model_version = '{version}' ORDER BY confidence DESC, image_id LIMIT {_PICTURES}"
        ).rows
    folder = settings.var_dir / "defects"
    folder.mkdir(parents=True, exist_ok=True)
    client = open_client(settings)
    for image_id, equipment, defect, pack, offset, length in surest:
        with client.read(pack, offset=offset, length=length) as reader:
            photograph = folder / f"{image_id[:12]}.jpg"
            photograph.write_bytes(reader.read())
        picture = photograph.with_suffix(".png")
        told = answer(settings, photograph, picture)
        say(f"  {picture}: {defect} of {equipment}, probability {told['probability']}")
