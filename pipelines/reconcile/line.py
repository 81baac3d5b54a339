"""One comparison."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    """Two numbers that must be equal to the last digit.

    Attributes:
        scope: Topic and partition, business table, or table of the lake.
        measure: What is counted or summed, with its unit.
        upstream: The number where the rows come from.
        here: The number where they arrived.
        detail: How ``here`` is made up, or what differs.
    """

    scope: str
    measure: str
    upstream: Decimal
    here: Decimal
    detail: str = ""

    @property
    def ok(self) -> bool:
        """The numbers agree."""
        return self.upstream == self.here
