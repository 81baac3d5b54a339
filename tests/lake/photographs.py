"""Photographs of the lake's equipment: imported, and read again from Kafka, without the lake."""

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models.defects import TENTH
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import records_of
from pipelines.sources.grid import FIRST_DAY
from pipelines.sources.images import ImportSummary, import_images
from pipelines.sources.images.announcing import REFUSED
from pipelines.sources.images.manifest import COLUMNS
from pipelines.sources.topics import EQUIPMENT_IMAGES

ARCHIVE = TENTH
NUMBER = 120
MISSING = 3
"""Lines of the manifest whose files are not there."""


def manifest(settings: PipelineSettings) -> Path:
    """The manifest of what ``import_some`` imports."""
    return settings.var_dir / "photographs.csv"


def import_some(settings: PipelineSettings) -> ImportSummary:
    """Import photographs of equipment, some of it unknown, taken on several days, before and after its changes."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = [name for name in archive.namelist() if name.endswith(".jpg")][:NUMBER]
    first = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    lines = [",".join(COLUMNS)]
    for place, name in enumerate([*names, *(f"missing/{n}.jpg" for n in range(MISSING))]):
        # From the evening of the day before, local time, to some hours of the day after; one long before all else.
        taken_at = first + timedelta(minutes=17 * place - 120) if place else datetime(2001, 2, 3, tzinfo=UTC)
        lines.append(f"{name},{1 + place % 15},{taken_at.isoformat()},infrared")
    manifest(settings).write_text("\n".join(lines) + "\n")
    return import_images(settings, ARCHIVE, manifest(settings))


def first_announced(settings: PipelineSettings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each photograph the first message that Kafka holds: its identifier and its fields."""
    seen = set()
    for one in records_of(settings, EQUIPMENT_IMAGES.name):
        told = json.loads(one.value)
        if REFUSED not in dict(one.headers) and told["image_id"] not in seen:
            seen.add(told["image_id"])
            yield f"{one.topic}-{one.partition}-{one.offset}", told
