"""Counts what a feed has sent."""

from collections import Counter

import numpy as np
import numpy.typing as npt

from pipelines.sources.meters.malformed import MALFORMED_KINDS
from pipelines.sources.meters.readings import DUPLICATE, KINDS, MALFORMED, Messages
from pipelines.sources.meters.summary import PartitionCount


class Tally:
    """Counts by kind, by kind of damage and by partition."""

    def __init__(self) -> None:
        self._kinds: Counter[int] = Counter()
        self._malformed: Counter[int] = Counter()
        self.partitions: dict[int, PartitionCount] = {}

    def add(self, messages: Messages, partitions: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64]) -> None:
        """Counts messages that the broker has acknowledged.

        Args:
            messages: Messages.
            partitions: Partition of each.
            offsets: Offset of each.
        """
        self._kinds.update(messages["kind"].tolist())
        self._malformed.update(messages["variant"][messages["kind"] == MALFORMED].tolist())
        for number in np.unique(partitions).tolist():
            mine = offsets[partitions == number]
            count = self.partitions.setdefault(
                number, PartitionCount(messages=0, first_offset=int(mine.min()), last_offset=0)
            )
            count.messages += len(mine)
            count.last_offset = int(mine.max())

    @property
    def messages(self) -> int:
        """All messages."""
        return self._kinds.total()

    @property
    def readings(self) -> int:
        """Distinct readings."""
        return self.messages - self._kinds[DUPLICATE] - self._kinds[MALFORMED]

    def kinds(self) -> dict[str, int]:
        """Messages by kind, zeros included."""
        return {name: self._kinds[number] for number, name in enumerate(KINDS)}

    def malformed_kinds(self) -> dict[str, int]:
        """Malformed messages by kind of damage."""
        return {MALFORMED_KINDS[number].name: count for number, count in sorted(self._malformed.items())}
