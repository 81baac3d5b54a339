"""Sorted runs of rows on disk, and their merging, in memory that does not grow with the rows."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from notary.lake.keys import order_of, ranks_of, values_of

MOST = 32
"""Runs of one size; as many become one."""
_ROWS = 1 << 12
"""Rows of a batch on disk, of which one of each run is in memory."""


class Runs:
    """Sorted runs on disk, each in a file; many of one size become one of the next, so that there are never many."""

    def __init__(self, folder: Path, key: list[str], what: str) -> None:
        self._folder, self._key, self._what = folder, key, what
        self._files: list[tuple[int, Path]] = []
        self._written = 0

    def __len__(self) -> int:
        return len(self._files)

    def add(self, tables: Iterable[pa.Table], size: int = 0) -> None:
        """Write a run.

        Args:
            tables: Rows in order.
            size: How often its rows were merged.

        Raises:
            NotaryError: Two rows have one key.
        """
        file = self._folder / str(self._written)
        self._written += 1
        writer = None
        for table in tables:
            writer = writer or pa.ipc.new_file(str(file), table.schema)
            writer.write_table(table, _ROWS)
        if writer:
            writer.close()
        self._files.append((size, file))
        like = [other for of, other in self._files if of == size]
        if len(like) == MOST:
            self._files = self._files[: -len(like)]
            self.add(self._merge(like), size + 1)

    def merged(self) -> Iterator[pa.Table]:
        """All rows in order.

        Raises:
            NotaryError: Two rows have one key.
        """
        return self._merge([file for _, file in self._files])

    def _merge(self, files: list[Path]) -> Iterator[pa.Table]:
        yield from _merged([_Run(file, self._key) for file in files], self._key, self._what)
        for file in files:
            file.unlink()


class _Run:
    """A sorted run on disk, read batch by batch.

    Attributes:
        head: What is left of the batch that was read last; None at the end.
        first: Key of its first row.
        last: Key of its last row.
    """

    def __init__(self, path: Path, key: list[str]) -> None:
        self._reader, self._key = pa.ipc.open_file(pa.OSFile(str(path))), key
        self._next = 0
        self.head: pa.Table | None = None
        self.advance(0)

    def advance(self, count: int) -> None:
        """Leave rows behind."""
        self.head = self.head.slice(count) if self.head is not None else None
        if not self.head and self._next < self._reader.num_record_batches:
            self.head = pa.Table.from_batches([self._reader.get_batch(self._next)])
            self._next += 1
            self.last = values_of(self.head, len(self.head) - 1, self._key)
        if self.head:
            self.first = values_of(self.head, 0, self._key)
        else:
            self.head = None


def _merged(runs: list[_Run], key: list[str], what: str) -> Iterator[pa.Table]:
    """Whatever stands up to the least of the runs' last keys is complete: sort it and hand it on."""
    while there := [run for run in runs if run.head is not None]:
        least = min(run.last for run in there)
        there = [run for run in there if run.first <= least]
        heads = [run.head for run in there if run.head is not None]
        if len(heads) == 1:
            yield heads[0]
            there[0].advance(len(heads[0]))
            continue
        ranks = np.split(ranks_of(pa.concat_tables(heads), key), np.cumsum([len(head) for head in heads])[:-1])
        bound = min(part[-1] for part in ranks)
        complete = [part[: np.searchsorted(part, bound, "right")] for part in ranks]
        parts = [head.slice(0, len(part)) for head, part in zip(heads, complete, strict=True)]
        table = pa.concat_tables(parts).combine_chunks()
        # A twin of what is complete is complete as well, since no run has two of its own.
        yield pc.take(table, order_of(table, np.concatenate(complete), key, what))
        for run, part in zip(there, complete, strict=True):
            run.advance(len(part))
