"""The contract as it was compiled, so that no compiler is needed to deploy it, to call it, or to know it again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from notary.verify.evm import storage_key

SOURCE = Path(__file__).with_name("Checkpoints.vy")
FILE = SOURCE.with_suffix(".json")


@dataclass(frozen=True)
class Artifact:
    """A compiled contract.

    Attributes:
        abi: Its functions and events, as web3 takes them.
        bytecode: What is sent to deploy it.
        runtime: What the chain then holds at its address.
        code_hash: Keccak-256 of that; an account of the chain has it too.
        slots: By name, where the maps stand that proofs lead to: heads and roots.
        compiler: Version.
        evm_version: The oldest rules of Ethereum that it runs under.
        source_sha256: Of Checkpoints.vy, in hexadecimal digits.
    """

    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    runtime: bytes
    code_hash: bytes
    slots: Mapping[str, int]
    compiler: str
    evm_version: str
    source_sha256: str


def dump(artifact: Artifact) -> str:
    """The artifact as the text of its file."""
    document = {
        "compiler": artifact.compiler,
        "evm_version": artifact.evm_version,
        "source_sha256": artifact.source_sha256,
        "code_hash": artifact.code_hash.hex(),
        "slots": artifact.slots,
        "abi": artifact.abi,
        "bytecode": artifact.bytecode.hex(),
        "runtime": artifact.runtime.hex(),
    }
    return json.dumps(document, indent=1) + "\n"


@cache
def load() -> Artifact:
    """The artifact that ``python -m notary.chain.contract.build`` wrote."""
    document = json.loads(FILE.read_text("utf-8"))
    return Artifact(
        abi=tuple(document["abi"]),
        bytecode=bytes.fromhex(document["bytecode"]),
        runtime=bytes.fromhex(document["runtime"]),
        code_hash=bytes.fromhex(document["code_hash"]),
        slots=document["slots"],
        compiler=document["compiler"],
        evm_version=document["evm_version"],
        source_sha256=document["source_sha256"],
    )


def storage_keys(origin_id: bytes) -> tuple[bytes, bytes]:
    """Where the contract keeps the head and the root of a lake; what eth_getStorageAt and eth_getProof are asked for.

    Args:
        origin_id: The lake as the contract knows it, 32 bytes.

    Returns:
        The key of the word that holds size, pause and anchorer, and the key of the root.
    """
    slots = load().slots
    return storage_key(slots["heads"], origin_id), storage_key(slots["roots"], origin_id)
