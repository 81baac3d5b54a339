"""What a night costs on the chain, however many partitions it has sealed."""

from collections.abc import Iterator

from bench.figure import Figure, Goal
from bench.options import Options
from notary.chain.contract.gas import NIGHTLY_LIMIT, checkpoint_gas

_PARTITIONS = (1, 100, 10_000)


def measure(_: Options) -> Iterator[Figure]:
    """The whole transaction, by the rules of Prague; the same at every run."""
    found: list[int] = []
    for partitions in _PARTITIONS:
        found.append(checkpoint_gas(1, 1 + partitions))
        goals = (Goal("<=", NIGHTLY_LIMIT),)
        yield Figure(f"checkpoint of {partitions:,} new seals", found[-1], "gas", "of one", found[0], goals)
