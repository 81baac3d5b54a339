"""Where a row came from: the rows of the tables above that it was made of, up to the messages and changes of ODS.

A transform groups and joins by columns that carry one name in both tables. So a row of a table above belongs to a row
here if they agree in the key of the one above, where the row here names all of it (one reading names its message), and
else in those columns of the key here that the one above has (a bill and the readings of its customer and day). Of a
history all versions count. No row that took part is missed; of histories, more are told than took part.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from notary.errors import NotaryError
from notary.lake.snapshot import Snapshot
from notary.proving import Way, in_words, prove_row, way_of
from notary.record.checkpoints import Checkpoints
from notary.record.seals import SealLog
from notary.sealing.leaf_table import LeafTable
from notary.settings import NotarySettings
from notary.verify.proof import Proof
from pipelines.reading.commits import Commits
from pipelines.reading.snapshot import COMMIT_TIME
from warehouse.catalog import Catalog
from warehouse.contract import Table

_VERSION = "valid_from"
_DAY = "dt"


@dataclass(frozen=True)
class Origin:
    """Rows of an ODS table that a row was made of.

    Attributes:
        table: The ODS table.
        rows: All of its columns.
        via: Tables between the row and these, nearest to the row first.
    """

    table: Table
    rows: pa.Table
    via: tuple[str, ...]


def trace(settings: NotarySettings, catalog: Catalog, table: Table, key: Mapping[str, Any]) -> list[Origin]:
    """Find the rows of ODS that a row was made of.

    Args:
        settings: Where the lake is.
        catalog: The tables.
        table: The row's table.
        key: The row's key.

    Raises:
        NotaryError: There is no such row, or its table has nothing in common with one above.
        PipelineError: HDFS does not answer.
    """
    reader = _Reader(settings)
    rows = reader.rows(table, pa.table({name: [value] for name, value in key.items()}))
    if not len(rows):
        raise NotaryError(f"{table.name} has no row {in_words(key)}", "gridseal sql")
    found: dict[str, Origin] = {}
    for origin in _origins(catalog, reader, table, rows, ()):
        before = found.get(origin.table.name)
        found[origin.table.name] = _joined(before, origin) if before else origin
    return list(found.values())


def _origins(
    catalog: Catalog, reader: "_Reader", table: Table, rows: pa.Table, via: tuple[str, ...]
) -> Iterator[Origin]:
    if table.layer == "ods":
        yield Origin(table, rows, via[:-1])
        return
    for name in catalog.upstream[table.name]:
        above = catalog.table(name)
        columns = _common(table, above)
        if not columns:
            raise NotaryError(
                f"a row of {table.name} cannot be traced: {name} has no column of its key {', '.join(table.key)}",
                "gridseal trace one of the rows that it was made of",
            )
        # A row that is joined to nothing has nulls there.
        wanted = rows.select(columns).drop_null()
        if len(wanted):
            yield from _origins(catalog, reader, above, reader.rows(above, wanted), (*via, name))


def _common(table: Table, above: Table) -> list[str]:
    """Columns in which a row and one that it was made of agree."""
    key = [name for name in above.key if name != _VERSION]
    if set(key) <= set(table.column_names) and key:
        return key
    return [name for name in table.key if name in above.column_names and name != _VERSION]


class _Reader:
    """Reads rows that agree with others in some columns; of each table one instant."""

    def __init__(self, settings: NotarySettings) -> None:
        self._settings = settings
        self._commits: dict[str, Commits] = {}

    def rows(self, table: Table, wanted: pa.Table) -> pa.Table:
        """Rows of a table, with all of its columns, that agree with one of others in all of the columns of those."""
        if table.name not in self._commits:
            self._commits[table.name] = Commits.of(self._settings, table)
        columns = wanted.column_names
        with Snapshot.open(self._settings, self._commits[table.name]) as snapshot:
            parts = [
                _agreeing(batch, wanted, columns)
                for partition in _partitions(snapshot, table, wanted)
                for batch in snapshot.batches(partition)
            ]
            names = snapshot.schema.names
        parts = [part for part in parts if len(part)]
        if not parts:
            return pa.table({name: pa.array([], pa.string()) for name in names})
        return pa.concat_tables(parts).select(names)


def _agreeing(batch: pa.RecordBatch, wanted: pa.Table, columns: list[str]) -> pa.Table:
    table = pa.Table.from_batches([batch])
    keys = wanted.cast(pa.schema([table.schema.field(name).remove_metadata().with_nullable(True) for name in columns]))
    if len(columns) == 1:
        chosen = pc.is_in(table.column(columns[0]), value_set=keys.column(columns[0]).combine_chunks())
        return table.filter(chosen).drop([COMMIT_TIME])
    return table.join(keys, columns, join_type="left semi").drop([COMMIT_TIME])


def _partitions(snapshot: Snapshot, table: Table, wanted: pa.Table) -> list[str]:
    """Paths of the partitions that may hold them."""
    paths = snapshot.partitions()
    if table.partition_by != (_DAY,) or _DAY not in wanted.column_names:
        return paths
    days = {f"{_DAY}={day}" for day in pc.unique(wanted.column(_DAY)).to_pylist()}
    return [path for path in paths if path in days]


def _joined(one: Origin, other: Origin) -> Origin:
    """Rows that were found on two ways, each once."""
    both = pa.concat_tables([part.rows for part in (one, other) if len(part.rows)] or [one.rows])
    key = list(one.table.key)
    kept = both.append_column("_row", pa.array(range(len(both)))).group_by(key).aggregate([("_row", "min")])
    return Origin(one.table, both.take(kept.column("_row_min").combine_chunks()), one.via)


def places(origin: Origin) -> list[tuple[str, int]]:
    """Where the rows stand in their source, in words, and how many: by topic and partition, or file of the binlog."""
    kind = origin.table.origin.kind
    if kind == "mysql":
        group, number = ["binlog_file"], "binlog_pos"
    else:
        group, number = ["topic", "kafka_partition"], "kafka_offset"
    if not len(origin.rows) or number not in origin.rows.column_names:
        return [(f"{origin.table.name}", len(origin.rows))]
    found = origin.rows.group_by(group).aggregate([(number, "min"), (number, "max"), (number, "count")])
    lines: Sequence[dict[str, Any]] = found.to_pylist()
    return sorted((_place(line, group, number), line[f"{number}_count"]) for line in lines)


def _place(line: Mapping[str, Any], group: Sequence[str], number: str) -> str:
    source = "/".join(str(line[name]) for name in group)
    if not source:
        return "as it was when the pipeline first read it"
    return f"{source} {number.split('_')[1]} {line[f'{number}_min']} to {line[f'{number}_max']}"


def proofs(
    settings: NotarySettings, log: SealLog, checkpoints: Checkpoints, origin: Origin
) -> Iterator[tuple[dict[str, Any], Proof | None]]:
    """The key of each row, and its proof by the newest seal of its partition; None if it is not sealed as it is.

    Raises:
        NotaryError: The leaves of a seal are gone.
        PipelineError: HDFS does not answer.
    """
    newest = log.newest(origin.table.name)
    ways: dict[str, tuple[LeafTable, Way]] = {}
    for row in origin.rows.to_pylist():
        path = origin.table.partition_path(row)
        key = {name: row[name] for name in origin.table.key}
        if path not in newest:
            yield key, None
            continue
        if path not in ways:
            ways[path] = LeafTable(settings, newest[path]), way_of(log, checkpoints, newest[path])
        leaves, way = ways[path]
        index, there = leaves.find(key)
        yield key, prove_row(leaves, way, index, row) if there else None
