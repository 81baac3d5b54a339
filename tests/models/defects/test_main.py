"""The command that makes a detector, as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from models.defects import __main__ as command
from models.defects import checkpoint
from models.defects.photographs import Photographs
from models.defects.split import split


def run(*words: str | Path) -> Result:
    """In this process: a second one needs seconds to import torch."""
    return CliRunner().invoke(command.app, [str(word) for word in words])


def test_it_writes_a_detector_with_card_and_pictures(out: Path, tenth: Photographs) -> None:
    words = ("--out", out, "--width", "4", "--epochs", "2", "--seeds", "2", "--threads", "1")
    done = subprocess.run(
        [sys.executable, "-m", "models.defects", *words], capture_output=True, text=True, check=False, timeout=300
    )
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
        done = run("--out", tmp_path / name, "--width", "4", "--epochs", "1", "--threads", "1")
        assert done.exit_code == 0, done.output
    for name in ("model.pt", "curves.png", "examples.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_unknown_architecture_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    done = run("--out", tmp_path / "x", "--architecture", "alexnet")
    assert done.exit_code == 2
    assert "alexnet; allowed: resnet18, vgg11, vit, swin_t" in " ".join(done.output.split()).replace("│ ", "")
    assert not (tmp_path / "x").exists()


def test_data_that_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["models.defects", "--out", str(tmp_path / "x"), "--data", str(tmp_path / "nothing.zip")]
    monkeypatch.setattr(sys, "argv", words)
    assert command.run() == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "expected: a folder or a ZIP of labelled photographs" in said
    assert "next: make models" in said
