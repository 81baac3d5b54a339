"""Reading photographs, and splitting them."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.defects.classes import CLASSES
from models.defects.photographs import Photographs, load, pixels_of
from models.defects.split import split
from models.errors import ModelError


def jpeg(width: int, height: int, mode: str = "L") -> bytes:
    grey = (np.add.outer(np.arange(height), np.arange(width)) * 255 / (height + width)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).convert(mode).save(file, "PNG")
    return file.getvalue()


def test_a_photograph_of_the_right_size_is_taken_as_it_is() -> None:
    content = jpeg(24, 40)
    with Image.open(io.BytesIO(content)) as image:
        assert (pixels_of(content) == np.asarray(image)).all()


def test_one_that_lies_on_its_side_is_turned() -> None:
    lying = jpeg(40, 24)
    with Image.open(io.BytesIO(lying)) as image:
        assert (pixels_of(lying) == np.rot90(np.asarray(image))).all()


@pytest.mark.parametrize(("width", "height", "mode"), [(240, 400, "RGB"), (12, 20, "L"), (640, 512, "RGBA")])
def test_other_sizes_and_colours_are_brought_to_one(width: int, height: int, mode: str) -> None:
    pixels = pixels_of(jpeg(width, height, mode))
    assert pixels.shape == (40, 24)
    assert pixels.dtype == np.uint8
    assert pixels[-1, -1] > pixels[0, 0] or pixels[0, -1] != pixels[-1, 0]


@pytest.mark.parametrize("content", [b"", b"no image", jpeg(24, 40)[:60], jpeg(24, 40)[:-30]])
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="image"):
        pixels_of(content)


def test_a_huge_image_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    Image.new("L", (60_000, 1_000)).save(file, "PNG")
    with pytest.raises(ValueError, match="60000 x 1000 pixels; allowed: 50,000,000"):
        pixels_of(file.getvalue())


def test_a_folder_and_a_zip_give_the_same(tmp_path: Path) -> None:
    labels = {str(n): {"image_filepath": f"images/{n}.png", "anomaly_class": CLASSES[n % 3]} for n in range(6)}
    folder = tmp_path / "folder"
    (folder / "images").mkdir(parents=True)
    (folder / "module_metadata.json").write_text(json.dumps(labels))
    for n in range(6):
        (folder / "images" / f"{n}.png").write_bytes(jpeg(24 + n, 40))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in sorted(folder.rglob("*"), reverse=True):
            archive.write(file, file.relative_to(folder))
    first, second = load(folder), load(tmp_path / "all.zip")
    assert (first.pixels == second.pixels).all()
    assert first.labels.tolist() == second.labels.tolist()
    assert sorted(first.labels.tolist()) == [0, 0, 1, 1, 2, 2]
    assert first.digest() == second.digest()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"1": {"image_filepath": "1.png", "anomaly_class": "Rust"}}, "Rust"),
        ({"1": {"image_filepath": "2.png", "anomaly_class": "Cell"}}, "2.png"),
        ({"1": {"anomaly_class": "Cell"}}, "image_filepath"),
        ([], "list"),
    ],
)
def test_labels_that_cannot_be_read_are_named(tmp_path: Path, labels: object, said: str) -> None:
    (tmp_path / "module_metadata.json").write_text(json.dumps(labels))
    (tmp_path / "1.png").write_bytes(jpeg(24, 40))
    with pytest.raises(ModelError, match=said) as refused:
        load(tmp_path)
    assert "expected: module_metadata.json" in refused.value.message


def test_no_photographs_at_all(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected: a folder or a ZIP"):
        load(tmp_path / "nowhere.zip")


def test_each_class_is_split_8_1_1(tenth: Photographs) -> None:
    parts = split(tenth)
    assert len(parts.train) + len(parts.validation) + len(parts.test) == len(tenth)
    counts = np.bincount(tenth.labels)
    for part, share in ((parts.train, 0.8), (parts.validation, 0.1), (parts.test, 0.1)):
        found = np.bincount(part.labels, minlength=len(CLASSES))
        assert (np.abs(found - share * counts) <= 1.5).all()


def test_copies_fall_into_one_part_also_with_different_labels() -> None:
    digests = tuple(bytes([n // 4]) for n in range(400))
    labels = np.arange(400) % 2
    photographs = Photographs(np.zeros((400, 40, 24), np.uint8), labels, digests)
    parts = split(photographs)
    seen = [set(part.digests) for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 100
    assert min(map(len, seen)) > 0


def test_the_split_does_not_depend_on_labels_of_others(tenth: Photographs) -> None:
    few = tenth.at(np.flatnonzero(tenth.labels < 3))
    whole, part = split(tenth), split(few)
    expected = {one for one, label in zip(whole.test.digests, whole.test.labels, strict=True) if label < 3}
    assert set(part.test.digests) == expected
