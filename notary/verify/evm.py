"""A checkpoint in the state of an EVM chain: from the header of a block to what the contract held after it.

Everything here follows from the header, and nothing from a node that could lie. What the header itself is worth, only
the chain says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ProofError
from .hashes import SIZE
from .keccak import keccak256
from .seal import Checkpoint
from .trie import MAX_NODE_BYTES, MAX_NODES, items, number, string, value_at

HEADS_SLOT = 1
ROOTS_SLOT = 2
"""Where the contract keeps, by origin, the word whose lowest 64 bits are the size of a log, and the log's root."""
MAX_HEADER_BYTES = 4096
"""Ethereum's have about 650; some chains list their signers in them."""
_ADDRESS = 20
_PROOFS = ("account_proof", "head_proof", "root_proof")


@dataclass(frozen=True)
class EvmAnchor:
    """That a contract holds a checkpoint.

    Attributes:
        chain_id: As in EIP-155; only said, no header tells of which chain it is.
        contract: Its address, 20 bytes.
        header: Of a block, in RLP.
        account_proof: Nodes from the state's root to the account of the contract.
        head_proof: Nodes from the account's storage root to the size of the log.
        root_proof: Nodes from the same root to the root of the log.
    """

    chain_id: int
    contract: bytes
    header: bytes
    account_proof: tuple[bytes, ...]
    head_proof: tuple[bytes, ...]
    root_proof: tuple[bytes, ...]


@dataclass(frozen=True)
class Block:
    """What a header says.

    Attributes:
        number: How many blocks the chain had before.
        hash: Of the header; names the block.
        timestamp: Unix time in seconds, as its proposer says.
        state_root: Of the accounts after the block.
    """

    number: int
    hash: bytes
    timestamp: int
    state_root: bytes


def check_evm(anchor: EvmAnchor, checkpoint: Checkpoint) -> Block:
    """Follow the chain from the header of a block to the size and the root that the contract held for a lake.

    Whoever verifies has three things left to compare, which nothing here leads to: the contract with the one that the
    lake published, the hash of the block with what a node that he trusts says of the block of this number, and the
    chain id, which no header tells, with that of this node (eth_chainId).

    Returns:
        The block, which is as trustworthy as that comparison.

    Raises:
        ProofError: The anchor does not hold: what was found, and what was expected.
    """
    try:
        block = parse_header(anchor.header)
        account = _value("the contract", block.state_root, anchor.contract, anchor.account_proof)
        storage = _storage_root(account)
        head = _slot("the size", storage, HEADS_SLOT, checkpoint, anchor.head_proof)
        root = _slot("the root", storage, ROOTS_SLOT, checkpoint, anchor.root_proof).to_bytes(SIZE, "big")
    except ValueError as error:
        raise ProofError("anchor", str(error)) from error
    size = head & (1 << 64) - 1
    if (size, root) != (checkpoint.size, checkpoint.root):
        raise ProofError(
            "anchor",
            f"block {block.number} holds {size} seals and root {root.hex()}, "
            f"the checkpoint says {checkpoint.size} and {checkpoint.root.hex()}",
        )
    return block


def parse_header(header: bytes) -> Block:
    """Read the header of a block.

    Raises:
        ValueError: It is none.
    """
    fields = items(header)
    if not 15 <= len(fields) <= 32:
        raise ValueError(f"a header has 15 to 32 fields, not {len(fields)}")
    for field in fields:
        string(field)
    return Block(
        number=number(fields[8], 8),
        hash=keccak256(header),
        timestamp=number(fields[11], 8),
        state_root=_hash_of("the state root of the header", fields[3]),
    )


def storage_key(slot: int, origin_id: bytes) -> bytes:
    """Where a HashMap of Vyper that stands in a slot keeps the value of a lake; what eth_getProof is asked for."""
    return keccak256(slot.to_bytes(32, "big") + origin_id)


def anchor_to_json(anchor: EvmAnchor) -> dict[str, Any]:
    """The anchor as an object of JSON."""
    return {
        "chain_id": anchor.chain_id,
        "contract": anchor.contract.hex(),
        "header": anchor.header.hex(),
        **{name: [node.hex() for node in getattr(anchor, name)] for name in _PROOFS},
    }


def anchor_from_json(document: Any) -> EvmAnchor:
    """An anchor from an object of JSON.

    Raises:
        ValueError: It is none; the message names the field.
    """
    fields = ("chain_id", "contract", "header", *_PROOFS)
    if not isinstance(document, dict) or set(document) != set(fields):
        raise ValueError(f"anchor has other fields than {', '.join(fields)}")
    chain_id = document["chain_id"]
    if type(chain_id) is not int or not 0 < chain_id < 1 << 63:
        raise ValueError("anchor.chain_id is no chain's")
    return EvmAnchor(
        chain_id,
        _bytes(document["contract"], "anchor.contract", _ADDRESS, _ADDRESS),
        _bytes(document["header"], "anchor.header", 1, MAX_HEADER_BYTES),
        *(_nodes(document[name], f"anchor.{name}") for name in _PROOFS),
    )


def _value(what: str, root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """By the hash of its key: the tries of Ethereum are secure ones."""
    try:
        return value_at(root, keccak256(key), nodes)
    except ValueError as error:
        raise ValueError(f"the way to {what}: {error}") from error


def _slot(what: str, storage_root: bytes, slot: int, checkpoint: Checkpoint, nodes: Sequence[bytes]) -> int:
    value = _value(f"{what} of {checkpoint.origin}", storage_root, storage_key(slot, checkpoint.origin_id), nodes)
    return number(value, 32)


def _storage_root(account: bytes) -> bytes:
    fields = items(account)
    if len(fields) != 4:
        raise ValueError(f"an account has 4 fields, not {len(fields)}")
    number(fields[0], 8)
    number(fields[1], 32)
    _hash_of("the code hash of the account", fields[3])
    return _hash_of("the storage root of the account", fields[2])


def _hash_of(what: str, item: bytes) -> bytes:
    value = string(item)
    if len(value) != SIZE:
        raise ValueError(f"{what} has {len(value)} bytes, not {SIZE}")
    return value


def _nodes(value: Any, name: str) -> tuple[bytes, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_NODES:
        raise ValueError(f"{name} is no list of 1 to {MAX_NODES} nodes")
    return tuple(_bytes(node, name, 1, MAX_NODE_BYTES) for node in value)


def _bytes(value: Any, name: str, least: int, most: int) -> bytes:
    if not isinstance(value, str) or len(value) % 2 or not least <= len(value) // 2 <= most:
        raise ValueError(f"{name} holds something else than {least} to {most} bytes in hexadecimal digits")
    if set(value) - set("0123456789abcdef"):
        raise ValueError(f"{name} holds something else than hexadecimal digits 0-9 and a-f")
    return bytes.fromhex(value)
