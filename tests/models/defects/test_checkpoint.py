"""A detector as a file: it answers as before, and neither another file nor code in it is taken."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from blake3 import blake3

from models.defects import checkpoint
from models.defects.detector import Detector
from models.defects.network import build
from models.defects.photographs import Photographs
from models.defects.recipe import Recipe
from models.errors import ModelError


@pytest.fixture
def detector() -> Detector:
    torch.manual_seed(5)
    net = build("resnet18", 8, 120.0, 30.0)
    return Detector(net, Recipe(width=8), np.full(12, 1 / 12), temperature=0.7, data="ab")


def test_it_answers_as_before(detector: Detector, out: Path, tenth: Photographs) -> None:
    version = checkpoint.save(detector, out / "model.pt")
    again = checkpoint.load(out / "model.pt", version)
    assert again.version == version == blake3((out / "model.pt").read_bytes()).hexdigest()
    first, second = detector.answers(tenth.pixels[:50]), again.answers(tenth.pixels[:50])
    assert (first.probability == second.probability).all()
    assert (first.label == second.label).all()
    assert (again.recipe, again.temperature, again.data) == (detector.recipe, 0.7, "ab")


def test_the_same_detector_has_the_same_version(detector: Detector, tmp_path: Path) -> None:
    assert checkpoint.save(detector, tmp_path / "a.pt") == checkpoint.save(detector, tmp_path / "another name.pt")


def test_a_changed_file_is_refused(detector: Detector, tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    version = checkpoint.save(detector, file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelError, match=f"expected: {version}"):
        checkpoint.load(file, version)


class Trap:
    """Would make a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.file,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("write", ["torch", "pickle"])
def test_code_in_a_file_is_not_run(tmp_path: Path, write: str) -> None:
    file, sprung = tmp_path / "model.pt", tmp_path / "sprung"
    if write == "torch":
        torch.save({"format": 1, "weights": Trap(sprung)}, file)
    else:
        file.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ModelError, match="holds no detector"):
        checkpoint.load(file, blake3(file.read_bytes()).hexdigest())
    assert not sprung.exists()
    # The trap is one.
    with file.open("rb") as stream:
        torch.load(stream, weights_only=False) if write == "torch" else pickle.load(stream)  # noqa: S301
    assert sprung.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"text"])
def test_what_is_no_detector_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="holds no detector"):
        checkpoint.load(file, blake3(content).hexdigest())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.pt.*expected: a detector"):
        checkpoint.load(tmp_path / "model.pt", "00")
