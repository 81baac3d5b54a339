"""A pack: many photographs in one file on HDFS, which is made for few large files.

A pack is a ZIP without compression, so that a photograph is read by its place and length alone, and anyone can
open the whole with common tools. It is named by the hash of its bytes.
"""

import io
import zipfile
from collections.abc import Iterable
from typing import NamedTuple

from blake3 import blake3

from pipelines.sources.images.photograph import Photograph

_LOCAL_HEADER = 30
# Of an entry, so that the same photographs make the same pack at any time.
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Pack(NamedTuple):
    """Photographs in one file.

    Attributes:
        name: BLAKE3 of the bytes, in hexadecimal, with .zip.
        content: The bytes.
        offsets: Where in them each photograph begins, by its identifier.
    """

    name: str
    content: bytes
    offsets: dict[str, int]


def pack(photographs: Iterable[Photograph]) -> Pack:
    """Puts photographs into one file, in their order."""
    stream = io.BytesIO()
    offsets: dict[str, int] = {}
    with zipfile.ZipFile(stream, "w") as archive:
        for photograph in photographs:
            entry = zipfile.ZipInfo(photograph.name, _EPOCH)
            archive.writestr(entry, photograph.content)
            offsets[photograph.image_id] = entry.header_offset + _LOCAL_HEADER + len(entry.filename)
    content = stream.getvalue()
    return Pack(f"{blake3(content).hexdigest()}.zip", content, offsets)
