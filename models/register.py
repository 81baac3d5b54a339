"""The register of models, in the business database: what each was made of and how good it is."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.defects import FIGURES
from models.errors import ModelError
from pipelines.settings import PipelineSettings
from pipelines.sources.business.database import connect, create_schema

_NAME = "defects"
_HASH = re.compile("[0-9a-f]{64}")


def register(settings: PipelineSettings, folder: Path) -> tuple[str, bool]:
    """Write a model into the register, once.

    Args:
        settings: Where the database is.
        folder: Of ``model.pt`` and ``metrics.json``.

    Returns:
        Its version, and whether it was new.

    Raises:
        ModelError: The folder holds no model.
        PipelineError: The database does not answer.
    """
    row = _row(folder)
    with connect(settings) as connection:
        create_schema(connection)
        with connection.cursor() as cursor:
            known = cursor.execute("SELECT version FROM model WHERE version = %s", (row["version"],))
            # A version never changes: a second registration says nothing. The names of columns are those below.
            cursor.execute(
                f"INSERT INTO model ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})"
                " ON DUPLICATE KEY UPDATE version = version",
                list(row.values()),
            )
        connection.commit()
    return row["version"], not known


def version_of(folder: Path) -> str:
    """Version of the model in a folder.

    Raises:
        ModelError: The folder holds no model.
    """
    version: str = _row(folder)["version"]
    return version


def _row(folder: Path) -> dict[str, Any]:
    try:
        figures: dict[str, Any] = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
        training, test = figures["training"], figures["test"]["values"]
        if not _HASH.fullmatch(figures["version"]):
            raise ValueError(f"version {figures['version']!r} is no BLAKE3 hash in hexadecimal")
        return {
            "version": figures["version"],
            "name": _NAME,
            "architecture": figures["recipe"]["architecture"],
            "data": figures["data"],
            "threshold": figures["threshold"],
            **{name: test[name] for name in ("auc", "accuracy", "accuracy_12", "balanced_12")},
            **{name: training[name] for name in ("defect_share", "grey_mean", "grey_mean_spread")},
            "registered_at": datetime.now(UTC).replace(tzinfo=None),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder}: {error}; expected: a folder that make models has written", hint="make models", exit_code=2
        ) from error
