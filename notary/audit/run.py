"""Audits of tables: every sealed partition, and the record of the notary itself."""

from collections.abc import Sequence

from notary.audit.partition import Audit, Kind, audit_partition
from notary.audit.record import Audits
from notary.bulk.trees import Tree
from notary.errors import NotaryError
from notary.lake.snapshot import Snapshot
from notary.record.checkpoints import Checkpoints
from notary.record.forgotten import Forgotten
from notary.record.seals import Sealed, SealLog
from notary.settings import NotarySettings
from pipelines.observe.files import Progress
from pipelines.reading.commits import Commits
from warehouse.catalog import Catalog
from warehouse.contract import Table


def check_record(log: SealLog, checkpoints: Checkpoints) -> None:
    """Whether the record is whole: every seal has the hash that the log has, every checkpoint the root of its seals.

    Raises:
        NotaryError: It is not.
    """
    hashes = log.hashes()
    for sealed in log.all():
        if sealed.seal.hash != hashes[sealed.position].tobytes():
            raise NotaryError(
                f"seal {sealed.position} in the notary's record is not the one that was made; somebody has changed it",
                "restore the notary's record from a backup",
            )
    tree = Tree()
    for one in reversed(checkpoints.all()):
        tree.add(hashes[tree.size : one.checkpoint.size])
        if (tree.size, tree.root()) != (one.checkpoint.size, one.checkpoint.root):
            raise NotaryError(
                f"the checkpoint of {one.checkpoint.size} seals is not one of the log; somebody has changed the record",
                "restore the notary's record from a backup",
            )


def newest_seals(log: SealLog, tables: Sequence[Table], partition: str | None = None) -> list[Sealed]:
    """The newest seals of partitions.

    Args:
        log: Of the lake's seals.
        tables: Which tables.
        partition: Only the one of this path.

    Raises:
        NotaryError: None is sealed.
    """
    found = [
        sealed
        for table in tables
        for sealed in log.newest(table.name).values()
        if partition in (None, sealed.seal.partition)
    ]
    if not found:
        raise NotaryError("nothing of that is sealed", "gridseal seal --all; gridseal notary status", 2)
    return found


def audit_partitions(
    settings: NotarySettings,
    catalog: Catalog,
    audits: Audits,
    forgotten: Forgotten,
    wanted: Sequence[Sealed],
    progress: Progress = lambda *_: None,
) -> list[Audit]:
    """Compare partitions with their seals, and write down what was found.

    Args:
        settings: Where the lake is.
        catalog: The tables.
        audits: Where it is written down.
        forgotten: Rows whose salts were destroyed.
        wanted: What to compare with.
        progress: Told of partitions done, of all, and the next.

    Raises:
        NotaryError: The leaves of a seal are gone, or not its own.
        PipelineError: HDFS does not answer.
    """
    found: list[Audit] = []
    for name in dict.fromkeys(sealed.seal.table for sealed in wanted):
        commits = Commits.of(settings, catalog.table(name))
        of_table = [sealed for sealed in wanted if sealed.seal.table == name]
        if commits.newest is None:
            gone = f"{name} has no commit any more"
            found += [Audit(sealed, "", 0, 0, (), gone) for sealed in of_table]
            continue
        with Snapshot.open(settings, commits) as snapshot:
            for sealed in of_table:
                progress(len(found), len(wanted), f"{name} {sealed.seal.partition}".rstrip())
                known = forgotten.leaves(name, sealed.seal.partition)
                found.append(audit_partition(settings, snapshot, commits, sealed, known))
    for audit in found:
        audits.add(audit)
    return found


def summary(audit: Audit) -> str:
    """What differs, in words."""
    counts = [f"{audit.count(kind):,} {kind}" for kind in Kind if audit.count(kind)]
    if audit.forgotten:
        counts.append(f"{audit.forgotten:,} forgotten")
    return audit.unreadable or ", ".join(counts)
