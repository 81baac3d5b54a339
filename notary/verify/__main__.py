"""``gridseal-verify FILE``: verify a proof file with nothing but this package."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from .proof import MAX_BYTES, Proof
from .trust import Node, TrustError, trusted_block
from .verdict import EXIT_CODES, Outcome, Trust, Verdict, judge, statement, told

_EPILOG = """\
exit codes: 0 valid, 1 invalid, 2 wrong usage, 3 the node does not answer, 4 pending

A proof is worth as much as what you compare it with: the contract that the lake published, and a block of the chain
that you have from a node or an explorer of your own.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a file, print the verdict, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="gridseal-verify",
        description="Verify that a row was, or was not, in a sealed partition of a lake.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="proof file")
    parser.add_argument("--contract", metavar="0x...", help="contract that the lake published")
    trusted = parser.add_mutually_exclusive_group()
    trusted.add_argument("--rpc", metavar="URL", help="node of the chain that you trust")
    trusted.add_argument("--header", metavar="FILE", type=Path, help="block that you trust: its hash, header or JSON")
    parser.add_argument(
        "--finality",
        choices=("latest", "safe", "finalized"),
        default="finalized",
        help="with --rpc: up to which block the chain takes nothing back (default: finalized)",
    )
    options = parser.parse_args(arguments)
    if bool(options.contract) != bool(options.rpc or options.header):
        parser.error("--contract goes with --rpc or --header, and they with it")
    if options.contract and not re.fullmatch(r"0x[0-9a-fA-F]{40}", options.contract):
        parser.error(f"--contract {options.contract!r} is no address: 0x and 40 hexadecimal digits")
    try:
        trust = trust_in(options.contract, options.rpc, options.header, options.finality)
        verdict = judge(read(options.file), trust)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except TrustError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 3
    print("\n".join(lines(verdict)))  # noqa: T201
    return EXIT_CODES[verdict.outcome]


def trust_in(contract: str | None, rpc: str | None, header: Path | None, finality: str) -> Trust | None:
    """What a reader says that he trusts.

    Raises:
        OSError: The header cannot be read.
        TrustError: It is none, or the node does not answer.
    """
    if not contract:
        return None
    address = bytes.fromhex(contract.removeprefix("0x"))
    if rpc:
        node = Node(rpc, finality)
        return Trust(address, node.chain_id, node.check_block)
    return Trust(address, None, trusted_block(read(header))) if header else None


def read(path: Path) -> bytes:
    """A file, as far as it may be one of a proof and one byte more.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def lines(verdict: Verdict) -> list[str]:
    """A verdict in lines."""
    why = f" ({verdict.link}): {verdict.reason}" if verdict.link else ""
    head = [f"{verdict.outcome}{why}"]
    if verdict.proof and verdict.outcome is not Outcome.INVALID:
        head += [f"  {heading:<10} {text}" for heading, text in statement(verdict.proof).items()]
        head += [f"  {heading:<10} {text}" for heading, text in _clocks(verdict.proof, verdict)]
    return head


def _clocks(proof: Proof, verdict: Verdict) -> list[tuple[str, str]]:
    """What the clocks say that the reader trusts, and which others the proof names."""
    said = [("anchored", told(verdict.block))] if verdict.block else []
    said += [("stamped", f"{time:%Y-%m-%d %H:%M:%S} UTC") for time in verdict.stamped]
    if proof.anchors and not verdict.block and verdict.outcome is Outcome.VALID:
        said.append(("unchecked", f"blocks of chains: {len(proof.anchors)}; --rpc or --header, and --contract"))
    if proof.stamps and not verdict.stamped:
        said.append(("unchecked", f"time-stamps (RFC 3161): {len(proof.stamps)}; other tools do, see docs/notary.md"))
    return said


if __name__ == "__main__":
    sys.exit(main())
