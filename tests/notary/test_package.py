"""The verifier is a package of its own: installed alone, it runs with nothing but blake3."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from notary.verify.evm import check_evm
from notary.verify.proof import load

PROOF = Path("tests/notary/anchored_proof.json").absolute()
# Isolated, and without the packages of its environment.
ALONE = [
    "-I",
    "-S",
    "-c",
    "import sys; sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1)]\n"
    "from gridseal_verify.__main__ import main; sys.exit(main())",
]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A Python that finds its own library, the package as pip installs it, and blake3."""
    folder = tmp_path_factory.mktemp("alone")
    source, target, other = folder / "source", folder / "target", folder / "other"
    subprocess.run(["cp", "-r", "notary/verify", source], check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", target, source], check=True)
    other.mkdir()
    blake3 = find_spec("blake3")
    assert blake3
    assert blake3.origin
    (other / "blake3").symlink_to(Path(blake3.origin).parent)
    return [sys.executable, *ALONE, str(target), str(other)]


def run(command: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, *words], capture_output=True, text=True, check=False)


def test_it_verifies_a_proof(alone: list[str], tmp_path: Path) -> None:
    proof = load(PROOF.read_bytes())
    contract = f"0x{proof.anchors[0].contract.hex()}"
    header = tmp_path / "header"
    header.write_text(proof.anchors[0].header.hex())
    valid = run(alone, str(PROOF), "--contract", contract, "--header", str(header))
    assert (valid.returncode, valid.stdout.splitlines()[0]) == (0, "valid"), valid.stderr
    block = check_evm(proof.anchors[0], proof.checkpoint)
    assert f"anchored   block {block.number}, " in valid.stdout
    assert run(alone, str(PROOF)).returncode == 4
    header.write_text("00" * 32)
    assert run(alone, str(PROOF), "--contract", contract, "--header", str(header)).returncode == 1


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["missing.json"], 2, "No such file"),
        ([str(PROOF), "--contract", "0x12"], 2, "--contract goes with"),
        ([str(PROOF), "--contract", "12", "--rpc", "http://127.0.0.1:9"], 2, "is no address"),
        ([str(PROOF), "--contract", "0x" + "12" * 20, "--rpc", "http://127.0.0.1:9"], 3, "does not answer eth_chainId"),
        ([str(PROOF), "--contract", "0x" + "12" * 20, "--rpc", "file:///etc/passwd"], 3, "is no address of a node"),
        ([str(PROOF), "--contract", "0x" + "12" * 20, "--header", str(PROOF)], 3, "is neither a hash nor a header"),
    ],
)
def test_what_it_cannot_do_it_says_in_a_line(alone: list[str], words: list[str], code: int, told: str) -> None:
    found = run(alone, *words)
    assert found.returncode == code
    assert told in found.stderr
    assert "Traceback" not in found.stderr


def test_a_hash_with_white_space_is_none(alone: list[str], tmp_path: Path) -> None:
    header = tmp_path / "header"
    header.write_text("00 " * 20 + "0000")
    found = run(alone, str(PROOF), "--contract", "0x" + "12" * 20, "--header", str(header))
    assert (found.returncode, "neither a hash nor a header" in found.stderr) == (3, True)
