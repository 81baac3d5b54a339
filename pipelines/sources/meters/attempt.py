"""The folder of one feed: who writes it, and which attempts at it did not end."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from pipelines.errors import PipelineError
from pipelines.sources.meters.summary import SUMMARY_FILE, FeedSummary, InterruptedAttempt, read_summary


class Attempt(BaseModel):
    """One start of a feed.

    Args:
        started_at: When.
        from_offsets: End of each partition at that time.
    """

    started_at: datetime
    from_offsets: dict[int, int]


class Attempts(BaseModel):
    """All starts of a feed; written before the first message of each."""

    attempts: list[Attempt] = []


@contextmanager
def feed_lock(folder: Path) -> Iterator[None]:
    """Lets one process at a time write a feed.

    Args:
        folder: Folder of the feed; made when missing.

    Raises:
        PipelineError: Another process is sending this feed, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PipelineError(
                    f"feed {folder.name} is being sent by another process",
                    "wait for it to end, then ask again",
                    1,
                ) from error
            yield
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise PipelineError(
            f"folder {folder} cannot be written: {error.strerror}",
            "set GRIDSEAL_VAR_DIR to a folder that can",
            2,
        ) from error


def complete(folder: Path, ends: dict[int, int]) -> FeedSummary | None:
    """The summary of a feed that ended and whose messages the topic still counts.

    A topic that ends before the recorded offsets is another one of the same name: the feed has to go again.

    Args:
        folder: Folder of the feed.
        ends: End of each partition of the topic now.
    """
    summary = read_summary(folder)
    if summary is None:
        return None
    held = all(count.last_offset < ends.get(number, 0) for number, count in summary.partitions.items())
    return summary.model_copy(update={"already_sent": True}) if held else None


def begin(folder: Path, ends: dict[int, int]) -> list[InterruptedAttempt]:
    """Notes the start of an attempt.

    Args:
        folder: Folder of the feed.
        ends: End of each partition of the topic now.

    Returns:
        Earlier attempts that sent something into this topic and did not end.
    """
    (folder / SUMMARY_FILE).unlink(missing_ok=True)
    file = folder / "attempts.json"
    noted = Attempts.model_validate_json(file.read_text("utf-8")) if file.exists() else Attempts()
    # An attempt that began behind the present end wrote to a topic that is gone; one at it sent nothing.
    earlier = [
        attempt
        for attempt in noted.attempts
        if attempt.from_offsets != ends and all(offset <= ends.get(n, 0) for n, offset in attempt.from_offsets.items())
    ]
    now = Attempt(started_at=datetime.now(UTC), from_offsets=ends)
    replace_text(file, Attempts(attempts=[*earlier, now]).model_dump_json(indent=2))
    return [
        InterruptedAttempt(
            started_at=attempt.started_at,
            from_offsets=attempt.from_offsets,
            until_offsets=following.from_offsets,
        )
        for attempt, following in zip(earlier, [*earlier, now][1:], strict=True)
    ]


def replace_text(file: Path, text: str) -> None:
    """Writes a file so that a reader sees all of it or the one before.

    Args:
        file: File to write.
        text: All of its text.
    """
    part = file.with_suffix(".part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(file)
