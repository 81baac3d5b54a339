"""The three hash functions: of leaves, of nodes, and of everything that has a name."""

from blake3 import blake3

SIZE = 32
"""Bytes of a hash."""


def leaf_hash(schema_id: bytes, salt: bytes, row: bytes) -> bytes:
    """Hash of a row: BLAKE3(schema id | salt | row).

    A row has at least one cell, so more than 64 bytes are hashed, and a leaf can never be taken for a node.

    Raises:
        ValueError: A length is wrong.
    """
    if len(schema_id) != SIZE or len(salt) != SIZE or not row:
        raise ValueError(f"a leaf is made of 32 + 32 + n bytes, not {len(schema_id)} + {len(salt)} + {len(row)}")
    return blake3(schema_id + salt + row).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two neighbours in a tree: BLAKE3(left | right), always of 64 bytes.

    Raises:
        ValueError: A length is wrong.
    """
    if len(left) != SIZE or len(right) != SIZE:
        raise ValueError(f"a node is made of 32 + 32 bytes, not {len(left)} + {len(right)}")
    return blake3(left + right).digest()


EMPTY_ROOT = blake3(b"").digest()
"""Root of a tree without leaves: the hash of nothing, as in RFC 6962."""


def named_hash(name: str, message: bytes) -> bytes:
    """Hash of what has a name, such as a schema or a seal: by BLAKE3's derive_key, none is ever that of another."""
    return blake3(message, derive_key_context=f"gridseal 2026 {name} v1").digest()


def lengthened(*parts: bytes) -> bytes:
    """Parts one after the other, each behind its length in 4 bytes: no two lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(4, "little") + part for part in parts)
