"""The record of changes: one JSON object a line, written before the change is committed."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.errors import PipelineError
from pipelines.sources.grid.rows import Change


class Journal:
    """Appends changes to changes.jsonl.

    A line is there before its change is committed, and is taken back when the change turns out not to be:
    after any interruption the record can be brought to the number of changes that the database counts.

    Args:
        folder: Folder of the record; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "changes.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.file.touch()
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise PipelineError(
                f"folder {folder} cannot be written: {error.strerror}",
                "set GRIDSEAL_VAR_DIR to a folder that can",
                2,
            ) from error

    def lines(self) -> list[str]:
        """Lines that were written whole."""
        text = self.file.read_text("utf-8")
        return text[: text.rfind("\n") + 1].splitlines(keepends=True)

    def rewrite(self, lines: list[str]) -> None:
        """Replaces the record.

        Args:
            lines: Lines with their ends.
        """
        part = self.file.with_suffix(".part")
        part.write_text("".join(lines), encoding="utf-8")
        part.replace(self.file)

    def append(self, change: Change) -> None:
        """Writes one change.

        Args:
            change: The change, with its rows as the database has them.
        """
        with self.file.open("a", encoding="utf-8") as file:
            file.write(line_of(change))


def line_of(change: Change) -> str:
    """A change as a line of the record.

    Args:
        change: The change.
    """
    fields = {
        "time": change.time,
        "table": change.table,
        "op": change.op,
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
    }
    return json.dumps(fields, default=_text, ensure_ascii=False) + "\n"


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        # Times inside rows have no zone and are UTC.
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date | Decimal):
        return str(value)
    raise TypeError(f"{value!r} cannot be recorded")
