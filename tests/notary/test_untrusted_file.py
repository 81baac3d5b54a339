"""A Parquet file that would run code when it is read is refused (CVE-2023-47248): pyarrow 11 does run it."""

import subprocess
import sys
from pathlib import Path

import pytest

_WRITE = """
import sys
import pyarrow as pa
import pyarrow.parquet as pq

class Trap(pa.PyExtensionType):
    def __init__(self):
        pa.PyExtensionType.__init__(self, pa.int64())

    def __reduce__(self):
        return exec, (f"open({sys.argv[2]!r}, 'w').close()",)

column = pa.ExtensionArray.from_storage(Trap(), pa.array([1], pa.int64()))
pq.write_table(pa.table({"a": column}), sys.argv[1])
"""
_READ = "import sys\n{imports}\nimport pyarrow.parquet as pq\npq.read_table(sys.argv[1])\n"


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, Path]:
    """A file, and the mark that it leaves if it has run code."""
    file, mark = tmp_path / "trap.parquet", tmp_path / "mark"
    subprocess.run([sys.executable, "-W", "ignore", "-c", _WRITE, file, mark], check=True, timeout=60)
    mark.unlink(missing_ok=True)
    return file, mark


def _read(file: Path, imports: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", _READ.format(imports=imports), str(file)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_the_trap_is_one(trap: tuple[Path, Path]) -> None:
    _read(trap[0], "")
    assert trap[1].exists(), "pyarrow no longer runs it: pyarrow-hotfix can go"


@pytest.mark.parametrize("module", ["pipelines.reading.snapshot", "notary.sealing.leaf_file", "notary.exporting"])
def test_what_reads_the_lake_refuses_it(trap: tuple[Path, Path], module: str) -> None:
    done = _read(trap[0], f"import {module}")
    assert "Disallowed deserialization" in done.stderr
    assert not trap[1].exists()
