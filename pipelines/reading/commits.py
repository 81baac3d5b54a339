"""What Hudi's timeline says of a table: which commits changed which partitions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.timeline import (
    COMPLETED,
    EVER,
    WRITTEN,
    Timeline,
    columns_of,
    list_timeline,
    read_commit,
    replace_commits,
)
from warehouse.contract import Table

_BEGUN = tuple(f"{commit}.requested" for commit in COMPLETED)
# They write rows anew that are there already.
_SERVICES = frozenset({"COMPACT", "CLUSTER", "LOG_COMPACT"})


@dataclass(frozen=True)
class Commit:
    """A completed commit.

    Attributes:
        instant: When it began; Hudi's name of it.
        action: commit, deltacommit or replacecommit.
        operation: Such as UPSERT, INSERT_OVERWRITE or COMPACT.
        partitions: Paths of the partitions that it wrote or emptied.
    """

    instant: str
    action: str
    operation: str
    partitions: frozenset[str]


@dataclass(frozen=True)
class Seen:
    """What a reader of a table has seen.

    Attributes:
        instant: Of the newest commit.
        unfinished: Instants before it whose commits were not complete, so that he has not seen them.
        at_ms: When the last commit had completed, ms since 1970 by HDFS's clock.
    """

    instant: str
    unfinished: frozenset[str]
    at_ms: int


class Commits:
    """The commits that a table's timeline still holds, each read when it is asked for."""

    def __init__(self, table: Table, files: Timeline, read: Callable[[str], dict[str, Any]]) -> None:
        self.table = table
        self.files = [(name, status) for name, status in files if status["type"] == "FILE"]
        self._read = read
        self._told: dict[str, dict[str, Any]] = {}

    @classmethod
    def of(cls, settings: PipelineSettings, table: Table) -> "Commits":
        """List a table's timeline.

        Raises:
            PipelineError: HDFS does not answer.
        """
        return cls(table, list_timeline(settings, table), lambda file: read_commit(settings, table, file))

    @property
    def newest(self) -> str | None:
        """File of the newest commit that changed rows; None before the first."""
        return self.newest_until(EVER)

    def newest_until(self, instant: str) -> str | None:
        """File of the newest commit that changed rows and began at an instant or before; None if there is none."""
        files = [name for name, _ in self.completed() if name.split(".")[0] <= instant and self._changes_rows(name)]
        return max(files, default=None)

    @property
    def seen(self) -> Seen:
        """What a reader of now sees.

        Raises:
            PipelineError: There is no commit yet.
        """
        if self.newest is None:
            raise PipelineError(f"{self.table.name} has no commit yet", "gridseal status")
        instant = self.newest.split(".")[0]
        completed = {name.split(".")[0] for name, _ in self.completed()}
        begun = {name.split(".")[0] for name, _ in self.files if name[:1].isdigit()}
        at_ms = max(int(status["modificationTime"]) for _, status in self.completed())
        return Seen(instant, frozenset(one for one in begun - completed if one < instant), at_ms)

    @property
    def known_since(self) -> str:
        """The oldest instant of which the timeline still tells; empty while it tells of all."""
        if not any(name.endswith(".clean") for name, _ in self.files):
            return ""
        return min((name.split(".")[0] for name, _ in self.completed()), default="")

    def after(self, seen: Seen) -> list[Commit]:
        """Commits that changed rows and that a reader had not seen, oldest first.

        Told by their instants and not by the times of files, which whoever can write a file can set.
        """
        found = [
            self._commit(name)
            for name, _ in self.completed()
            if (name.split(".")[0] > seen.instant or name.split(".")[0] in seen.unfinished) and self._changes_rows(name)
        ]
        return sorted(found, key=lambda commit: commit.instant)

    def same_rows_until(self, instant: str) -> str:
        """The last instant at which the rows are still those of an instant.

        That is the last compaction or clustering before the next commit that changes rows. It is there to be read when
        the files that it was made of have been cleaned.
        """
        completed = {name.split(".")[0]: self._changes_rows(name) for name, _ in self.completed()}
        # What has begun may be going to change rows.
        begun = {name.split(".")[0] for name, _ in self.files if name.endswith(_BEGUN)}
        changing = {one for one in {*begun, *completed} if completed.get(one, True)}
        bound = min((one for one in changing if one > instant), default=EVER)
        return max((one for one in completed.keys() - changing if instant < one < bound), default=instant)

    def last_change(self, partition: str, since: str, until: str) -> str:
        """The instant of the newest commit that changed rows of a partition.

        Args:
            partition: Its path.
            since: Only commits that began then or later.
            until: Only commits that began then or before.

        Returns:
            Empty if there is none.
        """
        names = [name for name, _ in self.completed() if since <= name.split(".")[0] <= until]
        changes = (self._commit(name) for name in sorted(names, reverse=True) if self._changes_rows(name))
        return next((commit.instant for commit in changes if partition in commit.partitions), "")

    def replaced(self, until: str) -> frozenset[tuple[str, str]]:
        """Partition and file group of what commits, begun at an instant or before, have put others in the place of."""
        names = [name for name, _ in replace_commits(self.completed()) if name.split(".")[0] <= until]
        told = (self.read(name).get("partitionToReplaceFileIds", {}) for name in names)
        return frozenset((path, group) for groups in told for path, ids in groups.items() for group in ids)

    def read(self, file: str) -> dict[str, Any]:
        """What a commit says of itself."""
        if file not in self._told:
            self._told[file] = self._read(file)
        return self._told[file]

    def columns(self, file: str) -> tuple[str, ...]:
        """Columns of the table when a commit was made."""
        return tuple(columns_of(self.read(file)))

    def _commit(self, file: str) -> Commit:
        told = self.read(file)
        instant, action = file.split(".")
        partitions = {*told.get("partitionToWriteStats", {}), *told.get("partitionToReplaceFileIds", {})}
        return Commit(instant, action, told.get("operationType") or "", frozenset(partitions))

    def completed(self) -> list[tuple[str, dict[str, Any]]]:
        """File and status of each completed commit, compactions and clusterings included."""
        return [(name, status) for name, status in self.files if name.endswith(COMPLETED)]

    def _changes_rows(self, file: str) -> bool:
        if not file.endswith(WRITTEN[self.table.table_type]):
            return False
        # A clustering is a replacecommit like an overwrite; the rest need not be read.
        return not file.endswith(".replacecommit") or self.read(file).get("operationType") not in _SERVICES
