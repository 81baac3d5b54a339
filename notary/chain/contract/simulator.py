"""The contract on a chain in process, by the rules of Ethereum's Prague: for its tests and its gas report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from eth.abc import ComputationAPI
from eth.chains.base import MiningChain
from eth.consensus.noproof import NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode, encode
from eth_typing import Address

from notary.verify.keccak import keccak256

from .artifact import Artifact, load

ACCOUNTS = tuple(Address(bytes([number]) * 20) for number in range(1, 6))
"""Who can send transactions; the first deploys."""
_GAS_LIMIT = 2_000_000
_ERROR = keccak256(b"Error(string)")[:4]


class RevertError(Exception):
    """A call was refused; the message is the contract's reason, empty if it gave none."""


@dataclass(frozen=True)
class Event:
    """What a transaction logged; arguments by name."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Receipt:
    """Of a transaction: all gas that was paid for it, and its events."""

    gas: int
    events: tuple[Event, ...]


class Simulator:
    """A chain on which the contract is deployed.

    Args:
        artifact: What to deploy, if not what is committed.
        value: Wei sent with it.

    Raises:
        RevertError: The constructor refused it.

    Attributes:
        address: Of the contract.
        creation: Receipt of the transaction that deployed it.
    """

    def __init__(self, artifact: Artifact | None = None, value: int = 0) -> None:
        self._artifact = artifact or load()
        self._functions = {entry["name"]: entry for entry in self._artifact.abi if entry["type"] == "function"}
        self._events = {_selector(entry): entry for entry in self._artifact.abi if entry["type"] == "event"}
        self._selectors = {name: _selector(entry)[:4] for name, entry in self._functions.items()}
        self._vm = _machine()
        self._state = self._vm.state
        made, self.creation = self._transact(ACCOUNTS[0], b"", self._artifact.bytecode, value)
        self.address = made.msg.storage_address

    def send(self, sender: Address, name: str, *arguments: Any) -> Receipt:
        """Send a transaction that calls a function.

        Raises:
            RevertError: The contract refused it.
        """
        return self.send_data(sender, self.data(name, *arguments))

    def send_data(self, sender: Address, data: bytes, value: int = 0) -> Receipt:
        """Send a transaction of any data.

        Raises:
            RevertError: The contract refused it.
        """
        return self._transact(sender, self.address, data, value)[1]

    def read(self, name: str, *arguments: Any) -> Any:
        """What a view returns: one value, or a tuple of several. Whatever it writes is undone."""
        self._state.lock_changes()
        kept = self._state.snapshot()
        try:
            computation, _ = self._run(ACCOUNTS[-1], self.address, self.data(name, *arguments), 0)
        finally:
            self._state.revert(kept)
        values = decode(_types(self._functions[name]["outputs"]), computation.output)
        return values if len(values) > 1 else values[0]

    def data(self, name: str, *arguments: Any) -> bytes:
        """A call in bytes."""
        return self._selectors[name] + encode(_types(self._functions[name]["inputs"]), arguments)

    def storage(self, slot: int) -> int:
        """A word of the contract's storage; the slot of a map's entry is its storage key."""
        return self._state.get_storage(self.address, slot)

    def code(self) -> bytes:
        """What the chain holds at the address of the contract."""
        return self._state.get_code(self.address)

    def _transact(self, sender: Address, to: bytes, data: bytes, value: int) -> tuple[ComputationAPI, Receipt]:
        # Storage is cold again and its original values are those before the transaction, as in a block of its own.
        self._state.lock_changes()
        computation, gas = self._run(sender, to, data, value)
        logs = computation.get_log_entries()
        return computation, Receipt(gas, tuple(self._event(topics, data) for _, topics, data in logs))

    def _run(self, sender: Address, to: bytes, data: bytes, value: int) -> tuple[ComputationAPI, int]:
        unsigned = self._vm.get_transaction_builder().create_unsigned_transaction(
            nonce=self._state.get_nonce(sender),
            gas_price=self._state.base_fee,
            gas=_GAS_LIMIT,
            to=Address(to),
            value=value,
            data=data,
        )
        transaction: Any = SpoofTransaction(unsigned, from_=sender)
        computation = self._state.apply_transaction(transaction)
        if computation.is_error:
            raise RevertError(_reason(computation.output))
        return computation, self._vm.finalize_gas_used(transaction, computation)

    def _event(self, topics: Sequence[int], data: bytes) -> Event:
        entry = self._events[topics[0].to_bytes(32, "big")]
        indexed = [argument for argument in entry["inputs"] if argument["indexed"]]
        others = [argument for argument in entry["inputs"] if not argument["indexed"]]
        values = decode(_types(indexed), b"".join(topic.to_bytes(32, "big") for topic in topics[1:]))
        values += decode(_types(others), data)
        return Event(entry["name"], dict(zip([argument["name"] for argument in indexed + others], values, strict=True)))


def _machine() -> PragueVM:
    virtual_machine = PragueVM.configure(consensus_class=NoProofConsensus)
    chain = MiningChain.configure(vm_configuration=((0, virtual_machine),), chain_id=1)
    genesis: Any = {"difficulty": 0, "gas_limit": 30_000_000}
    rich: Any = {"balance": 10**24, "nonce": 0, "code": b"", "storage": {}}
    return cast(PragueVM, chain.from_genesis(AtomicDB(), genesis, dict.fromkeys(ACCOUNTS, rich)).get_vm())


def _selector(entry: Mapping[str, Any]) -> bytes:
    return keccak256(f"{entry['name']}({','.join(_types(entry['inputs']))})".encode())


def _types(arguments: Sequence[Mapping[str, Any]]) -> list[str]:
    return [argument["type"] for argument in arguments]


def _reason(output: bytes) -> str:
    if output[:4] != _ERROR:
        return ""
    (reason,) = decode(["string"], output[4:])
    return str(reason)
