"""Leaves to root, on one core."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from bench.clock import one_core, seconds
from bench.figure import Figure
from bench.options import Options
from notary.bulk.trees import Tree
from notary.verify.hashes import SIZE

_LOOPED = 1 << 16


def measure(options: Options) -> Iterator[Figure]:
    """The tree beside a loop over the blake3 package."""
    leaves = random_hashes(options.rows)
    hashes = [leaf.tobytes() for leaf in leaves[:_LOOPED]]
    if loop(hashes) != Tree().add(leaves[:_LOOPED]).root():
        raise ArithmeticError("the loop and the tree have other roots")
    with one_core():
        took = seconds({"tree": lambda: Tree().add(leaves).root(), "loop": lambda: loop(hashes)}, options.runs)
    yield Figure(
        "tree over the leaves",
        len(leaves) / took["tree"],
        "leaves/s",
        "a loop over the blake3 package",
        len(hashes) / took["loop"],
    )


def random_hashes(count: int) -> NDArray[Any]:
    """Hashes of nothing in particular, the same at every run; uint8[n, 32]."""
    return np.frombuffer(blake3(b"hashes").digest(length=SIZE * count), np.uint8).reshape(-1, SIZE)


def loop(level: list[bytes]) -> bytes:
    """Root by one call of the package a node; who has no neighbour goes up as it is."""
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [blake3(left + right).digest() for left, right in pairs] + level[len(level) & ~1 :]
    return level[0]
