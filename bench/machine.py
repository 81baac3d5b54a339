"""What a run was measured on."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("pyarrow", "numpy", "numba", "blake3", "hudi", "duckdb", "pyspark")
_GO = "/usr/local/go/bin/go"


def describe() -> dict[str, str]:
    """The machine by headings."""
    memory_kib = int(_line(Path("/proc/meminfo"), "MemTotal").split()[0])
    free_kib = int(_line(Path("/proc/meminfo"), "MemAvailable").split()[0])
    vectors = [flag for flag in ("avx2", "avx512f") if has(flag)]
    go = go_program()
    versions = [f"{name} {version(name)}" for name in _PACKAGES]
    return {
        "processor": f"{_line(Path('/proc/cpuinfo'), 'model name')}, {os.cpu_count()} cores,"
        f" {', '.join(vectors) or 'neither avx2 nor avx512f'}",
        "memory": f"{memory_kib / 2**20:.1f} GiB, {free_kib / 2**20:.1f} GiB free",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join(versions) + (f", {_said([go, 'version']).split()[2]}" if go else ""),
        "load": f"{os.getloadavg()[0]:.1f} processes wanted a core in the last minute; figures are true if none did",
    }


def has(flag: str) -> bool:
    """Whether the processor has a feature, as the kernel names it."""
    return flag in _line(Path("/proc/cpuinfo"), "flags").split()


def go_program() -> str | None:
    """Path of Go; None if it is not installed."""
    return shutil.which("go") or shutil.which(_GO)


def _line(file: Path, heading: str) -> str:
    lines = (line.partition(":") for line in file.read_text().splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == heading), "0")


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
