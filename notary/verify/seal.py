"""What is said of a partition and of the whole lake: seals, and checkpoints of the log of all seals."""

from dataclasses import dataclass

from .hashes import SIZE, lengthened, named_hash

VERSION = 1
"""Of all formats of this package."""


@dataclass(frozen=True)
class Seal:
    """A partition as it was at one instant; its hash is a leaf of the lake's log.

    Attributes:
        table: Such as ads.customer_daily_bill.
        partition: Its path, such as dt=2026-11-20; empty for a table without partitions.
        instant: Time of the Hudi commit that its rows are those of, yyyyMMddHHmmssSSS.
        schema_id: What its rows are.
        rows: How many there are.
        root: Of the tree of their leaves, in the order of their key.
    """

    table: str
    partition: str
    instant: str
    schema_id: bytes
    rows: int
    root: bytes

    @property
    def hash(self) -> bytes:
        """The seal as a leaf of the log.

        Raises:
            ValueError: A hash has another length, or there are less than no rows.
        """
        _hashes(self.schema_id, self.root)
        texts = (text.encode() for text in (self.table, self.partition, self.instant))
        return named_hash("seal", lengthened(_number(VERSION), *texts, self.schema_id, _number(self.rows), self.root))


@dataclass(frozen=True)
class Checkpoint:
    """The log of a lake as it was one night; what is anchored.

    Attributes:
        origin: Name of the lake, unique wherever it is anchored.
        size: Seals in the log.
        root: Of their tree.
    """

    origin: str
    size: int
    root: bytes

    @property
    def origin_id(self) -> bytes:
        """The lake as the contract knows it."""
        return named_hash("origin", self.origin.encode())

    @property
    def hash(self) -> bytes:
        """The checkpoint in 32 bytes, for clocks that stamp a hash.

        Raises:
            ValueError: The root has another length.
        """
        _hashes(self.root)
        return named_hash(
            "checkpoint", lengthened(_number(VERSION), self.origin.encode(), _number(self.size), self.root)
        )


def _number(value: int) -> bytes:
    """A count in 8 bytes."""
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{value} is no count of 8 bytes")
    return value.to_bytes(8, "little")


def _hashes(*values: bytes) -> None:
    for value in values:
        if len(value) != SIZE:
            raise ValueError(f"a hash has {SIZE} bytes, this one has {len(value)}")
