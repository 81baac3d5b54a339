"""The header of a block as the bytes that its hash is made of; a node tells it field by field."""

from collections.abc import Mapping
from typing import Any

import rlp  # type: ignore[import-untyped]

from notary.verify.keccak import keccak256

_FIELDS = (
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
)
_LATER_FIELDS = (
    "baseFeePerGas",  # London
    "withdrawalsRoot",  # Shanghai
    "blobGasUsed",  # Cancun
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",  # Prague
)
_NUMBERS = frozenset(
    {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}
)


def encode_header(block: Mapping[str, Any]) -> bytes:
    """The header of a block in RLP.

    Args:
        block: Result of eth_getBlockByNumber or eth_getBlockByHash as JSON, values in hexadecimal digits with 0x.

    Raises:
        ValueError: What was built has another hash than the block: the node is wrong, or the chain's headers have
            fields of their own.
    """
    names = [*_FIELDS, *(name for name in _LATER_FIELDS if block.get(name) is not None)]
    try:
        header = bytes(rlp.encode([_encode(name, block[name]) for name in names]))
        expected = _encode("hash", block["hash"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a node told a block that is none: {error!r:.200}") from error
    if (found := keccak256(header)) != expected:
        raise ValueError(
            f"block {int(block['number'], 16)} has the hash {expected.hex()}, its header {found.hex()}: "
            f"the node is wrong, or the headers of this chain have other fields than {', '.join(names)}"
        )
    return header


def _encode(name: str, value: str) -> bytes:
    if not str(value).startswith("0x"):
        raise ValueError(f"{name} is {value!r:.80}")
    if name not in _NUMBERS:
        return bytes.fromhex(value[2:])
    whole = int(value, 16)
    return whole.to_bytes((whole.bit_length() + 7) // 8, "big")
