"""Erasure: the salt of one row is destroyed, so that its leaf says nothing any more; every other proof stays valid."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from notary.lake.keys import has_key
from notary.record.forgotten import Forgotten
from notary.sealing.leaf_file import LEAF, SALT, leaf_folder, open_leaves, store_leaves, write_leaves
from notary.settings import NotarySettings
from notary.verify.row import Column, Schema
from notary.verify.text import row_to_json
from pipelines.reading.snapshot import partition_paths
from pipelines.webhdfs import list_folder, open_client, reachable
from warehouse.contract import Table


def forget(settings: NotarySettings, forgotten: Forgotten, table: Table, key: Mapping[str, Any], reason: str) -> int:
    """Destroy the salts of a row in every seal of its partition, also in leaves that a killed run has left behind.

    It is written down before a salt is destroyed: killed in between, the next run destroys the rest.

    Returns:
        How many salts were destroyed; 0 if the row was never sealed, or forgotten before.

    Raises:
        NotaryError: Leaves cannot be read.
        PipelineError: HDFS does not answer.
    """
    destroyed = 0
    for path, partition in _files(settings, table, key):
        with open_leaves(settings, path) as file:
            rows = file.read()
        mask = has_key(rows, key)
        leaves = rows.filter(pc.and_(mask, pc.is_valid(rows.column(SALT)))).column(LEAF).to_pylist()
        if not leaves:
            continue
        forgotten.add(table.name, partition, _told(table, key), leaves, reason)
        salts = pc.if_else(mask, pa.scalar(None, rows.column(SALT).type), rows.column(SALT))
        with TemporaryDirectory(prefix="gridseal-") as folder:
            fresh = Path(folder) / "leaves.parquet"
            write_leaves(fresh, [rows.set_column(rows.schema.get_field_index(SALT), SALT, salts)], list(table.key))
            store_leaves(settings, fresh, path)
        destroyed += len(leaves)
    return destroyed


def _files(settings: NotarySettings, table: Table, key: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Files of leaves that may hold a key, and the partition of each."""
    if set(table.partition_by) <= set(key):
        partitions = [table.partition_path(key)]
    else:
        partitions = partition_paths(settings, leaf_folder(settings, table.name, ""), table)
    found = []
    with reachable(settings):
        client = open_client(settings)
        for partition in partitions:
            folder = leaf_folder(settings, table.name, partition)
            entries = list_folder(client, folder)
            found += [(f"{folder}/{name}", partition) for name, status in entries if status["type"] == "FILE"]
    return found


def _told(table: Table, key: Mapping[str, Any]) -> dict[str, Any]:
    columns = tuple(Column(c.name, str(c.type)) for c in table.columns if c.name in table.key)
    return row_to_json(Schema(table.name, columns, table.key), key)
