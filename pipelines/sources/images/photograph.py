"""Whether bytes are a photograph, and its content address."""

import io
import warnings
from dataclasses import dataclass

from blake3 import blake3
from PIL import Image, UnidentifiedImageError

from pipelines.sources.images.refusal import RefusedError

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "TIFF": "tif", "WEBP": "webp"}
"""Formats that are taken, and how names of their files end."""
MOST_PIXELS = 50_000_000


@dataclass(frozen=True)
class Photograph:
    """Bytes that are a photograph.

    Attributes:
        image_id: BLAKE3 of the bytes, in hexadecimal.
        content: The bytes, as they came.
        format: Of ``SUFFIXES``.
        width: In pixels.
        height: In pixels.
    """

    image_id: str
    content: bytes
    format: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """Name of a file of it."""
        return f"{self.image_id}.{SUFFIXES[self.format]}"


def recognise(content: bytes) -> Photograph:
    """The photograph that bytes are; all of it can be decoded.

    Raises:
        RefusedError: They are none, a broken one, or one too large.
    """
    if not content:
        raise RefusedError("an empty file")
    try:
        with warnings.catch_warnings(action="ignore"), _opened(content) as image:
            # What Pillow would decode without: a sum that is wrong, an end that is missing.
            _opened(content).verify()
            if image.width * image.height > MOST_PIXELS:
                raise RefusedError(f"{image.width} x {image.height} pixels; allowed: {MOST_PIXELS:,} in all")
            image.load()
            return Photograph(blake3(content).hexdigest(), content, str(image.format), image.width, image.height)
    except UnidentifiedImageError:
        start = content[:8].hex(" ")
        raise RefusedError(f"no image: it begins with {start}; allowed: {', '.join(SUFFIXES)}") from None
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise RefusedError(f"a broken image: {error}") from error


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=list(SUFFIXES))
