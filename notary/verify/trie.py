"""Proofs that a trie of Ethereum holds a value, and RLP, which the nodes of such a trie are written in.

Both as in the Yellow Paper (appendices B and D), and read as if an enemy had written them: each value has one encoding,
and a list is opened one level at a time, so that nothing can nest deeply.
"""

from collections.abc import Sequence

from .hashes import SIZE
from .keccak import keccak256

MAX_NODES = 64
"""Of a proof: as many as a key has nibbles, and about 10 in the largest tries there are."""
MAX_NODE_BYTES = 1024
"""Of a node: a branch has 532, a leaf of an account less than 160."""


def value_at(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """The value that a trie holds.

    Args:
        root: Hash of the trie's first node.
        key: As it stands in the trie; Ethereum's are themselves hashes.
        nodes: From the root to the value, without those that stand within another.

    Raises:
        ValueError: The nodes do not lead to a value, or there are others than those that do.
    """
    if len(root) != SIZE:
        raise ValueError(f"the root of a trie has {SIZE} bytes, not {len(root)}")
    if len(nodes) > MAX_NODES or any(len(node) > MAX_NODE_BYTES for node in nodes):
        raise ValueError(f"a proof has at most {MAX_NODES} nodes of {MAX_NODE_BYTES:,} bytes")
    unread = list(reversed(nodes))
    item, path = _AS_HASH + root, key.hex()
    ended = False
    while not ended:
        item, path, ended = _follow(_node(item, unread), path)
    if unread:
        raise ValueError(f"{len(unread)} of {len(nodes)} nodes lead nowhere")
    value = string(item)
    if not value:
        raise ValueError(_ABSENT)
    return value


_AS_HASH = bytes([0x80 + SIZE])
_ABSENT = "there is no value"


def _node(item: bytes, unread: list[bytes]) -> bytes:
    """The node that an item of another is, or whose hash it is."""
    if item[0] >= 0xC0:
        if len(item) >= SIZE:
            raise ValueError(f"a node of {len(item)} bytes stands within another, not its hash")
        return item
    hash_ = string(item)
    if not hash_:
        raise ValueError(_ABSENT)
    if len(hash_) != SIZE:
        raise ValueError(f"a node leads to {len(hash_)} bytes, which are neither a hash nor a node")
    if not unread:
        raise ValueError("the nodes end before the value")
    node = unread.pop()
    if (found := keccak256(node)) != hash_:
        raise ValueError(f"a node has the hash {found.hex()}, the one before it says {hash_.hex()}")
    return node


def _follow(node: bytes, path: str) -> tuple[bytes, str, bool]:
    """One step along a path of nibbles: what it leads to, what is left of the path, and whether that is the value."""
    parts = items(node)
    if len(parts) == 17:
        return (parts[int(path[0], 16)], path[1:], False) if path else (parts[16], "", True)
    if len(parts) != 2:
        raise ValueError(f"a node has 2 or 17 items, not {len(parts)}")
    is_leaf, own = _nibbles(string(parts[0]))
    if own != path if is_leaf else not path.startswith(own):
        raise ValueError(_ABSENT)
    return parts[1], path[len(own) :], is_leaf


def _nibbles(packed: bytes) -> tuple[bool, str]:
    """Whether a node is a leaf, and its part of the path."""
    digits = packed.hex()
    flag, is_odd = digits[:1], digits[:1] in ("1", "3")
    if flag not in ("0", "1", "2", "3") or not (is_odd or digits[1] == "0") or packed == b"\0":
        raise ValueError(f"{digits:.80} is no path of a node")
    return flag in ("2", "3"), digits[1 if is_odd else 2 :]


def items(data: bytes) -> list[bytes]:
    """The items of a list in RLP, as they are encoded.

    Raises:
        ValueError: It is no list, or one that is encoded otherwise than it has to be.
    """
    content = _content(data, True)
    found, start = [], 0
    while start < len(content):
        end = _span(content, start)[1]
        found.append(content[start:end])
        start = end
    return found


def string(data: bytes) -> bytes:
    """A string in RLP.

    Raises:
        ValueError: It is none, or one that is encoded otherwise than it has to be.
    """
    return _content(data, False)


def number(data: bytes, most_bytes: int) -> int:
    """An integer in RLP.

    Raises:
        ValueError: It is none, is longer, or is encoded otherwise than it has to be.
    """
    digits = string(data)
    if digits[:1] == b"\0" or len(digits) > most_bytes:
        raise ValueError(f"{digits.hex():.80} is no integer of at most {most_bytes} bytes")
    return int.from_bytes(digits, "big")


def _content(data: bytes, is_list: bool) -> bytes:
    start, end = _span(data, 0)
    if end != len(data):
        raise ValueError(f"RLP ends after {end} of {len(data)} bytes")
    if (data[0] >= 0xC0) != is_list:
        raise ValueError(f"RLP holds {'a string' if is_list else 'a list'} where the other is due")
    return data[start:end]


def _span(data: bytes, first: int) -> tuple[int, int]:
    """Where the content of an item begins and ends, which is also where the item does."""
    if first >= len(data):
        raise ValueError("RLP ends before an item")
    head = data[first]
    if head < 0x80:
        return first, first + 1
    length, start = head & 0x3F, first + 1
    if length > 55:
        start += length - 55
        digits = data[first + 1 : start]
        length = int.from_bytes(digits, "big")
        if digits[:1] == b"\0" or length <= 55:
            raise ValueError(f"RLP has a length of {length} in {len(digits)} bytes, which is too many")
    if start + length > len(data):
        raise ValueError("RLP ends within an item")
    if head == 0x81 and data[start] < 0x80:
        raise ValueError("RLP has a length before a byte that needs none")
    return start, start + length
