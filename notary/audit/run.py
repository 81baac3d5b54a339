"""Audits of tables: every sealed partition, and the record of the notary itself."""

from collections.abc import Callable, Sequence

from notary.audit.partition import Audit, Kind, audit_partition
from notary.errors import NotaryError
from notary.lake.commits import Commits
from notary.lake.snapshot import open_snapshot
from notary.record.audits import Audits
from notary.record.checkpoints import Checkpoints
from notary.record.seals import Sealed, SealLog
from notary.settings import NotarySettings
from warehouse.contract import Table

Progress = Callable[[int, int, str], None]


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
    for one in checkpoints.all():
        if one.checkpoint.root != log.checkpoint(one.checkpoint.size).root:
            raise NotaryError(
                f"the checkpoint of {one.checkpoint.size} seals is not one of the log; somebody has changed the record",
                "restore the notary's record from a backup",
            )


def audit_tables(
    settings: NotarySettings,
    log: SealLog,
    audits: Audits,
    tables: Sequence[Table],
    partition: str | None = None,
    progress: Progress = lambda *_: None,
) -> list[Audit]:
    """Compare partitions with their newest seals, and write down what was found.

    Args:
        settings: Where the lake is.
        log: Of the lake's seals.
        audits: Where it is written down.
        tables: Which tables.
        partition: Only the one of this path.
        progress: Told of partitions done, of all, and the next.

    Raises:
        NotaryError: None is sealed, or the leaves of a seal are gone.
        PipelineError: HDFS does not answer.
    """
    wanted = [
        (table, sealed)
        for table in tables
        for sealed in log.newest(table.name).values()
        if partition in (None, sealed.seal.partition)
    ]
    if not wanted:
        raise NotaryError("nothing of that is sealed", "gridseal seal --all; gridseal notary status", 2)
    found: list[Audit] = []

    def tell(what: str) -> None:
        progress(len(found), len(wanted), what)

    for table in dict.fromkeys(table.name for table, _ in wanted):
        found += _audit_table(settings, [(one, sealed) for one, sealed in wanted if one.name == table], tell)
    for audit in found:
        audits.add(audit)
    return found


def _audit_table(
    settings: NotarySettings, wanted: Sequence[tuple[Table, Sealed]], progress: Callable[[str], None]
) -> list[Audit]:
    table = wanted[0][0]
    commits = Commits.of(settings, table)
    audits = []
    try:
        with open_snapshot(settings, commits) as snapshot:
            for _, sealed in wanted:
                progress(f"{table.name} {sealed.seal.partition}".rstrip())
                audits.append(audit_partition(settings, snapshot, commits, sealed))
            return audits
    except NotaryError as error:
        if commits.newest is None:
            return [Audit(sealed, "", 0, 0, (), str(error)) for _, sealed in wanted]
        raise


def summary(audit: Audit) -> str:
    """What differs, in words."""
    counts = [f"{audit.count(kind):,} {kind}" for kind in Kind if audit.count(kind)]
    if audit.forgotten:
        counts.append(f"{audit.forgotten:,} forgotten")
    return audit.unreadable or ", ".join(counts)
