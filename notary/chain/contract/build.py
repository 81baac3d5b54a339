"""Compile the contract; ``python -m notary.chain.contract.build`` writes Checkpoints.json anew."""

from hashlib import sha256
from pathlib import Path

import vyper  # type: ignore[import-untyped]

from notary.verify.keccak import keccak256

from .artifact import FILE, SOURCE, Artifact, dump

_MAPS = ("heads", "roots")


def compiled(source: Path = SOURCE) -> Artifact:
    """What a source compiles to; the same bytes wherever and whenever it is done."""
    text = source.read_text("utf-8")
    formats = ("abi", "bytecode", "bytecode_runtime", "layout", "settings_dict")
    made = vyper.compile_code(text, output_formats=formats)
    runtime = bytes.fromhex(made["bytecode_runtime"].removeprefix("0x"))
    return Artifact(
        abi=tuple(made["abi"]),
        bytecode=bytes.fromhex(made["bytecode"].removeprefix("0x")),
        runtime=runtime,
        code_hash=keccak256(runtime),
        slots={name: made["layout"]["storage_layout"][name]["slot"] for name in _MAPS},
        compiler=f"vyper {vyper.__long_version__}",
        evm_version=made["settings_dict"]["evm_version"],
        source_sha256=sha256(text.encode()).hexdigest(),
    )


if __name__ == "__main__":
    FILE.write_text(dump(compiled()), "utf-8")
