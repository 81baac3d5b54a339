"""Merkle trees as in RFC 6962: of the rows of a partition, and of all seals of the lake.

A tree of n leaves is split after the largest power of two that is smaller than n. No leaf is ever doubled
(CVE-2012-2459) and no pair is ever sorted (CVE-2023-34459): where a hash stands is part of what is proven.
"""

from collections.abc import Sequence

from .hashes import EMPTY_ROOT, node_hash


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of a tree (RFC 6962, 2.1)."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(root(leaves[:split]), root(leaves[split:]))


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from a leaf to the root, from below (RFC 6962, 2.1.1)."""
    if len(leaves) <= 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(leaves[:split], index), root(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), root(leaves[:split])]


def consistency_path(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """The hashes that show that a tree begins with an older one (RFC 6962, 2.1.2)."""
    return _subproof(leaves, old_size, True) if 0 < old_size < len(leaves) else []


def _subproof(leaves: Sequence[bytes], old_size: int, known: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if known else [root(leaves)]
    split = _split(len(leaves))
    if old_size <= split:
        return [*_subproof(leaves[:split], old_size, known), root(leaves[split:])]
    return [*_subproof(leaves[split:], old_size - split, False), root(leaves[:split])]


def root_of_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Root of the tree in which a leaf stands where it is said to (RFC 9162, 2.1.3.2).

    Raises:
        ValueError: No tree of this size has such a path.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} of {size}")
    place, last, found = index, size - 1, leaf
    for hash_ in path:
        if last == 0:
            raise ValueError(f"the path of leaf {index} of {size} has {len(path)} hashes, which is too many")
        if place & 1 or place == last:
            found = node_hash(hash_, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, hash_)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError(f"the path of leaf {index} of {size} has {len(path)} hashes, which is too few")
    return found


def roots_of_consistency(old_size: int, size: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Old and new root of the tree that grew as a path says (RFC 9162, 2.1.4.2).

    Args:
        old_size: Leaves of the older tree, at least 1.
        size: Leaves of the tree.
        old_root: Root of the older tree.
        path: What ``consistency_path`` gives.

    Raises:
        ValueError: No tree of this size has such a path.
    """
    if not 0 < old_size <= size:
        raise ValueError(f"a tree of {size} does not begin with one of {old_size}")
    if old_size == size:
        if path:
            raise ValueError(f"{size} leaves are {size} leaves; there is nothing to prove by {len(path)} hashes")
        return old_root, old_root
    # A tree of a power of two is itself the first hash.
    hashes = [*([old_root] if old_size & (old_size - 1) == 0 else []), *path]
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not hashes:
        raise ValueError(f"from {old_size} to {size} leaves there is a path, and none is given")
    old = new = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            raise ValueError(f"the path from {old_size} to {size} leaves has {len(path)} hashes, which is too many")
        if place & 1 or place == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, hash_)
        place, last = place >> 1, last >> 1
    if last:
        raise ValueError(f"the path from {old_size} to {size} leaves has {len(path)} hashes, which is too few")
    return old, new


def _split(size: int) -> int:
    """The largest power of two that is smaller."""
    return 1 << (size - 1).bit_length() - 1
