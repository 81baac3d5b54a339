"""The command that makes a detector, as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

from models.defects import checkpoint
from models.defects.photographs import Photographs
from models.defects.split import split


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "models.defects", *words], capture_output=True, text=True, check=False, timeout=300
    )


def test_it_writes_a_detector_with_card_and_pictures(out: Path, tenth: Photographs) -> None:
    done = run("--out", out, "--width", "4", "--epochs", "2", "--seeds", "2", "--threads", "1")
    assert done.returncode == 0, done.stderr
    assert {file.name for file in out.iterdir()} == {
        "model.pt", "card.md", "metrics.json", "curves.png", "examples.png",
    }  # fmt: skip
    figures = json.loads((out / "metrics.json").read_text())
    assert figures["version"] in done.stdout
    assert list(figures["training"]["seeds"]) == ["0", "1"]
    assert figures["training"]["seeds"]["0"] == figures["test"]["values"] != figures["training"]["seeds"]["1"]
    detector = checkpoint.load(out / "model.pt", figures["version"])
    assert detector.data == tenth.digest() == figures["data"]
    assert figures["test"]["photographs"] == len(split(tenth).test)
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_run_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run("--out", tmp_path / name, "--width", "4", "--epochs", "1", "--threads", "1").returncode == 0
    for name in ("model.pt", "curves.png", "examples.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_errors_say_what_is_allowed(tmp_path: Path) -> None:
    nothing = run("--out", tmp_path / "x", "--data", tmp_path / "nothing.zip")
    assert nothing.returncode == 2
    assert "expected: a folder or a ZIP of labelled photographs" in " ".join(nothing.stderr.split())
    assert "Traceback" not in nothing.stderr
    other = run("--out", tmp_path / "x", "--architecture", "alexnet")
    assert other.returncode == 2
    assert "alexnet; allowed: resnet18, vgg11, vit, swin_t" in " ".join(other.stderr.split()).replace("│ ", "")
    assert not (tmp_path / "x").exists()
