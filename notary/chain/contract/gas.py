"""What the contract costs; ``python -m notary.chain.contract.gas`` writes gas.md anew."""

from pathlib import Path

from .artifact import load
from .simulator import ACCOUNTS, Simulator

FILE = Path(__file__).with_name("gas.md")
NIGHTLY_LIMIT = 37_000
"""Of a night's checkpoint after the first, the whole transaction."""
SIZES = (2, 101, 10_001)
"""Of a log that had one seal before: of 1, 100 and 10,000 partitions a night."""
WORST_SIZES = (int("ff" * 7 + "fe", 16), int("ff" * 8, 16))
"""The two that differ from a usual pair in costing most: no byte of them is zero."""
# No byte of a hash is zero in the dearest case.
_ORIGIN, _ROOT, _NEXT_ROOT = (bytes([number]) * 32 for number in (1, 2, 3))
_ADMIN, _ANCHORER, _OTHER = ACCOUNTS[:3]


def measured() -> dict[str, int]:
    """Gas of each kind of transaction, in units of gas."""
    opened = _opened()
    return {
        "deploy": opened.creation.gas,
        "open_origin": Simulator().send(_ADMIN, "open_origin", _ORIGIN, _ANCHORER).gas,
        "checkpoint, the first": opened.send(_ANCHORER, "checkpoint", _ORIGIN, 0, 1, _ROOT).gas,
        **{f"checkpoint, log of 1 to {size:,}": checkpoint_gas(1, size) for size in SIZES},
        "checkpoint, the dearest": checkpoint_gas(*WORST_SIZES),
        "checkpoint, again (writes nothing)": opened.send(_ANCHORER, "checkpoint", _ORIGIN, 0, 1, _ROOT).gas,
        "pause": opened.send(_ADMIN, "pause", _ORIGIN).gas,
        "resume": opened.send(_ADMIN, "resume", _ORIGIN).gas,
        "appoint": opened.send(_ADMIN, "appoint", _ORIGIN, _OTHER).gas,
    }


def checkpoint_gas(old_size: int, new_size: int, root: bytes = _NEXT_ROOT, origin: bytes = _ORIGIN) -> int:
    """Gas of a checkpoint that follows another, in units of gas."""
    opened = _opened(origin)
    opened.send(_ANCHORER, "checkpoint", origin, 0, old_size, _ROOT)
    return opened.send(_ANCHORER, "checkpoint", origin, old_size, new_size, root).gas


def report() -> str:
    """The figures as a page."""
    artifact = load()
    rows = "\n".join(f"| {what} | {gas:,} |" for what, gas in measured().items())
    return f"""# What the contract costs

Whole transactions, the 21,000 of each and its call data included, by the rules of Prague (py-evm). No byte of an origin
or a root is zero, which is the dearest case. Written by `python -m notary.chain.contract.gas`, of
{artifact.compiler}, code {artifact.code_hash.hex()}.

| transaction | gas |
|---|---:|
{rows}

A checkpoint after the first may take {NIGHTLY_LIMIT:,}. How much was sealed does not matter, but for the zeros in its
size.
"""


def _opened(origin: bytes = _ORIGIN) -> Simulator:
    opened = Simulator()
    opened.send(_ADMIN, "open_origin", origin, _ANCHORER)
    return opened


if __name__ == "__main__":
    FILE.write_text(report(), "utf-8")
