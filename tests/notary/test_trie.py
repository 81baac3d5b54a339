"""A trie proves each of its values and nothing else; RLP has one encoding for each."""

from typing import Any

import pytest
import rlp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from notary.verify.keccak import keccak256
from notary.verify.trie import MAX_NODE_BYTES, MAX_NODES, items, number, string, value_at

Map = dict[bytes, bytes]


def trie_of(entries: Map) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[key] = value
    return trie


def proof_of(trie: HexaryTrie, key: bytes) -> list[bytes]:
    """The nodes on the way to a key, without those that stand within another, as eth_getProof gives them."""
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    return nodes[:1] + [node for node in nodes[1:] if len(node) >= 32]


def opened(data: bytes) -> Any:
    """What RLP holds, all of it."""
    return [opened(item) for item in items(data)] if data[:1] >= b"\xc0" else string(data)


# Few letters, so that keys share their beginnings, or are the beginning of another; some nodes are shorter than hashes.
LETTERS = st.sampled_from([0x00, 0x01, 0x10, 0x11, 0x1F, 0xF1])
KEYS = st.lists(LETTERS, max_size=5).map(bytes) | st.binary(min_size=2, max_size=2)
VALUES = st.binary(min_size=1, max_size=3) | st.binary(min_size=1, max_size=80)
MAPS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=30)
# A branch that holds an extension that holds a branch that holds leaves.
NESTED = {b"\x11\x11": b"a", b"\x11\x12": b"b", b"\x20\x00": b"x" * 40}
HASHED = {keccak256(bytes([entry])): entry.to_bytes(2, "big") for entry in range(200)}


@settings(deadline=None)
@given(MAPS, st.lists(KEYS, max_size=20))
@example(NESTED, [b"\x11", b"\x11\x13", b"\x11\x11\x11"])
def test_every_value_is_proven_and_nothing_else(entries: Map, others: list[bytes]) -> None:
    trie = trie_of(entries)
    for key, value in entries.items():
        assert value_at(trie.root_hash, key, proof_of(trie, key)) == value
    for key in set(others) - set(entries):
        with pytest.raises(ValueError, match="there is no value"):
            value_at(trie.root_hash, key, proof_of(trie, key))


def test_a_trie_like_ethereums() -> None:
    trie = trie_of(HASHED)
    for key, value in HASHED.items():
        assert value_at(trie.root_hash, key, proof_of(trie, key)) == value
        other = keccak256(key)
        with pytest.raises(ValueError, match="there is no value"):
            value_at(trie.root_hash, other, proof_of(trie, other))


def test_nodes_stand_within_nodes() -> None:
    trie = trie_of(NESTED)
    nodes = proof_of(trie, b"\x11\x12")
    assert len(nodes) == 1
    assert value_at(trie.root_hash, b"\x11\x12", nodes) == b"b"


@pytest.mark.parametrize(
    ("entries", "key"),
    [
        (NESTED, b"\x11\x12"),
        (NESTED, b"\x20\x00"),
        (HASHED, next(iter(HASHED))),
        ({b"\x01": b"a" * 40, b"\x01\x02": b"b" * 40}, b"\x01"),
    ],
    ids=["within a node", "beside nodes", "like Ethereum's", "in a branch"],
)
def test_every_other_byte_is_no_proof(entries: Map, key: bytes) -> None:
    trie = trie_of(entries)
    nodes = proof_of(trie, key)
    for place, node in enumerate(nodes):
        for byte in range(len(node)):
            for bit in (0, 7):
                other = bytearray(node)
                other[byte] ^= 1 << bit
                with pytest.raises(ValueError, match="a node has the hash"):
                    value_at(trie.root_hash, key, [*nodes[:place], bytes(other), *nodes[place + 1 :]])


TRIE = trie_of(HASHED)
KEY, OTHER_KEY = list(HASHED)[:2]
NODES = proof_of(TRIE, KEY)


