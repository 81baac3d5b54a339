"""A chain with checkpoints of many lakes, and what it says of one of them.

``python -m tests.notary.evm_record`` writes the fixture file anew.
"""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from web3 import Web3

from notary.chain.contract.artifact import load, storage_keys
from notary.chain.header import encode_header
from notary.verify.evm import EvmAnchor, anchor_from_json, anchor_to_json
from notary.verify.keccak import keccak256
from notary.verify.proof import Proof, dump
from notary.verify.seal import Checkpoint
from stack.anvil import program

ANVIL = program(Path("build").absolute())
FILE = Path("tests/notary/evm_anchor.json")
LAKES = [Checkpoint(f"lake-{number}.example", 36 + number, keccak256(bytes([number]))) for number in range(40)]


@contextmanager
def anvil(*options: str) -> Iterator[Web3]:
    """A chain of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [str(ANVIL), "--silent", "--port", str(port), *options]
    # It reads the .env of its folder.
    process = subprocess.Popen(command, cwd="/")
    chain = Web3(Web3.HTTPProvider(f"http://127.0.0.1:{port}"))
    try:
        deadline = time.monotonic() + 30
        while not chain.is_connected():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield chain
    finally:
        process.kill()
        process.wait()


def asked(chain: Web3, method: str, *arguments: Any) -> Any:
    return chain.provider.make_request(method, list(arguments))["result"]  # type: ignore[arg-type]


def filled(chain: Web3) -> bytes:
    """Address of a contract with a checkpoint of every lake, each in a block of its own."""
    artifact: Any = load()
    sender = chain.eth.accounts[0]

    def sent(call: Any) -> Any:
        return chain.eth.wait_for_transaction_receipt(call.transact({"from": sender}))

    made = sent(chain.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode).constructor())
    call = chain.eth.contract(address=made["contractAddress"], abi=artifact.abi).functions
    for lake in LAKES:
        sent(call.open_origin(lake.origin_id, sender))
        sent(call.checkpoint(lake.origin_id, 0, lake.size, lake.root))
    return bytes.fromhex(made["contractAddress"][2:])


def recorded(chain: Web3, contract: bytes, lake: Checkpoint) -> dict[str, Any]:
    """What a chain holds of a lake in its last block."""
    block = asked(chain, "eth_getBlockByNumber", "latest", False)
    keys = ["0x" + key.hex() for key in storage_keys(lake.origin_id)]
    proof = asked(chain, "eth_getProof", "0x" + contract.hex(), keys, block["number"])
    ways = [proof["accountProof"], *(slot["proof"] for slot in proof["storageProof"])]
    ways = [tuple(bytes.fromhex(node[2:]) for node in way) for way in ways]
    anchor = EvmAnchor(chain.eth.chain_id, contract, encode_header(block), *ways)
    return {
        "checkpoint": {"origin": lake.origin, "size": lake.size, "root": lake.root.hex()},
        "block": block,
        "anchor": anchor_to_json(anchor),
    }


def anchored(chain: Web3, proof: Proof) -> Proof:
    """A proof with the anchor of its checkpoint."""
    artifact: Any = load()
    sender = chain.eth.accounts[0]
    made = chain.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode).constructor().transact({"from": sender})
    address = chain.eth.wait_for_transaction_receipt(made)["contractAddress"]
    call, lake = chain.eth.contract(address=address, abi=artifact.abi).functions, proof.checkpoint
    call.open_origin(lake.origin_id, sender).transact({"from": sender})
    call.checkpoint(lake.origin_id, 0, lake.size, lake.root).transact({"from": sender})
    record = recorded(chain, bytes.fromhex(address[2:]), lake)
    return replace(proof, anchors=(anchor_from_json(record["anchor"]),))


if __name__ == "__main__":
    from tests.notary.test_proof import ANCHORED_FILE, PROOF

    with anvil() as node:
        record = recorded(node, filled(node), LAKES[7])
        proof = anchored(node, PROOF)
    FILE.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    ANCHORED_FILE.write_text(dump(proof), "utf-8")
