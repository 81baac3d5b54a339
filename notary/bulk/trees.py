"""Trees over many leaves, in memory that does not grow with them."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from notary.bulk.lanes import hash_pairs
from notary.verify.hashes import EMPTY_ROOT, SIZE, node_hash


class Tree:
    """A tree that grows by leaves.

    A tree of RFC 6962 is one complete tree for each bit of the number of leaves, the largest first; these are kept.
    """

    def __init__(self) -> None:
        self._size = 0
        self._complete: list[tuple[int, bytes]] = []

    @property
    def size(self) -> int:
        """Leaves so far."""
        return self._size

    def add(self, leaves: NDArray[Any]) -> Self:
        """Append leaves.

        Args:
            leaves: uint8[n, 32].

        Raises:
            ValueError: The array is of another type or shape.
        """
        if leaves.dtype != np.uint8 or leaves.shape[1:] != (SIZE,):
            raise ValueError(f"leaves are uint8[n, {SIZE}], not {leaves.dtype}{list(leaves.shape)}")
        while len(leaves):
            # The largest complete tree that may begin here.
            most = 1 << len(leaves).bit_length() - 1
            count = min(most, self._size & -self._size) if self._size else most
            self._append(count.bit_length() - 1, _complete_root(leaves[:count]))
            self._size += count
            leaves = leaves[count:]
        return self

    def root(self) -> bytes:
        """Root of all leaves so far."""
        if not self._complete:
            return EMPTY_ROOT
        (_, found), *rest = reversed(self._complete)
        for _, left in rest:
            found = node_hash(left, found)
        return found

    def _append(self, height: int, top: bytes) -> None:
        while self._complete and self._complete[-1][0] == height:
            _, left = self._complete.pop()
            height, top = height + 1, node_hash(left, top)
        self._complete.append((height, top))


def _complete_root(level: NDArray[Any]) -> bytes:
    """Root of a power of two leaves."""
    while len(level) > 1:
        nodes = np.empty((len(level) // 2, 8), np.uint32)
        hash_pairs(np.ascontiguousarray(level).reshape(-1), nodes)
        level = nodes.view(np.uint8)
    return level.reshape(SIZE).tobytes()


class Levels:
    """A tree with all of its nodes, which takes as much memory again as its leaves: paths are looked up, not hashed."""

    def __init__(self, leaves: NDArray[Any]) -> None:
        """Hash them; uint8[n, 32]."""
        self._levels = [np.ascontiguousarray(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            level = np.empty(((len(below) + 1) // 2, SIZE), np.uint8)
            hash_pairs(below.reshape(-1), level[: len(below) // 2].view(np.uint32))
            # Who has no neighbour goes up as he is, which gives the tree of RFC 6962.
            level[len(below) // 2 :] = below[len(below) & ~1 :]
            self._levels.append(level)

    def root(self) -> bytes:
        """Root of all leaves."""
        return self._levels[-1][0].tobytes() if len(self._levels[0]) else EMPTY_ROOT

    def path(self, index: int) -> list[bytes]:
        """The hashes that lead from a leaf to the root, as ``notary.verify.tree.inclusion_path`` gives them."""
        places = ((level, (index >> height) ^ 1) for height, level in enumerate(self._levels[:-1]))
        return [level[place].tobytes() for level, place in places if place < len(level)]
