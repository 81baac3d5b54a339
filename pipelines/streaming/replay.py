"""The replay: the state of the job is made anew from ODS, while its sources go on where they were."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines.settings import PipelineSettings
from pipelines.streaming.restore import partitions
from pipelines.webhdfs import open_client, reachable
from warehouse.catalog import Catalog
from warehouse.contract import Table

PAST = "_past"
"""What the files are called, after the table, of what it held before a replay."""
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Replay:
    """Where a job begins that has lost its state.

    Attributes:
        generation: How many replays there have been; the state of one generation fits no other.
        savepoint: Where the sources go on.
        first_open: First day that the stream makes anew, yyyy-MM-dd in the grid's zone; empty for all.
        since: First day that is read of tables of messages; what others hold is read as a whole.
        remade: Tables that a batch run makes anew before.
        ended: The stream is known to have read all of it.
    """

    generation: int
    savepoint: str
    first_open: str
    since: Mapping[str, str] = field(default_factory=dict)
    remade: tuple[str, ...] = ()
    ended: bool = False


def plan_replay(
    settings: PipelineSettings,
    catalog: Catalog,
    generation: int,
    savepoint: str,
    changed: Collection[str],
    earlier: Replay | None = None,
) -> Replay:
    """Find out what is read again and what is made anew.

    Args:
        settings: Where the lake is.
        catalog: The tables as they are to be.
        generation: Of the new state.
        savepoint: Where the sources go on.
        changed: Tables that differ from what the lake holds.
        earlier: The replay before. A day that it had begun to make anew, and maybe not brought to its end, is made
            anew by this one; and so are its tables if it has not begun at all.

    Raises:
        PipelineError: HDFS does not answer.
    """
    # What else comes from Kafka has no horizon: its rows of any day may still be joined.
    freezing = [*catalog.facts, *catalog.fed_by("dead_letter")]
    newest = {t.name: max(partitions(settings, t), default="") for t in freezing}
    readings = catalog.facts
    ahead_s = max((t.origin.max_ahead_seconds or 0 for t in readings), default=0)
    # The newest may be of a device whose clock is ahead, and the stream's horizon does not count on it.
    back = timedelta(days=settings.horizon_days + -(-ahead_s // _DAY_SECONDS))
    reached = max((newest[t.name] for t in readings), default="")
    first_open = (date.fromisoformat(reached) - back).isoformat() if reached else ""
    if earlier and not earlier.ended:
        first_open = min(first_open, earlier.first_open)
    unmade = earlier.remade if earlier and earlier.savepoint == savepoint else ()
    # Of a table without messages that young the newest day is read, since its newest message is.
    since = {name: min(first_open, day) for name, day in newest.items()}
    return Replay(generation, savepoint, first_open, since, tuple(_made_of(catalog, {*changed, *unmade})))


def with_past(catalog: Catalog) -> list[Table]:
    """The tables that the stream begins from: what they held before is read once more in a replay."""
    return [t for t in catalog if t.source and t.source.kind != "late"]


def past_ddl(table: Table, settings: PipelineSettings, generation: int, name: str) -> str:
    """CREATE TABLE of the files of what a table held before a replay.

    Flink's source of files keeps in each checkpoint how far it has come; that of Hudi begins anew after a failure.

    Args:
        table: The table.
        settings: Where Flink's files are.
        generation: Of the replay.
        name: Name in Flink's catalog.
    """
    columns = ",\n".join(f"  `{c.name}` {c.type.flink}" for c in table.columns)
    path = f"{settings.hdfs_uri}{past_folder(settings, generation)}/{table.name}"
    options = {
        "connector": "filesystem",
        "path": path,
        "format": "json",
        "json.timestamp-format.standard": "ISO-8601",
        "json.encode.decimal-as-plain-number": "true",
    }
    made = ",\n".join(f"  '{key}' = '{value}'" for key, value in options.items())
    return f"CREATE TEMPORARY TABLE {name} (\n{columns}\n) WITH (\n{made}\n)"


def past_condition(table: Table, replay: Replay) -> str:
    """WHERE clause of the rows that are read once more; empty for all."""
    since = replay.since.get(table.name)
    return f" WHERE `{table.partition_by[0]}` >= '{since}'" if since else ""


def make_folders(settings: PipelineSettings, catalog: Catalog, generation: int) -> None:
    """Remove what earlier replays have left, and make a folder for each table: one without a row makes none.

    Raises:
        PipelineError: HDFS does not answer.
    """
    client = open_client(settings)
    with reachable(settings):
        client.delete(f"{settings.flink_path}/replay", recursive=True)
        for table in with_past(catalog):
            client.makedirs(f"{past_folder(settings, generation)}/{table.name}")


def past_folder(settings: PipelineSettings, generation: int) -> str:
    """Folder of the files of a replay."""
    return f"{settings.flink_path}/replay/{generation}"


def _made_of(catalog: Catalog, changed: Collection[str]) -> list[str]:
    """Streamed tables with a transform among those that changed, and all that are made of them, in order.

    What ODS holds does not change with its contract; a transform that reads another column of it has changed, too.
    """
    found: dict[str, None] = {}
    for table in catalog.ordered:
        made = table.mode == "stream" and not table.source
        if made and (table.name in changed or not found.keys().isdisjoint(catalog.upstream[table.name])):
            found[table.name] = None
    return list(found)
