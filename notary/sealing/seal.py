"""Sealing: each partition whose rows have changed since its last seal, as it is at one instant of its table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from notary.bulk.leaves import LeafMaker
from notary.bulk.trees import Tree
from notary.errors import NotaryError
from notary.lake.snapshot import Snapshot, project
from notary.record.seals import Sealed, SealLog
from notary.sealing.hashing import hash_rows
from notary.sealing.leaf_file import SALT, hashes_of, leaf_path, open_leaves, store_leaves
from notary.settings import NotarySettings
from notary.verify.row import Schema
from notary.verify.seal import Seal
from pipelines.errors import PipelineError
from pipelines.observe.files import Progress
from pipelines.reading.commits import Commits, Seen
from warehouse.contract import Table


@dataclass(frozen=True)
class Outcome:
    """What became of a partition that was due.

    Attributes:
        table: Layer and table.
        partition: Its path.
        sealed: The new seal; None if the rows are those of the last one, or it failed.
        error: Why it failed; empty if it did not.
    """

    table: str
    partition: str
    sealed: Sealed | None = None
    error: str = ""


def seal_tables(
    settings: NotarySettings,
    log: SealLog,
    tables: Sequence[Table],
    partition: str | None = None,
    again: bool = False,
    progress: Progress = lambda *_: None,
) -> list[Outcome]:
    """Seal what has changed; a partition that cannot be sealed does not keep the others from it.

    Args:
        settings: Where the lake is.
        log: Of the lake's seals.
        tables: Which tables; those without a commit are passed over.
        partition: Only the one of this path.
        again: Also what has not changed.
        progress: Told of tables done, of all, and the next.

    Raises:
        NotaryError: There is no such partition.
        PipelineError: HDFS does not answer.
    """
    outcomes: list[Outcome] = []
    found = partition is None
    for done, table in enumerate(tables):
        progress(done, len(tables), table.name)
        commits = Commits.of(settings, table)
        if commits.newest is None:
            continue
        with Snapshot.open(settings, commits) as snapshot:
            last, there = log.newest(table.name), set(snapshot.partitions())
            wanted = [path for path in sorted({*there, *last}) if partition in (None, path)]
            found |= bool(wanted)
            for path in wanted:
                changed = True if again else _changed(last.get(path), path in there, snapshot, commits, path)
                if changed is not False:
                    progress(done, len(tables), f"{table.name} {path}".rstrip())
                    outcomes.append(_attempt(settings, log, snapshot, commits, path, last.get(path), changed))
    if not found:
        raise NotaryError(
            f"{', '.join(table.name for table in tables)} has no partition {partition!r}",
            "gridseal notary status",
            exit_code=2,
        )
    return outcomes


def seal_partition(settings: NotarySettings, log: SealLog, snapshot: Snapshot, seen: Seen, partition: str) -> Sealed:
    """Seal a partition as a snapshot has it.

    The leaves are on HDFS before the seal is in the log: killed in between, the next run begins anew.

    Raises:
        NotaryError: Two rows have one key.
        PipelineError: HDFS does not answer, or the files cannot be read.
        ValueError: A row has no canonical form.
    """
    schema, what = snapshot.schema, f"{snapshot.table.name} {partition}".rstrip()
    with TemporaryDirectory(prefix="gridseal-") as folder:
        file = Path(folder) / "leaves.parquet"
        tree = hash_rows(snapshot.batches(partition), schema, what, file)
        seal = Seal(snapshot.table.name, partition, snapshot.instant, schema.id, tree.size, tree.root())
        path = leaf_path(settings, seal) if tree.size else ""
        if path:
            store_leaves(settings, file, path)
    return log.append(seal, schema, seen, path)


def same_rows(settings: NotarySettings, schema: Schema, batches: Iterable[pa.RecordBatch], last: Sealed) -> bool:
    """Whether rows are those that a partition was sealed with; batches are left unread once they cannot be.

    Args:
        settings: Where the lake is.
        schema: What the rows are.
        batches: The rows of the partition now, in the order of their key.
        last: What they are compared with.

    Raises:
        NotaryError: Its leaves cannot be read.
        PipelineError: HDFS does not answer, or its files cannot be read.
    """
    if schema != last.schema or not last.leaves:
        return False
    maker, tree = LeafMaker(last.schema), Tree()
    with open_leaves(settings, last.leaves) as file:
        salts = hashes_of(file.read([SALT]).column(SALT))
        for batch in batches:
            given = salts[tree.size : tree.size + len(batch)]
            if len(given) < len(batch):
                return False
            tree.add(maker.leaves(project(batch, last.schema.names), given))
    return tree.root() == last.seal.root


def _changed(last: Sealed | None, there: bool, snapshot: Snapshot, commits: Commits, partition: str) -> bool | None:
    """Whether commits after its last seal changed a partition; None if its rows must be compared to tell.

    Compactions and clusterings change nothing. Commits that were archived since then are no longer told apart.

    Args:
        last: The last seal.
        there: Whether the partition is.
        snapshot: Of the table.
        commits: Of the table.
        partition: Its path.
    """
    if last is None or any(partition in commit.partitions for commit in commits.after(last.seen)):
        return True
    if not there:
        return None
    archived = commits.known_since > last.seen.instant and snapshot.newest_file_ms(partition) > last.seen.at_ms
    return None if archived else False


def _attempt(
    settings: NotarySettings,
    log: SealLog,
    snapshot: Snapshot,
    commits: Commits,
    partition: str,
    last: Sealed | None,
    changed: bool | None,
) -> Outcome:
    table = snapshot.table.name
    try:
        if last and changed is None:
            if same_rows(settings, snapshot.schema, snapshot.rows(partition), last):
                return Outcome(table, partition)
            if partition not in snapshot.partitions():
                raise NotaryError(f"{table} {partition} is gone from HDFS, and no commit removed it", "gridseal audit")
        return Outcome(table, partition, seal_partition(settings, log, snapshot, commits.seen, partition))
    except (NotaryError, PipelineError, ValueError) as error:
        return Outcome(table, partition, error=str(error))
