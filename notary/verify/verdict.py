"""What a proof file is worth to somebody who trusts a block, a node that he asks, or a time-stamp authority."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from .errors import ProofError, printable
from .evm import Block, EvmAnchor, check_evm
from .proof import Proof, check, load
from .text import row_to_json

_YEAR_9999 = 253_370_764_800


class Outcome(StrEnum):
    """What is known of a proof."""

    VALID = "valid"
    INVALID = "invalid"
    PENDING = "pending"


EXIT_CODES = {Outcome.VALID: 0, Outcome.INVALID: 1, Outcome.PENDING: 4}


class Pending(Exception):  # noqa: N818
    """Whether a clock holds the checkpoint cannot be told yet.

    Attributes:
        link: Which: anchor or stamp.
    """

    def __init__(self, message: str, link: str = "anchor") -> None:
        super().__init__(message)
        self.link = link


CheckStamp = Callable[[bytes, bytes], datetime]
"""Time of a token of some bytes; raises ProofError if it is none of the trusted authority or of other bytes."""


@dataclass(frozen=True)
class Trust:
    """What somebody trusts of a chain.

    Attributes:
        contract: Address of the contract that the lake published, 20 bytes.
        chain_id: Of the chain that he asks; None if he holds a header, which tells of none.
        check_block: Raises ProofError if a block is none of the chain, and Pending if it may still be taken back.
    """

    contract: bytes
    chain_id: int | None
    check_block: Callable[[Block], None]


@dataclass(frozen=True)
class Verdict:
    """What a proof file is worth.

    Attributes:
        outcome: Valid, invalid or pending.
        link: The part of the chain that does not hold or is not there yet: file, row, seal, anchor or stamp; empty if
            valid.
        reason: Why it is not valid; empty if it is.
        proof: What the file says; None if it is no proof.
        block: The block that the checkpoint is held by; None if there is none, or no chain is trusted.
        stamped: Times of its stamps; empty if there are none, or no authority is trusted.
    """

    outcome: Outcome
    link: str
    reason: str
    proof: Proof | None
    block: Block | None
    stamped: tuple[datetime, ...] = ()


def judge(data: bytes, trust: Trust | None, check_stamp: CheckStamp | None = None) -> Verdict:
    """Verify a proof file.

    Each clock that the reader trusts must hold the checkpoint; without one that he trusts no proof is valid.

    Args:
        data: The file.
        trust: What the reader trusts of a chain; None if nothing.
        check_stamp: What verifies the stamps of an authority that the reader trusts; None if he trusts none.
    """
    proof, stamped = None, tuple[datetime, ...]()
    try:
        proof = load(data)
        check(proof)
        blocks = [(anchor, check_evm(anchor, proof.checkpoint)) for anchor in proof.anchors]
        if check_stamp:
            stamped = tuple(check_stamp(token, proof.checkpoint.hash) for token in proof.stamps)
        block = _anchored(blocks, trust) if trust or not check_stamp else None
        if check_stamp and not stamped:
            raise Pending("the hashes hold, and the checkpoint is not stamped yet", "stamp")
    except ProofError as error:
        return Verdict(Outcome.INVALID, error.link, str(error), proof, None)
    except Pending as reason:
        return Verdict(Outcome.PENDING, reason.link, str(reason), proof, None, stamped)
    return Verdict(Outcome.VALID, "", "", proof, block, stamped)


def statement(proof: Proof) -> dict[str, str]:
    """What a proof says, if it holds, by headings; texts of the file as they may be printed."""
    said = {
        "table": proof.seal.table,
        "partition": proof.seal.partition or "(the whole table)",
        "as of": proof.seal.instant,
        "rows": f"{proof.seal.rows:,}",
    }
    if proof.absent is not None:
        said["absent"] = _row(row_to_json(proof.schema, proof.absent))
    else:
        said["row"] = _row(row_to_json(proof.schema, proof.rows[0].row))
    said["lake"] = f"{proof.checkpoint.origin}, {proof.checkpoint.size:,} seals"
    return {heading: printable(text) for heading, text in said.items()}


def told(block: Block) -> str:
    """A block in words: everything in it existed by then."""
    when = (
        f"{datetime.fromtimestamp(block.timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC" if block.timestamp < _YEAR_9999 else "?"
    )
    return f"block {block.number}, {when}, {block.hash.hex()}"


def _anchored(blocks: list[tuple[EvmAnchor, Block]], trust: Trust | None) -> Block:
    if not blocks:
        raise Pending("the hashes hold, and the checkpoint is written down nowhere yet")
    anchor, block = blocks[0]
    if trust is None:
        raise Pending(
            f"the hashes hold up to {told(block)} of chain {anchor.chain_id}, contract 0x{anchor.contract.hex()};"
            " say what you trust: --rpc or --header, and --contract"
        )
    for anchor, block in blocks:
        if anchor.contract != trust.contract:
            raise ProofError(
                "anchor", f"the contract is 0x{anchor.contract.hex()}, trusted is 0x{trust.contract.hex()}"
            )
        if trust.chain_id not in (None, anchor.chain_id):
            raise ProofError("anchor", f"the proof is of chain {anchor.chain_id}, the node of {trust.chain_id}")
        trust.check_block(block)
    return block


def _row(texts: dict[str, object]) -> str:
    return ", ".join(f"{name}={'null' if text is None else text}" for name, text in texts.items())
