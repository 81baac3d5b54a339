"""What the job was compiled from, table by table: a saved state fits no other SQL."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pydantic import TypeAdapter

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.evolution import Shape, shape_of
from pipelines.streaming.replay import Replay
from pipelines.streaming.sources import message_spec
from pipelines.webhdfs import read_text, write_text
from warehouse.catalog import Catalog
from warehouse.contract import Table


@dataclass(frozen=True)
class Compiled:
    """What is kept beside the checkpoints.

    Attributes:
        digests: Short digests of the streamed tables by name, of what decides their state and their rows: columns, key
            and SELECT.
        shapes: Of the streamed tables by name.
        replay: Where its state began; None if with the sources.
        messages: Short digests of how messages are read, by the table that they become: a running job holds its own
            limits, a saved state fits any.
    """

    digests: Mapping[str, str]
    shapes: Mapping[str, Shape]
    replay: Replay | None = None
    messages: Mapping[str, str] = field(default_factory=dict)

    @property
    def generation(self) -> int:
        """Of the job's state."""
        return self.replay.generation if self.replay else 0

    @property
    def whole(self) -> bool:
        """Whether it makes every table; a job of the sources alone knows those of ODS, and a replay must follow."""
        return self.digests.keys() == self.shapes.keys()

    def changed(self, now: "Compiled") -> list[str]:
        """Tables that differ, new ones and ones that are no longer there among them."""
        names = dict.fromkeys([*now.digests, *self.digests])
        return [name for name in names if now.digests.get(name) != self.digests.get(name)]

    def reads_otherwise(self, now: "Compiled") -> list[str]:
        """Tables whose messages are read by other columns or limits."""
        return [name for name, digest in now.messages.items() if self.messages.get(name) != digest]


def compiled_from(catalog: Catalog) -> Compiled:
    """What a job is compiled from that begins with the sources."""
    streamed = [t for t in catalog.ordered if t.mode == "stream"]
    specs = {t.name: json.dumps(message_spec(t), sort_keys=True) for t in catalog.fed_by("kafka")}
    return Compiled(
        {t.name: _digest(t, catalog) for t in streamed},
        {t.name: shape_of(t) for t in streamed},
        messages={name: _short(spec) for name, spec in specs.items()},
    )


def save(settings: PipelineSettings, compiled: Compiled) -> None:
    """Keep beside the checkpoints what the job that writes them was compiled from.

    Raises:
        PipelineError: HDFS does not answer.
    """
    write_text(settings, _path(settings), json.dumps(asdict(compiled), indent=2))


def load(settings: PipelineSettings) -> Compiled | None:
    """What was kept; None before the first start.

    Raises:
        PipelineError: HDFS does not answer, or what was kept cannot be read.
    """
    text = read_text(settings, _path(settings))
    if text is None:
        return None
    try:
        return TypeAdapter(Compiled).validate_json(text)
    except ValueError as error:
        raise PipelineError(
            f"{_path(settings)} on HDFS cannot be read: {error}", "gridseal pipeline restart --from-scratch"
        ) from error


def _digest(table: Table, catalog: Catalog) -> str:
    columns = [(c.name, str(c.type), c.required) for c in table.columns]
    select = "" if table.source else " ".join(catalog.transform(table.name).split())
    # What a day is decides the rows of a table whose SQL does not name it, too.
    what = repr((columns, table.key, table.partition_by, table.table_type, select, catalog.settings.grid_timezone))
    return _short(what)


def _short(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()[:16]


def _path(settings: PipelineSettings) -> str:
    return f"{settings.flink_path}/compiled.json"
