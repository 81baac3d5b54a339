"""What a reader trusts: a block that he was given, or a node that he asks."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

from .errors import ProofError
from .evm import MAX_HEADER_BYTES, Block, parse_header
from .verdict import Pending

_TIMEOUT_S = 20
_MOST_BYTES = 1 << 20
_HASH_DIGITS = 64


class TrustError(Exception):
    """What is trusted cannot be used: the message says what is wrong with it."""


def trusted_block(data: bytes) -> Callable[[Block], None]:
    """Trust one block.

    Args:
        data: Its hash or its header in hexadecimal digits, or the block as a node tells it, as JSON with a field hash.

    Raises:
        TrustError: It is none of these.
    """
    wanted = _block_hash(data)

    def check(block: Block) -> None:
        if block.hash != wanted:
            raise ProofError("anchor", f"the proof ends in block {block.hash.hex()}, trusted is {wanted.hex()}")

    return check


class Node:
    """A node of a chain that is trusted to say which blocks the chain has."""

    def __init__(self, url: str, finality: str) -> None:
        """Connect.

        Args:
            url: Of its JSON-RPC, http or https.
            finality: latest, safe or finalized: up to which block nothing is taken back.

        Raises:
            TrustError: It does not answer.
        """
        if not url.startswith(("http://", "https://")):
            raise TrustError(f"{url!r} is no address of a node; allowed: http://... or https://...")
        self._url, self._finality = url, finality
        self.chain_id = int(self._ask("eth_chainId"), 16)

    def check_block(self, block: Block) -> None:
        """Raises ProofError if a block is none of the chain, and Pending if it may still be taken back.

        Raises:
            TrustError: The node does not answer.
        """
        found = self._ask("eth_getBlockByNumber", hex(block.number), False)
        if found is None:
            raise Pending(f"the node knows no block {block.number} yet")
        if found["hash"] != "0x" + block.hash.hex():
            raise ProofError("anchor", f"block {block.number} of the chain is {found['hash']}, not {block.hash.hex()}")
        final = self._ask("eth_getBlockByNumber", self._finality, False)
        if final is None or int(final["number"], 16) < block.number:
            raise Pending(f"block {block.number} is not {self._finality} yet")

    def _ask(self, method: str, *parameters: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            # Never through a proxy of the environment.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=_TIMEOUT_S) as answer:
                told = json.loads(answer.read(_MOST_BYTES))
            if "error" in told:
                raise ValueError(told["error"])
            return told["result"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise TrustError(f"the node at {self._url} does not answer {method}: {error!s:.200}") from error


def _block_hash(data: bytes) -> bytes:
    try:
        text = data[:_MOST_BYTES].decode("ascii").strip()
        if text.startswith("{"):
            document = json.loads(text)
            text = str(document.get("result", document)["hash"])
        digits = text.removeprefix("0x")
        if not re.fullmatch("[0-9a-fA-F]*", digits):
            raise ValueError  # Python's own reading passes over white space.
        found = bytes.fromhex(digits)
        if len(digits) == _HASH_DIGITS:
            return found
        if len(found) <= MAX_HEADER_BYTES:
            return parse_header(found).hash
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise TrustError(
        "the header is neither a hash nor a header in hexadecimal digits, nor a block as JSON with its hash"
    )
