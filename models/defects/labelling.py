"""From what Kafka tells of photographs to what a detector says of them: their bytes on HDFS, its answers, messages."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from blake3 import blake3

from models.defects.detector import Detector
from models.defects.photographs import pixels_of
from pipelines.settings import PipelineSettings
from pipelines.sources.images.announcing import Announcer
from pipelines.webhdfs import file_length, reachable

_IMAGE_ID = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
_NEAR = 64 * 1024
"""Bytes between two photographs of a pack that are rather read than asked for twice."""
_MOST = 16 * 1024 * 1024
"""Bytes that are asked for at once, unless a photograph is larger."""


@dataclass(frozen=True)
class Announced:
    """A photograph as a message of ``equipment-images`` tells of it.

    Attributes:
        image_id: BLAKE3 of its bytes, in hexadecimal.
        taken_at: When it was taken, as it is written there.
        pack: Path of the file on HDFS that holds it.
        pack_offset: Where in it the photograph begins.
        size_bytes: Its length.
    """

    image_id: str
    taken_at: str
    pack: str
    pack_offset: int
    size_bytes: int

    @classmethod
    def read(cls, value: bytes | None) -> "Announced | None":
        """The photograph that a message tells of; None if it names none that could be read."""
        try:
            told = json.loads(value or b"")
            one = cls(*(told[name] for name in cls.__dataclass_fields__))
            # The topic is open to others: what the parser of the pipeline refuses must not end this process.
            known = _IMAGE_ID.fullmatch(one.image_id) and _PATH.fullmatch(one.pack) and one.taken_at.encode()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        numbers = (one.pack_offset, one.size_bytes)
        whole = all(type(number) is int for number in numbers) and one.pack_offset >= 0 and one.size_bytes > 0
        return one if known and whole else None


def contents(client: Any, announced: Iterable[Announced]) -> Iterator[tuple[Announced, bytes | None]]:
    """The bytes of photographs, those of one pack in few reads; None where HDFS does not hold them.

    Args:
        client: Of WebHDFS.
        announced: Photographs, in any order.
    """
    for group in _ranges(sorted(announced, key=lambda one: (one.pack, one.pack_offset))):
        begin = group[0].pack_offset
        content = _read(client, group[0].pack, begin, max(one.pack_offset + one.size_bytes for one in group))
        for one in group:
            own = content[one.pack_offset - begin : one.pack_offset - begin + one.size_bytes]
            yield one, own if blake3(own).hexdigest() == one.image_id else None


def _read(client: Any, pack: str, begin: int, end: int) -> bytes:
    """What there is of a file between two places; nothing if it is not there."""
    length = min(end, file_length(client, pack)) - begin
    if length <= 0:
        return b""
    with client.read(pack, offset=begin, length=length) as reader:
        return bytes(reader.read())


def _ranges(ordered: Sequence[Announced]) -> Iterator[list[Announced]]:
    group: list[Announced] = []
    for one in ordered:
        if group:
            last = group[-1]
            end = last.pack_offset + last.size_bytes
            near = one.pack == last.pack and one.pack_offset - end <= _NEAR
            if not near or one.pack_offset + one.size_bytes - group[0].pack_offset > _MOST:
                yield group
                group = []
        group.append(one)
    if group:
        yield group


def answers(detector: Detector, client: Any, announced: Iterable[Announced]) -> tuple[list[dict[str, Any]], list[str]]:
    """What a detector says of photographs; the same each time.

    Args:
        detector: The detector.
        client: Of WebHDFS.
        announced: Photographs.

    Returns:
        Messages of ``image-predictions``, and a line on each photograph that it can say nothing of.
    """
    found, shown, complaints = [], [], []
    for one, content in contents(client, announced):
        try:
            if content is None:
                where = f"the {one.size_bytes} bytes from {one.pack_offset} on"
                raise ValueError(f"{where} of {one.pack} are others, or not there; next: restore that file on HDFS")
            shown.append(pixels_of(content))
            found.append(one)
        except ValueError as error:
            complaints.append(f"photograph {one.image_id}: {error}")
    if not found:
        return [], complaints
    pixels = np.stack(shown)
    means = pixels.reshape(len(pixels), -1).mean(1)
    messages = [
        {
            "image_id": one.image_id,
            "model_version": detector.version,
            "taken_at": one.taken_at,
            **said,
            "grey_mean": round(float(mean), 2),
        }
        for one, said, mean in zip(found, detector.answers(pixels).rows(), means, strict=True)
    ]
    return messages, complaints


def send_answers(
    settings: PipelineSettings, detector: Detector, client: Any, announcer: Announcer, announced: Iterable[Announced]
) -> tuple[int, list[str]]:
    """Answers for photographs, and returns once Kafka has the answers.

    Args:
        settings: Where HDFS is, for errors.
        detector: Who answers.
        client: Of WebHDFS.
        announcer: Of ``image-predictions``.
        announced: Photographs.

    Returns:
        How many are answered for, and a line on each that cannot be.

    Raises:
        PipelineError: A service does not answer.
    """
    with reachable(settings):
        said, complaints = answers(detector, client, announced)
    for one in said:
        announcer.send(one["image_id"], one)
    announcer.settle()
    return len(said), complaints
