"""Photographs for the tests of detectors: the tenth that comes with gridseal, and a few patterns made here."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.defects.__main__ import TENTH
from models.defects.photographs import HEIGHT, WIDTH, Photographs, load

# The same whatever the machine has.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tenth() -> Photographs:
    """The test tenth of Infrared Solar Modules."""
    return load(TENTH)


@pytest.fixture(scope="session")
def patterns() -> Photographs:
    """240 noisy photographs: one half even, one half with a hot cell, of class 1 above and of class 2 below."""
    random = np.random.default_rng(7)
    pixels = random.normal(120, 12, (240, HEIGHT, WIDTH))
    labels = np.repeat([0, 1, 0, 2], 60).astype(np.int64)
    for place, label in enumerate(labels):
        if label:
            row, column = random.integers(4, 12) + (20 if label == 2 else 0), random.integers(3, 15)
            pixels[place, row : row + 6, column : column + 6] += 45
    order = random.permutation(len(labels))
    digests = tuple(bytes([0] * 31 + [place]) for place in range(len(labels)))
    return Photographs(pixels.clip(0, 255).astype(np.uint8)[order], labels[order], digests)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "made" / "here"
