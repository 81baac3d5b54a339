"""Photographs before they are imported: their manifest, where they come from, whether they are any."""

import io
import os
import warnings
import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipelines.errors import PipelineError
from pipelines.sources.images.files import MOST_BYTES, open_files
from pipelines.sources.images.manifest import COLUMNS, Entry, Line, checked, read_manifest
from pipelines.sources.images.pack import pack
from pipelines.sources.images.photograph import Photograph, recognise
from pipelines.sources.images.refusal import RefusedError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOD = {"file": "a/b.jpg", "equipment_id": "7", "taken_at": "2026-11-20T10:30:00Z", "kind": "infrared"}


def line(**values: str) -> Line:
    return Line(2, GOOD | values)


def picture(kind: str = "JPEG", mode: str = "L", size: tuple[int, int] = (24, 40), shade: int = 90) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, shade).save(file, kind)
    return file.getvalue()


def test_a_line_says_what_a_file_shows() -> None:
    assert checked(line(), NOW) == Entry("a/b.jpg", 7, datetime(2026, 11, 20, 10, 30, tzinfo=UTC), "infrared")
    there = checked(line(taken_at="2026-11-20T10:30:00.1239+02:00"), NOW)
    assert there.taken_at == datetime(2026, 11, 20, 8, 30, 0, 123_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"file": ""}, "file ''; allowed: a path within"),
        ({"file": "/etc/passwd"}, "allowed: a path within"),
        ({"file": "../../etc/passwd"}, "allowed: a path within"),
        ({"file": "a/../../b"}, "allowed: a path within"),
        ({"file": "..\\b"}, "allowed: a path within"),
        ({"file": "a\0b"}, "allowed: a path within"),
        ({"file": "x" * 256}, "of 256 characters; allowed: 255"),
        ({"equipment_id": "-1"}, "equipment_id '-1'; allowed: a whole number"),
        ({"equipment_id": "²"}, "allowed: a whole number"),
        ({"equipment_id": "2147483648"}, "allowed: a whole number up to 2147483647"),
        ({"equipment_id": ""}, "equipment_id ''"),
        ({"taken_at": "yesterday"}, "taken_at 'yesterday'; allowed: a time with its zone"),
        ({"taken_at": "2026-11-20T10:30:00"}, "allowed: a time with its zone"),
        ({"taken_at": "1999-12-31T23:59:59Z"}, "allowed: from 2000-01-01"),
        ({"taken_at": "2026-11-21T12:00:01Z"}, "until a day after now"),
        ({"kind": "Infra red"}, "kind 'Infra red'; allowed: up to 32"),
        ({"kind": "x" * 33}, "allowed: up to 32"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(values: dict[str, str], said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        checked(line(**values), NOW)
    assert said in str(refused.value)


@given(st.text(), st.text(), st.text(), st.text())
def test_any_line_is_taken_or_refused(file: str, equipment: str, taken_at: str, kind: str) -> None:
    try:
        entry = checked(Line(2, dict(zip(COLUMNS, (file, equipment, taken_at, kind), strict=True))), NOW)
    except RefusedError:
        return
    assert ".." not in Path(entry.file).parts
    assert entry.taken_at <= NOW + timedelta(days=1)


def test_a_manifest_is_read_whatever_else_it_has(tmp_path: Path) -> None:
    file = tmp_path / "manifest.csv"
    file.write_text('\ufeffnote,file,kind,taken_at,equipment_id\nx,"a, b.jpg",infrared,2026-11-20T10:30:00Z,7\n,c\n')
    first, second = read_manifest(file)
    assert (first.number, first.values) == (2, GOOD | {"file": "a, b.jpg"})
    assert second.values == {"file": "c", "kind": "", "taken_at": "", "equipment_id": ""}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file,equipment_id,kind\n", "has no column taken_at; columns found: file, equipment_id, kind"),
        (b"", "has no column file; columns found: none"),
        (b"file,\xff\n", "allowed: a CSV file in UTF-8"),
        (b'file,equipment_id,taken_at,kind\n"a,1\n', "allowed: a CSV file"),
        (None, "No such file"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "manifest.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PipelineError) as refused:
        read_manifest(file)
    assert said in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.fixture(params=["folder", "zip"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same files as a folder and as a ZIP."""
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"one")
    (folder / "sub" / "b.jpg").write_bytes(b"two")
    with (folder / "huge.jpg").open("wb") as huge:
        huge.truncate(MOST_BYTES + 1)
    with (folder / "largest.jpg").open("wb") as largest:
        largest.truncate(MOST_BYTES)
    if request.param == "folder":
        return folder
    with zipfile.ZipFile(tmp_path / "files.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    return tmp_path / "files.zip"


def test_files_are_read_by_name(source: Path) -> None:
    with open_files(source) as files:
        assert files.names() == {"a.jpg", "sub/b.jpg", "huge.jpg", "largest.jpg"}
        assert files.read("sub/b.jpg") == b"two"
        assert len(files.read("largest.jpg")) == MOST_BYTES
        with pytest.raises(RefusedError, match="more than 20,971,520 bytes"):
            files.read("huge.jpg")
        with pytest.raises(RefusedError, match="No such file"):
            files.read("none.jpg")


def test_a_folder_is_not_left(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(b"s")
    (folder / "link.jpg").symlink_to(tmp_path / "secret")
    (folder / "inside.jpg").write_bytes(b"in")
    (folder / "own.jpg").symlink_to(folder / "inside.jpg")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "folder.jpg").mkdir()
    with open_files(folder) as files:
        for name, said in (
            ("link.jpg", "leads out of the folder"),
            ("../secret", "leads out of the folder"),
            ("pipe.jpg", "not a regular file"),
            ("folder.jpg", "directory|not a regular file"),
        ):
            with pytest.raises(RefusedError, match=said):
                files.read(name)
        assert files.read("own.jpg") == b"in"


def test_a_zip_that_lies_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "files.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.jpg", b"\0" * (MOST_BYTES * 3))
        archive.writestr("torn.jpg", os.urandom(1000), zipfile.ZIP_STORED)
    content = bytearray(file.read_bytes())
    # Of the bomb, the size that the directory tells.
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (100).to_bytes(4, "little")
    content[content.index(b"torn.jpg") + 30] ^= 1
    file.write_bytes(content)
    with open_files(file) as files:
        for name in ("bomb.jpg", "torn.jpg"):
            with pytest.raises(RefusedError, match=r"cannot be unpacked|more than"):
                files.read(name)


@pytest.mark.parametrize("name", ["none", "text"])
def test_neither_folder_nor_zip(tmp_path: Path, name: str) -> None:
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(PipelineError, match="allowed: a folder or a ZIP"), open_files(tmp_path / name):
        pass


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "L"), ("JPEG", "RGB"), ("PNG", "RGBA"), ("TIFF", "I;16"), ("WEBP", "RGB")]
)
def test_a_photograph_is_recognised(kind: str, mode: str) -> None:
    content = picture(kind, mode)
    found = recognise(content)
    assert (found.format, found.width, found.height, found.content) == (kind, 24, 40, content)
    assert found.image_id == blake3(content).hexdigest()
    assert found.name.startswith(found.image_id + ".")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"<html>not an image", "no image: it begins with 3c 68 74 6d 6c 3e 6e 6f; allowed: JPEG, PNG"),
        (picture("GIF"), "no image"),
        (picture("JPEG", size=(200, 200))[:400], "a broken image"),
        (picture("PNG", size=(200, 200))[:-40], "a broken image"),
    ],
)
def test_what_is_no_photograph_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        recognise(content)
    assert said in str(refused.value)


def test_a_decompression_bomb_is_refused_without_a_warning() -> None:
    bomb = picture("PNG", size=(12_000, 12_000))
    assert len(bomb) < MOST_BYTES
    with warnings.catch_warnings(action="error"):  # noqa: SIM117
        with pytest.raises(RefusedError, match="12000 x 12000 pixels; allowed: 50,000,000"):
            recognise(bomb)


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 ", b"II*\0"):
        with suppress(RefusedError):
            assert recognise(start + content).content == start + content


def photographs(number: int) -> list[Photograph]:
    return [recognise(picture(("JPEG", "PNG")[shade % 2], shade=shade)) for shade in range(number)]


def test_a_pack_gives_each_photograph_by_its_place_and_opens_as_a_zip() -> None:
    some = photographs(9)
    name, content, offsets = pack(some)
    assert name == f"{blake3(content).hexdigest()}.zip"
    for one in some:
        offset = offsets[one.image_id]
        assert content[offset : offset + len(one.content)] == one.content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [one.name for one in some]
        assert archive.testzip() is None


def test_the_same_photographs_make_the_same_pack() -> None:
    assert pack(photographs(3)) == pack(photographs(3))
    assert pack(photographs(3)).name != pack(photographs(4)).name