@pytest.mark.parametrize(
    ("root", "key", "nodes", "told"),
    [
        (TRIE.root_hash, KEY, [], "the nodes end before the value"),
        (TRIE.root_hash, KEY, NODES[:-1], "the nodes end before the value"),
        (TRIE.root_hash, KEY, NODES[1:], "a node has the hash"),
        (TRIE.root_hash, KEY, NODES[::-1], "a node has the hash"),
        (TRIE.root_hash, KEY, [*NODES, NODES[0]], "1 of 5 nodes lead nowhere"),
        (TRIE.root_hash, KEY, [*NODES[:2], NODES[1], NODES[2]], "a node has the hash"),
        (TRIE.root_hash, KEY, proof_of(TRIE, OTHER_KEY), "a node has the hash"),
        (TRIE.root_hash, OTHER_KEY, NODES, "a node has the hash"),
        (TRIE.root_hash, KEY[:-1], NODES, "there is no value"),
        (TRIE.root_hash, KEY + b"\0", NODES, "there is no value"),
        (TRIE.root_hash, b"", NODES[:1], "there is no value"),
        (keccak256(b""), KEY, NODES, "a node has the hash"),
        (TRIE.root_hash[:-1], KEY, NODES, "the root of a trie has 32 bytes, not 31"),
        (TRIE.root_hash, KEY, NODES * MAX_NODES, "a proof has at most 64 nodes of 1,024 bytes"),
        (TRIE.root_hash, KEY, [bytes(MAX_NODE_BYTES + 1)], "a proof has at most 64 nodes of 1,024 bytes"),
    ],
)
def test_what_is_no_proof_is_told(root: bytes, key: bytes, nodes: list[bytes], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        value_at(root, key, nodes)


def test_another_key_of_the_same_leaf_is_not_there() -> None:
    """All but the last nibble leads to the same leaf."""
    for key in (KEY[:-1] + bytes([KEY[-1] ^ 1]), KEY[:-1] + bytes([KEY[-1] ^ 0x10])):
        with pytest.raises(ValueError, match="there is no value"):
            value_at(TRIE.root_hash, key, NODES)


def branch(**children: Any) -> list[Any]:
    """A branch with children at 0 to f and, perhaps, a value."""
    return [children.get(f"at_{nibble:x}", b"") for nibble in range(16)] + [children.get("value", b"")]


LEAF = [b"\x20", b"value"]


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (b"", "RLP holds a string"),
        (b"value", "RLP holds a string"),
        ([], "a node has 2 or 17 items, not 0"),
        ([b"\x20", b"value", b""], "a node has 2 or 17 items, not 3"),
        ([*branch(), b""], "a node has 2 or 17 items, not 18"),
        ([b"", b"value"], " is no path of a node"),
        ([b"\x41\x23", b"value"], "4123 is no path of a node"),
        ([b"\x2f\x12\x34", b"value"], "2f1234 is no path of a node"),
        ([b"\x0f\x12", b"value"], "0f12 is no path of a node"),
        ([b"\x00", b"\x01" * 32], "00 is no path of a node"),
        ([[b"\x20\x12\x34"], b"value"], "RLP holds a list"),
        ([b"\x20\x12\x34", b""], "there is no value"),
        ([b"\x20\x12\x34", [b"value"]], "RLP holds a list"),
        ([b"\x20\x12\x35", b"value"], "there is no value"),
        ([b"\x20\x12", b"value"], "there is no value"),
        ([b"\x00\x12\x34", b"\x01" * 32], "the nodes end before the value"),
        ([b"\x00\x12\x34", b"value"], "a node leads to 5 bytes, which are neither a hash nor a node"),
        ([b"\x00\x12\x35", LEAF], "there is no value"),
        ([b"\x00\x12\x34", branch(value=[b"value"])], "RLP holds a list"),
        ([b"\x00\x12\x34", branch()], "there is no value"),
        (branch(at_1=[b"\x32\x34", b"v" * 27]), "a node of 32 bytes stands within another, not its hash"),
        (branch(at_1=[b"\x22\x34", b"value"]), "2234 is no path of a node"),
        (branch(at_1=b"\x01" * 31), "a node leads to 31 bytes"),
        (branch(at_2=LEAF), "there is no value"),
    ],
)
def test_a_node_that_no_trie_has_is_refused(node: Any, told: str) -> None:
    data = rlp.encode(node)
    with pytest.raises(ValueError, match=told):
        value_at(keccak256(data), b"\x12\x34", [data])


