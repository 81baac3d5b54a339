"""A table of the lake: its columns, key, partitions and source."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from warehouse.types import ColumnType

LAYERS = ("ods", "dim", "dwd", "dws", "ads")

SourceKind = Literal["kafka", "mysql", "dead_letter", "late"]
PROVENANCE: Mapping[SourceKind, tuple[tuple[str, str], ...]] = {
    "kafka": (
        ("message_id", "STRING"),
        ("topic", "STRING"),
        ("kafka_partition", "INT"),
        ("kafka_offset", "BIGINT"),
        ("kafka_timestamp", "TIMESTAMP(3)"),
    ),
    "dead_letter": (
        ("message_id", "STRING"),
        ("topic", "STRING"),
        ("kafka_partition", "INT"),
        ("kafka_offset", "BIGINT"),
        ("kafka_timestamp", "TIMESTAMP(3)"),
        ("payload", "BYTES"),
        ("reason", "STRING"),
    ),
    "late": (
        ("arrival_id", "STRING"),
        ("table_name", "STRING"),
        ("from_dt", "STRING"),
        ("to_dt", "STRING"),
    ),
    "mysql": (
        ("change_id", "STRING"),
        ("op", "STRING"),
        ("op_ts", "TIMESTAMP(3)"),
        ("binlog_file", "STRING"),
        ("binlog_pos", "BIGINT"),
        ("binlog_row", "INT"),
    ),
}
"""Columns that an ODS table of each kind of source must have, because they say where a row came from."""


@dataclass(frozen=True)
class Column:
    """One column: its type, unit and limits (``options``), and the message field it is read from."""

    name: str
    type: ColumnType
    required: bool
    unit: str
    description: str
    options: Mapping[str, Any]
    field: str


@dataclass(frozen=True)
class Source:
    """Where an ODS table is fed from.

    Attributes:
        kind: A Kafka topic, a table of the business database, the messages refused by all topics, or what came for a
            frozen day.
        name: Topic or database table; empty for the last two.
        max_bytes: Longest message that is parsed (Kafka).
        max_ahead_seconds: How far the event time may lie after the Kafka timestamp (Kafka).
    """

    kind: SourceKind
    name: str
    max_bytes: int
    max_ahead_seconds: int


@dataclass(frozen=True)
class Table:
    """One table of the lake.

    Attributes:
        name: Layer and table, such as ``dws.region_hour``.
        key: Columns of the primary key.
        partition_by: Columns of the partition path; empty for an unpartitioned table.
        table_type: ``COPY_ON_WRITE`` or ``MERGE_ON_READ``.
        history: The table keeps versions with valid_from and valid_to; ``NAME_current`` is a view of it.
        mode: ``stream`` (a sink of the streaming job) or ``batch`` (written by a bounded run).
        engine: ``flink``; for a table of mode batch also ``spark``, made from other tables as they are in the lake, or
            ``notary``, which has no transform: the notary's record says what its rows are.
        lookback_days: Days before its own that a row of an engine-spark table is made from.
        event_time: The column that says when a row's fact happened, if any.
        freshness_minutes: The promise: rows are visible this many minutes after they happened.
        disclosable: A proof may show some columns of a row and hide the others; sealing takes longer.
    """

    name: str
    description: str
    owner: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    table_type: str
    source: Source | None
    history: bool
    mode: str
    engine: str
    lookback_days: int
    event_time: str | None
    freshness_minutes: int | None
    disclosable: bool
    folder: Path

    @property
    def layer(self) -> str:
        """The part before the point."""
        return self.name.split(".")[0]

    @property
    def origin(self) -> Source:
        """The source of an ODS table.

        Raises:
            ValueError: The table has none, because a transform makes it.
        """
        if self.source is None:
            raise ValueError(f"{self.name} has no source")
        return self.source

    @property
    def append_only(self) -> bool:
        """Rows are never updated or deleted."""
        return self.layer == "ods"

    def partition_path(self, row: Mapping[str, Any]) -> str:
        """Path of the partition of a row, such as dt=2026-11-20; empty for an unpartitioned table."""
        return "/".join(f"{name}={row[name]}" for name in self.partition_by)

    @property
    def has_transform(self) -> bool:
        """Whether a SELECT makes its rows, rather than a source or the notary."""
        return self.source is None and self.engine != "notary"

    @property
    def made_by(self) -> str:
        """The command that writes it."""
        return {
            "spark": f"gridseal batch run {self.name}",
            "notary": "gridseal notary publish",
        }.get(self.engine, "gridseal pipeline start")

    def column(self, name: str) -> Column:
        """Return a column by its name; KeyError if there is none."""
        return {c.name: c for c in self.columns}[name]

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in the contract's order, which is also the order of the canonical row."""
        return tuple(c.name for c in self.columns)

    @property
    def fields(self) -> tuple[Column, ...]:
        """Columns of an ODS table that come out of the message or database row itself."""
        if self.source is None:
            return ()
        made = {name for name, _ in PROVENANCE[self.source.kind]} | set(self.partition_by)
        return tuple(c for c in self.columns if c.name not in made)
