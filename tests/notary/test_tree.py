"""Trees by the letter of RFC 6962: paths lead to the root, and only from where the leaf stands."""

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from notary.verify.hashes import EMPTY_ROOT, node_hash
from notary.verify.tree import consistency_path, inclusion_path, root, root_of_path, roots_of_consistency

MOST = 300
LEAVES = [blake3(f"leaf {number}".encode()).digest() for number in range(MOST)]
SIZES = st.integers(1, MOST)


def level_by_level(leaves: list[bytes]) -> bytes:
    """The same root by another way: pairs from the left, and who is alone goes up unchanged."""
    while len(leaves) > 1:
        pairs = [node_hash(*leaves[place : place + 2]) for place in range(0, len(leaves) - 1, 2)]
        leaves = pairs + (leaves[-1:] if len(leaves) % 2 else [])
    return leaves[0]


def roots_by_path(old: int, size: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    try:
        return roots_of_consistency(old, size, root(LEAVES[:old]), path)
    except ValueError:
        return None


def test_a_tree_of_nothing_and_one_of_one() -> None:
    assert root([]) == EMPTY_ROOT == blake3(b"").digest()
    assert root(LEAVES[:1]) == LEAVES[0]


def test_a_tree_of_seven_as_the_rfc_draws_it() -> None:
    a, b, c, d, e, f, g = LEAVES[:7]
    left = node_hash(node_hash(a, b), node_hash(c, d))
    right = node_hash(node_hash(e, f), g)
    assert root(LEAVES[:7]) == node_hash(left, right)
    assert inclusion_path(LEAVES[:7], 0) == [b, node_hash(c, d), right]
    assert inclusion_path(LEAVES[:7], 6) == [node_hash(e, f), left]
    assert consistency_path(LEAVES[:7], 3) == [c, d, node_hash(a, b), right]
    assert consistency_path(LEAVES[:7], 4) == [right]


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_the_root_is_that_of_pairs_from_the_left(size: int) -> None:
    assert root(LEAVES[:size]) == level_by_level(LEAVES[:size])


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 127, 128, 129, 255, 256, 257, MOST])
def test_every_leaf_has_a_path_to_the_root_and_to_it_alone(size: int) -> None:
    top = root(LEAVES[:size])
    for index in range(size):
        path = inclusion_path(LEAVES[:size], index)
        assert root_of_path(LEAVES[index], index, size, path) == top


@given(SIZES, st.data())
def test_a_path_from_elsewhere_leads_elsewhere(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index or size == 1))
    path = inclusion_path(LEAVES[:size], index)
    for leaf, place in ((LEAVES[index], other), (LEAVES[other], index), (root(LEAVES[:size]), index)):
        if size > 1:
            assert found(leaf, place, size, path) != root(LEAVES[:size])


@given(SIZES, st.data())
def test_a_path_that_is_cut_lengthened_or_turned_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, top = inclusion_path(LEAVES[:size], index), root(LEAVES[:size])
    forged = [path[1:], path[:-1], [*path, LEAVES[0]], [LEAVES[0], *path], path[::-1], [*path, *path[-1:]]]
    for wrong in forged:
        if wrong != path:
            assert found(LEAVES[index], index, size, wrong) != top


def test_an_inner_node_is_no_leaf_of_a_smaller_tree() -> None:
    """The second half of a path, from a node: its place and the size of that tree would have to be believed."""
    path = inclusion_path(LEAVES[:8], 5)
    inner = node_hash(LEAVES[4], LEAVES[5])
    assert root_of_path(inner, 2, 4, path[1:]) == root(LEAVES[:8])
    # So a seal says how many rows there are, and a leaf is made of the row itself.
    assert found(inner, 2, 8, path[1:]) is None


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, MOST])
def test_a_tree_begins_with_every_older_one(size: int) -> None:
    for old in range(1, size + 1):
        path = consistency_path(LEAVES[:size], old)
        assert roots_of_consistency(old, size, root(LEAVES[:old]), path) == (root(LEAVES[:old]), root(LEAVES[:size]))


@given(st.integers(2, MOST), st.data())
def test_a_forked_log_is_not_consistent(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    fork = [*LEAVES[:size]]
    fork[changed] = LEAVES[(changed + 1) % MOST]
    path = consistency_path(fork, old)
    # Whatever it shows, it is not both the root of before and the root of now.
    assert roots_by_path(old, size, path) != (root(LEAVES[:old]), root(fork))


@given(st.integers(1, MOST), st.data())
def test_a_consistency_path_that_is_cut_or_lengthened_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    path, wanted = consistency_path(LEAVES[:size], old), (root(LEAVES[:old]), root(LEAVES[:size]))
    for wrong in (path[1:], path[:-1], [*path, LEAVES[0]], [LEAVES[0], *path], path[::-1]):
        if wrong != path:
            assert roots_by_path(old, size, wrong) != wanted


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_a_place_outside_of_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"leaf {index} of {size}"):
        root_of_path(LEAVES[0], index, size, [])


@pytest.mark.parametrize(("old", "size"), [(0, 5), (6, 5), (-1, 5)])
def test_a_tree_does_not_begin_with_nothing_or_with_a_larger_one(old: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"a tree of {size} does not begin with one of {old}"):
        roots_of_consistency(old, size, LEAVES[0], [])


def found(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Where a path leads; None if it is none."""
    try:
        return root_of_path(leaf, index, size, path)
    except ValueError:
        return None
