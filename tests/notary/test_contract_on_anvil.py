"""The contract on a node: what it does in process it does there, for the same gas, and its state proves it."""

from typing import Any

import pytest
from web3.exceptions import ContractLogicError

from notary.chain.contract.artifact import load, storage_keys
from notary.chain.contract.gas import SIZES, measured
from notary.verify.evm import anchor_from_json, check_evm
from notary.verify.seal import Checkpoint
from tests.notary.evm_record import ANVIL, anvil, recorded

# As in the gas report, no byte of what is sent is zero.
LAKE = Checkpoint("lake.example", SIZES[-1], b"\3" * 32)
FIRST, *ROOTS = b"\1" * 32, b"\2" * 32, b"\4" * 32, LAKE.root
ORIGIN = LAKE.origin_id


@pytest.fixture(autouse=True)
def _installed() -> None:
    assert 0 not in ORIGIN
    assert ANVIL.exists(), f"{ANVIL} is not there: make setup"


@pytest.mark.parametrize("hardfork", [load().evm_version, "shanghai", "prague", "osaka"])
def test_a_lake_is_anchored_on_a_node(hardfork: str) -> None:
    with anvil("--hardfork", hardfork) as chain:
        admin, anchorer, stranger, *_ = chain.eth.accounts

        def sent(call: Any, sender: str) -> Any:
            return chain.eth.wait_for_transaction_receipt(call.transact({"from": sender}))

        artifact: Any = load()
        made = sent(chain.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode).constructor(), admin)
        contract = chain.eth.contract(address=made["contractAddress"], abi=artifact.abi)
        call = contract.functions
        paid = {"deploy": made["gasUsed"], "open_origin": sent(call.open_origin(ORIGIN, anchorer), admin)["gasUsed"]}
        for what in ("checkpoint, the first", "checkpoint, again (writes nothing)"):
            paid[what] = sent(call.checkpoint(ORIGIN, 0, 1, FIRST), anchorer)["gasUsed"]
        for old_size, new_size, root in zip((1, *SIZES), SIZES, ROOTS, strict=False):
            receipt = sent(call.checkpoint(ORIGIN, old_size, new_size, root), anchorer)
            paid[f"checkpoint, log of 1 to {new_size:,}"] = receipt["gasUsed"]
            (told,) = contract.events.Checkpointed().process_receipt(receipt)
            assert told["args"] == {"origin": ORIGIN, "old_size": old_size, "new_size": new_size, "root": root}
        paid["pause"] = sent(call.pause(ORIGIN), admin)["gasUsed"]
        report = measured()
        if hardfork == "london":
            # Until Shanghai, the words of the code that is deployed cost nothing by themselves.
            report["deploy"] -= 2 * (-(-len(artifact.bytecode) // 32))
        assert paid.items() <= report.items()

        assert tuple(call.latest(ORIGIN).call()) == (LAKE.size, LAKE.root)
        for sender, reason in ((stranger, "not the anchorer"), (anchorer, "paused")):
            with pytest.raises(ContractLogicError, match=reason):
                call.checkpoint(ORIGIN, LAKE.size, LAKE.size + 1, FIRST).transact({"from": sender})
        address = bytes.fromhex(contract.address[2:])
        check_evm(anchor_from_json(recorded(chain, address, LAKE)["anchor"]), LAKE)
        proof = chain.eth.get_proof(contract.address, [int.from_bytes(key, "big") for key in storage_keys(ORIGIN)])
        assert proof["codeHash"] == artifact.code_hash
        assert [int(entry["value"].hex(), 16) for entry in proof["storageProof"]] == [
            LAKE.size | 1 << 64 | int(anchorer, 16) << 96,
            int.from_bytes(LAKE.root, "big"),
        ]
