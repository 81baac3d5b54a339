"""A detector as a file: weights and settings, no code, known by the BLAKE3 hash of its bytes."""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from blake3 import blake3

from models.defects import FIGURES, WEIGHTS
from models.defects.classes import CLASSES
from models.defects.detector import Detector
from models.defects.network import build
from models.defects.recipe import Recipe
from models.errors import ModelError

FORMAT = 1


def save(detector: Detector, file: Path) -> str:
    """Writes a detector to a file and returns its version, the BLAKE3 hash of the bytes, in hexadecimal."""
    content = io.BytesIO()
    torch.save(
        {
            "format": FORMAT,
            "classes": list(CLASSES),
            "recipe": asdict(detector.recipe),
            "weights": detector.net.state_dict(),
            "shares": detector.shares.tolist(),
            "temperature": detector.temperature,
            "data": detector.data,
        },
        content,
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".part")
    fresh.write_bytes(content.getvalue())
    fresh.replace(file)
    detector.version = blake3(content.getvalue()).hexdigest()
    return detector.version


def load_folder(folder: Path) -> Detector:
    """Reads the detector of a folder, whose ``metrics.json`` says which version it must be.

    Raises:
        ModelError: There is none, or it is another one.
    """
    try:
        figures: dict[str, Any] = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
        version = str(figures["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{folder}: {error}; expected: {FIGURES} and {WEIGHTS} of a detector", hint="make models", exit_code=2
        ) from error
    return load(folder / WEIGHTS, version)


def load(file: Path, version: str) -> Detector:
    """Reads a detector; code in the file is never run.

    Args:
        file: What ``save`` wrote.
        version: The hash that its bytes must have.

    Raises:
        ModelError: The file is missing, another one, or no detector.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"{file}: {error.strerror}; expected: a detector", hint="make models", exit_code=2) from error
    found = blake3(content).hexdigest()
    if found != version:
        raise ModelError(
            f"{file} is not the registered detector: its hash is {found}, expected: {version}", hint="make models"
        )
    try:
        stored: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if stored["format"] != FORMAT or stored["classes"] != list(CLASSES):
            raise ValueError(f"format {stored['format']} of {len(stored['classes'])} classes")
        recipe = Recipe(**stored["recipe"])
        net = build(recipe.architecture, recipe.width)
        net.load_state_dict(stored["weights"])
        shares = np.array(stored["shares"])
        return Detector(net, recipe, shares, stored["temperature"], stored["data"], version)
    except Exception as error:
        # Whatever a strange file does to the reader: it is no detector.
        lines = str(error).splitlines() or [type(error).__name__]
        raise ModelError(
            f"{file} holds no detector: {lines[0]}; expected: weights of format {FORMAT}", hint="make models"
        ) from error
