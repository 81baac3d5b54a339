"""Labelled photographs in memory, read from a folder or a ZIP of the layout of "Infrared Solar Modules"."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from blake3 import blake3
from PIL import Image, UnidentifiedImageError

from models.defects.classes import CLASSES
from models.errors import ModelError

HEIGHT, WIDTH = 40, 24
"""Size in pixels of what a network sees."""
LABELS = "module_metadata.json"
MAX_PIXELS = 50_000_000


@dataclass(frozen=True)
class Photographs:
    """Photographs with their labels, in the order of the hashes of their bytes.

    Attributes:
        pixels: Grey values 0 to 255 of shape (n, 40, 24), uint8.
        labels: Index into ``CLASSES`` of each, shape (n,), int64.
        digests: BLAKE3 of the bytes of each file; those of exact duplicates are equal.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    digests: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def digest(self) -> str:
        """BLAKE3 of all of them and their labels, in hexadecimal: which data a model was trained with."""
        hasher = blake3()
        for one, label in zip(self.digests, self.labels.tolist(), strict=True):
            hasher.update(one + bytes([label]))
        return hasher.hexdigest()

    def at(self, places: npt.NDArray[np.int64]) -> "Photographs":
        """Those at the given places."""
        return Photographs(self.pixels[places], self.labels[places], tuple(self.digests[place] for place in places))


def pixels_of(content: bytes) -> npt.NDArray[np.uint8]:
    """The grey values of an image file as a network sees them.

    A photograph that lies on its side is turned upright; one of another size is scaled.

    Args:
        content: Bytes of a JPEG, PNG or another image that Pillow reads.

    Returns:
        Grey values of shape (40, 24).

    Raises:
        ValueError: It is no image, a broken one, or one of more than 50 million pixels.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels; allowed: {MAX_PIXELS:,} in all")
            grey = image.convert("L")
    except UnidentifiedImageError as error:
        raise ValueError("no image that can be read") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"a broken image: {error}") from error
    if grey.width > grey.height:
        grey = grey.transpose(Image.Transpose.ROTATE_90)
    if grey.size != (WIDTH, HEIGHT):
        grey = grey.resize((WIDTH, HEIGHT), Image.Resampling.BOX if grey.width > WIDTH else Image.Resampling.BILINEAR)
    return np.array(grey, dtype=np.uint8)


def load(source: Path) -> Photographs:
    """Reads labelled photographs.

    Args:
        source: A folder or a ZIP with ``module_metadata.json`` and the images that it names.

    Raises:
        ModelError: They are not there, or one is broken or has no known label.
    """
    with _opened(source) as read:
        found = sorted(
            ((blake3(content).digest(), label, content) for label, content in _entries(source, read)),
            key=lambda one: one[:2],
        )
    pixels = np.empty((len(found), HEIGHT, WIDTH), dtype=np.uint8)
    for place, (_, _, content) in enumerate(found):
        pixels[place] = pixels_of(content)
    labels = np.array([label for _, label, _ in found], dtype=np.int64)
    return Photographs(pixels, labels, tuple(digest for digest, _, _ in found))


def _entries(source: Path, read: Callable[[str], bytes]) -> Iterator[tuple[int, bytes]]:
    known = {name: index for index, name in enumerate(CLASSES)}
    try:
        labels: dict[str, dict[str, Any]] = json.loads(read(LABELS))
        for entry in labels.values():
            yield known[entry["anomaly_class"]], read(entry["image_filepath"])
    except (KeyError, OSError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{source}: {error}; expected: {LABELS} that gives each image its image_filepath and an anomaly_class of "
            f"{', '.join(CLASSES)}",
            hint="make models DATA=infrared-solar-modules.zip",
            exit_code=2,
        ) from error


@contextmanager
def _opened(source: Path) -> Iterator[Callable[[str], bytes]]:
    if source.is_dir():
        yield lambda name: (source / name).read_bytes()
        return
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive.read
    except (OSError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{source}: {error}; expected: a folder or a ZIP of labelled photographs",
            hint="make models DATA=infrared-solar-modules.zip",
            exit_code=2,
        ) from error
