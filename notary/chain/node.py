"""A node of an EVM chain, asked over JSON-RPC: what the contract holds, and what a transaction costs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from notary.chain.contract.artifact import load, storage_keys
from notary.chain.header import encode_header
from notary.errors import NotaryError
from notary.settings import NotarySettings
from notary.verify.evm import EvmAnchor, parse_header

Tag = str | int
"""Of a block: its number, or latest, safe or finalized."""

_TIMEOUT_S = 20
_NONE_YET = (0, bytes(32))


class Chain:
    """One chain, by one of its nodes."""

    def __init__(self, settings: NotarySettings) -> None:
        """Connect.

        Raises:
            NotaryError: The node does not answer, or is one of another chain.
        """
        from requests import Session
        from web3 import HTTPProvider, Web3

        self.url, self.chain_id = settings.chain_url, settings.chain_id
        session = Session()
        # Never through a proxy of the environment.
        session.trust_env = False
        provider = HTTPProvider(self.url, request_kwargs={"timeout": _TIMEOUT_S}, session=session)
        self._web3 = Web3(provider)
        with self._answering():
            found = self._web3.eth.chain_id
        if found != self.chain_id:
            raise NotaryError(
                f"the node at {self.url} is one of chain {found}, GRIDSEAL_CHAIN_ID says {self.chain_id}",
                "gridseal settings",
                exit_code=2,
            )

    def latest(self, contract: str, origin_id: bytes, tag: Tag = "latest") -> tuple[int, bytes]:
        """Size and root of a lake's newest checkpoint as of a block; (0, zeros) if there is none.

        Raises:
            NotaryError: The node does not answer, or does not know such a block.
        """
        from web3.exceptions import BadFunctionCallOutput

        with self._answering():
            try:
                size, root = self._contract(contract).functions.latest(origin_id).call(block_identifier=tag)
            except BadFunctionCallOutput:
                return _NONE_YET
            return int(size), bytes(root)

    def anchorer_of(self, contract: str, origin_id: bytes) -> str | None:
        """Address that may anchor a lake; None if the lake is unknown to the contract."""
        with self._answering():
            address = str(self._contract(contract).functions.anchorer_of(origin_id).call())
        return None if int(address, 16) == 0 else address

    def is_contract(self, address: str) -> bool:
        """Whether the contract of this package stands at an address."""
        with self._answering():
            return bytes(self._web3.eth.get_code(_checksum(address))) == load().runtime

    def mined_nonce(self, address: str) -> int:
        """How many transactions of an account are mined."""
        with self._answering():
            return int(self._web3.eth.get_transaction_count(_checksum(address), "latest"))

    def height(self, tag: Tag = "latest") -> int:
        """Number of a block."""
        return int(self.block(tag)["number"], 16)

    def block(self, tag: Tag) -> Mapping[str, Any]:
        """A block as the node tells it.

        Raises:
            NotaryError: The node does not answer, or does not know it.
        """
        block = self._ask("eth_getBlockByNumber", [hex(tag) if isinstance(tag, int) else tag, False])
        if not block:
            raise NotaryError(f"the node at {self.url} knows no block {tag!r}", "GRIDSEAL_CHAIN_FINALITY=latest", 3)
        return dict(block)

    def block_of(self, transaction: str) -> int | None:
        """Number of the block that a transaction was mined in, if it was."""
        receipt = self._ask("eth_getTransactionReceipt", [transaction])
        return int(receipt["blockNumber"], 16) if receipt and receipt.get("blockNumber") else None

    def anchor(self, contract: str, origin_id: bytes, number: int) -> EvmAnchor:
        """What the contract holds for a lake after a block, as a proof.

        Raises:
            NotaryError: The node does not answer, does not know the block's state, or tells what does not fit.
        """
        keys = ["0x" + key.hex() for key in storage_keys(origin_id)]
        told = self._ask("eth_getProof", [_checksum(contract), keys, hex(number)])
        try:
            header = encode_header(self.block(number))
        except ValueError as error:
            raise NotaryError(str(error), "a node of another make") from error
        account, (head, root) = told["accountProof"], (slot["proof"] for slot in told["storageProof"])
        return EvmAnchor(
            self.chain_id, bytes.fromhex(contract[2:]), header, _nodes(account), _nodes(head), _nodes(root)
        )

    def is_block(self, anchor: EvmAnchor) -> bool:
        """Whether the block of a proof is one of the chain."""
        block = parse_header(anchor.header)
        if block.number > self.height():
            return False
        return bytes.fromhex(self.block(block.number)["hash"][2:]) == block.hash

    def fees(self) -> tuple[int, int]:
        """What to offer at most for a unit of gas now, and what of it goes to the proposer; in wei."""
        with self._answering():
            tip = int(self._web3.eth.max_priority_fee)
            base = int(self._web3.eth.get_block("latest").get("baseFeePerGas", 0))
        # Twice the base fee lasts for six full blocks.
        return 2 * base + tip, tip

    def call(self, contract: str, function: str, *values: Any) -> dict[str, Any]:
        """A transaction that calls the contract: where to, and what."""
        encoded = self._web3.eth.contract(abi=load().abi).encode_abi(function, args=list(values))
        return {"to": _checksum(contract), "data": encoded}

    def gas(self, transaction: Mapping[str, Any]) -> int:
        """Units of gas that a transaction takes now, and some to spare.

        Raises:
            NotaryError: It would fail, by the reason that the contract gives.
        """
        with self._answering():
            return int(self._web3.eth.estimate_gas(dict(transaction)) * 1.25)  # type: ignore[arg-type]

    def send(self, raw: bytes) -> None:
        """Broadcast a signed transaction; one that the node knows already is fine.

        Raises:
            NotaryError: The node does not answer, or refuses it.
        """
        told = self._answer("eth_sendRawTransaction", ["0x" + raw.hex()])
        message = str(told.get("error", {}).get("message", "")).lower()
        if message and not any(known in message for known in ("already known", "already imported", "nonce too low")):
            raise NotaryError(f"the node at {self.url} refuses the transaction: {message}", "gridseal notary status")

    def _contract(self, address: str) -> Any:
        return self._web3.eth.contract(address=_checksum(address), abi=load().abi)

    def _ask(self, method: str, parameters: list[Any]) -> Any:
        told = self._answer(method, parameters)
        if "error" in told:
            message = told["error"].get("message", told["error"])
            raise NotaryError(f"the node at {self.url} refuses {method}: {message}", "gridseal notary status", 3)
        return told.get("result")

    def _answer(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        with self._answering():
            return dict(self._web3.provider.make_request(method, parameters))  # type: ignore[arg-type]

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turns errors of the client into one that says what to do."""
        from requests.exceptions import RequestException
        from web3.exceptions import ContractLogicError, Web3Exception

        try:
            yield
        except ContractLogicError as error:
            raise NotaryError(f"the contract refuses: {error.message or error}", "gridseal notary status") from error
        except (RequestException, Web3Exception, ValueError) as error:
            raise NotaryError(
                f"the chain does not answer at {self.url}: {str(error)[:200]}", "gridseal up; gridseal status", 3
            ) from error


def address_after(sender: str, nonce: int) -> str:
    """Address of the contract that an account makes by its transaction of this number."""
    import rlp  # type: ignore[import-untyped]

    from notary.verify.keccak import keccak256

    return "0x" + keccak256(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:].hex()


def _checksum(address: str) -> Any:
    from web3 import Web3

    return Web3.to_checksum_address(address)


def _nodes(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(text[2:]) for text in texts)
