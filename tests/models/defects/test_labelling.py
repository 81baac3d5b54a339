"""From messages to the bytes of photographs, and to answers."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from blake3 import blake3
from hdfs import HdfsError
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from models.defects.detector import Detector
from models.defects.labelling import Announced, answers, contents
from models.defects.network import build
from models.defects.photographs import Photographs
from models.defects.recipe import Recipe

TAKEN = "2026-11-20T10:30:00.000Z"


class Packs:
    """Files by their paths, read as HDFS gives them; remembers what was asked for."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[tuple[str, int, int]] = []

    def status(self, path: str) -> dict[str, int]:
        if path not in self.files:
            raise HdfsError("File does not exist", exception="FileNotFoundException")
        return {"length": len(self.files[path])}

    @contextmanager
    def read(self, path: str, offset: int, length: int) -> Iterator[io.BytesIO]:
        self.asked.append((path, offset, length))
        yield io.BytesIO(self.files[path][offset : offset + length])


def packed(contents_: list[bytes], gap: int = 10, path: str = "/p") -> tuple[Packs, list[Announced]]:
    file, announced = b"", []
    for content in contents_:
        file += b"\0" * gap
        announced.append(Announced(blake3(content).hexdigest(), TAKEN, path, len(file), len(content)))
        file += content
    return Packs({path: file}), announced


def test_photographs_of_one_pack_are_one_read() -> None:
    packs, announced = packed([bytes([n]) * (n + 1) for n in range(50)])
    found = {one.image_id: content for one, content in contents(packs, reversed(announced))}
    assert found == {one.image_id: bytes([n]) * (n + 1) for n, one in enumerate(announced)}
    assert len(packs.asked) == 1


def test_what_lies_far_apart_is_not_read_through() -> None:
    packs, announced = packed([b"a", b"b", b"c"], gap=100_000)
    assert [content for _, content in contents(packs, announced)] == [b"a", b"b", b"c"]
    assert [length for _, _, length in packs.asked] == [1, 1, 1]


def test_large_photographs_are_not_all_in_memory_at_once() -> None:
    packs, announced = packed([bytes([n]) * 6_000_000 for n in range(5)])
    assert len(list(contents(packs, announced))) == 5
    assert [length < 17_000_000 for _, _, length in packs.asked] == [True] * 3


def test_bytes_that_are_others_or_not_there_keep_no_photograph_waiting(detector: Detector, tenth: Photographs) -> None:
    images = [png(one) for one in tenth.pixels[:5]]
    packs, announced = packed([*images, b"no image"])
    packs.files["/p"] = packs.files["/p"].replace(images[1], images[0][: len(images[1])].ljust(len(images[1])))
    lost, short = packed(images[3:4], path="/lost")[1], packed(images[4:5], gap=99_999, path="/p")[1]
    expected = {one.image_id for one in (announced[0], announced[2], announced[3], announced[4])}
    said, complaints = answers(detector, packs, announced + lost)
    assert {one["image_id"] for one in said} == expected
    assert [line.split(": ")[0] for line in sorted(complaints)] == sorted(
        f"photograph {one.image_id}" for one in (announced[1], announced[5], *lost)
    )
    assert answers(detector, packs, short) == (
        [],
        [
            f"photograph {short[0].image_id}: the {len(images[4])} bytes from 99999 on of /p are others, or not there; "
            "next: restore that file on HDFS"
        ],
    )


def test_what_hdfs_cannot_tell_now_is_not_taken_for_lost(detector: Detector) -> None:
    packs, announced = packed([b"one"])

    def refuse(path: str) -> dict[str, int]:
        raise HdfsError(f"{path}: in safe mode", exception="RetriableException")

    packs.status = refuse  # type: ignore[method-assign]
    with pytest.raises(HdfsError, match="safe mode"):
        answers(detector, packs, announced)


def test_a_message_of_a_photograph_is_read() -> None:
    image_id = blake3(b"").hexdigest()
    told = {"image_id": image_id, "taken_at": TAKEN, "pack": "/p/a.zip", "pack_offset": 3, "size_bytes": 9, "kind": "x"}
    assert Announced.read(json.dumps(told).encode()) == Announced(image_id, TAKEN, "/p/a.zip", 3, 9)
    for name, value in (
        ("pack_offset", -1),
        ("size_bytes", 0),
        ("size_bytes", "9"),
        ("pack_offset", True),
        ("pack", 1),
        ("pack", "/p/#LATEST"),
        ("pack", "/\ud800"),
        ("taken_at", "\ud800"),
        ("taken_at", None),
        ("image_id", "ab"),
    ):
        assert Announced.read(json.dumps(told | {name: value}).encode()) is None
    del told["pack"]
    assert Announced.read(json.dumps(told).encode()) is None


@example(b"[" * 100_000)
@given(st.one_of(st.none(), st.binary(), st.text().map(str.encode)))
def test_any_other_message_is_passed_over(value: bytes | None) -> None:
    assert Announced.read(value) is None


@pytest.fixture(scope="module")
def detector() -> Detector:
    torch.manual_seed(3)
    return Detector(build("resnet18", 8, 120.0, 30.0), Recipe(width=8), np.full(12, 1 / 12), version="cd")


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def said_of(detector: Detector, packs: Packs, announced: list[Announced]) -> dict[str, dict[str, Any]]:
    return {one["image_id"]: one for one in answers(detector, packs, announced)[0]}


def test_an_answer_names_photograph_model_and_what_it_saw(detector: Detector, tenth: Photographs) -> None:
    packs, announced = packed([png(one) for one in tenth.pixels[:20]])
    said = said_of(detector, packs, announced)
    assert said.keys() == {one.image_id for one in announced}
    for one, pixels in zip(announced, tenth.pixels, strict=False):
        told = said[one.image_id]
        assert (told["model_version"], told["taken_at"]) == ("cd", TAKEN)
        assert told["defect"] == (told["label"] != "No-Anomaly") == (told["probability"] >= 0.5)
        assert told["grey_mean"] == pytest.approx(pixels.mean(), abs=0.01)
    assert answers(detector, packs, []) == ([], [])


def test_an_answer_is_the_same_alone_and_among_others(detector: Detector, tenth: Photographs) -> None:
    packs, announced = packed([png(one) for one in tenth.pixels[:300]])
    together = said_of(detector, packs, announced)
    for one in announced[::23]:
        assert said_of(detector, packs, [one]) == {one.image_id: together[one.image_id]}