def test_the_nodes_beside_them_are_right() -> None:
    for node in (
        [b"\x20\x12\x34", b"value"],
        [b"\x00\x12\x34", branch(value=b"value", at_0=LEAF)],
        branch(at_1=[b"\x32\x34", b"value"]),
        branch(at_1=[b"\x32\x34", b"value".rjust(26)]),
        branch(at_1=[b"\x12", branch(at_3=[b"\x34", b"value"])]),
    ):
        data = rlp.encode(node)
        assert value_at(keccak256(data), b"\x12\x34", [data]).strip() == b"value"


NESTS = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=20), max_leaves=40)


@given(NESTS)
def test_what_is_encoded_is_read(value: Any) -> None:
    assert opened(rlp.encode(value)) == value


def verdict(data: bytes) -> Any:
    try:
        return opened(data)
    except ValueError:
        return None


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """RLP with some bytes in the place of others."""
    data = rlp.encode(draw(NESTS))
    first = draw(st.integers(0, len(data)))
    heads = st.sampled_from([b"", *(bytes([head]) for head in b"\0\x7f\x80\x81\xb8\xb9\xc0\xc1\xf8\xff")])
    return bytes(data[:first] + draw(heads) + draw(heads) + data[first + draw(st.integers(0, 3)) :])


@given(st.binary(max_size=12) | damaged())
def test_nothing_is_read_that_another_refuses(data: bytes) -> None:
    try:
        expected = rlp.decode(data)
    except rlp.DecodingError:
        expected = None
    assert verdict(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81\x7f",
        b"\x81\x00",
        b"\x82\x01",
        b"\x80\x00",
        b"\x01\x02",
        b"\xb8\x01\xff",
        b"\xb8\x37" + b"x" * 55,
        b"\xb9\x00\x38" + b"x" * 56,
        b"\xb9\x00" + b"x" * 56,
        b"\xb8",
        b"\xbf" + b"\xff" * 8,
        b"\xc1",
        b"\xc2\x01",
        b"\xc1\x81",
        b"\xc1\x82\x01\x02",
        b"\xc0\x00",
        b"\xf8\x01\x01",
        b"\xf8\x37" + b"\x01" * 55,
        b"\xf9\x00\x38" + b"\x01" * 56,
        b"\xff" + b"\xff" * 8,
    ],
    ids=bytes.hex,
)
def test_another_encoding_is_refused(data: bytes) -> None:
    assert verdict(data) is None


def test_what_nests_deeply_is_not_opened() -> None:
    data = b""
    for _ in range(5000):
        data = rlp.codec.length_prefix(len(data), 0xC0) + data
    assert len(items(data)) == 1
    with pytest.raises(ValueError, match="a node has 2 or 17 items, not 1"):
        value_at(keccak256(data[-1000:]), b"", [data[-1000:]])


@pytest.mark.parametrize("value", [0, 1, 0x7F, 0x80, 0x100, (1 << 64) - 1])
def test_numbers(value: int) -> None:
    assert number(rlp.encode(value), 8) == value


@pytest.mark.parametrize("data", [b"\0", b"\x82\x00\x01", rlp.encode(1 << 64), b"\xc1\x01"], ids=bytes.hex)
def test_what_is_no_number(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"is no integer of at most 8 bytes|RLP holds a list"):
        number(data, 8)
