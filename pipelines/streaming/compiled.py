"""What the job was compiled from, table by table: a saved state fits no other SQL."""

import hashlib
import json
from collections.abc import Mapping

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.webhdfs import read_text, write_text
from warehouse.catalog import Catalog
from warehouse.contract import Table

Digests = Mapping[str, str]
"""A short digest of each streamed table by its name."""


def digests(catalog: Catalog) -> dict[str, str]:
    """What decides the state and the rows of each streamed table: its columns, its key, its SELECT."""
    return {t.name: _digest(t, catalog) for t in catalog.ordered if t.mode == "stream"}


def save(settings: PipelineSettings, found: Digests) -> None:
    """Keep beside the checkpoints what the job that writes them was compiled from.

    Raises:
        PipelineError: HDFS does not answer.
    """
    write_text(settings, _path(settings), json.dumps(found, indent=2))


def changed(settings: PipelineSettings, found: Digests) -> list[str]:
    """Tables, without new ones, that differ from what the last job was compiled from.

    Raises:
        PipelineError: HDFS does not answer, or what was kept cannot be read.
    """
    text = read_text(settings, _path(settings))
    if text is None:
        return []
    try:
        before = json.loads(text)
        return [name for name, digest in found.items() if before.get(name, digest) != digest]
    except (ValueError, AttributeError) as error:
        raise PipelineError(
            f"{_path(settings)} on HDFS cannot be read: {error}", "gridseal pipeline restart --from-scratch"
        ) from error


def _digest(table: Table, catalog: Catalog) -> str:
    columns = [(c.name, str(c.type), c.required) for c in table.columns]
    select = "" if table.source else " ".join(catalog.transform(table.name).split())
    # What a day is decides the rows of a table whose SQL does not name it, too.
    what = repr((columns, table.key, table.partition_by, table.table_type, select, catalog.settings.grid_timezone))
    return hashlib.sha256(what.encode()).hexdigest()[:16]


def _path(settings: PipelineSettings) -> str:
    return f"{settings.flink_path}/compiled.json"
