"""Importing photographs into real HDFS and Kafka."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from gridseal.settings import Settings
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import records_of
from pipelines.sources.images import import_images, importing
from pipelines.sources.images.announcing import REFUSED
from pipelines.sources.topics import Topic
from pipelines.webhdfs import list_folder, open_client

pytestmark = pytest.mark.integration
HEADING = "file,equipment_id,taken_at,kind\n"
TAKEN = "2026-11-20T10:30:00Z"


@pytest.fixture
def settings(running_stack: Settings) -> Iterator[Settings]:
    """The running stack, with a folder of photographs of the test's own."""
    own = running_stack.model_copy(update={"images_path": f"/test-images/{uuid4().hex}"})
    yield own
    open_client(own).delete(own.images_path, recursive=True)


@pytest.fixture
def topic() -> Topic:
    """A topic that no test has used before."""
    return Topic(f"test-{uuid4().hex}")


def picture(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (24, 40), (shade % 256, shade // 256 % 256, shade // 65536)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve good photographs and what is none, with their manifest beside them."""
    folder = tmp_path / "photographs"
    (folder / "more").mkdir(parents=True)
    lines = []
    for number in range(12):
        name = f"more/{number}.png" if number % 2 else f"{number}.png"
        (folder / name).write_bytes(picture(number))
        lines.append(f"{name},{number},{TAKEN},infrared")
    (folder / "copy.png").write_bytes(picture(3))
    (folder / "conflict.png").write_bytes(picture(4))
    (folder / "text.png").write_bytes(b"not an image")
    (folder / "torn.png").write_bytes(picture(200)[:-20])
    (folder / "unlisted.png").write_bytes(picture(201))
    lines += [
        f"copy.png,3,{TAKEN},infrared",
        f"conflict.png,77,{TAKEN},infrared",
        f"text.png,1,{TAKEN},infrared",
        f"torn.png,1,{TAKEN},infrared",
        f"../../etc/passwd,1,{TAKEN},infrared",
        f"missing.png,1,{TAKEN},infrared",
        f"0.png,0,{TAKEN},infrared",
        "2.png,x,now,?",
    ]
    (folder / "manifest.csv").write_text(HEADING + "\n".join(lines) + "\n")
    return folder


def messages(settings: PipelineSettings, topic: Topic) -> list[tuple[bytes, dict[str, Any], str | None]]:
    """Key, fields and reason of refusal of every message."""
    found = []
    for one in records_of(settings, topic.name):
        headers = dict(one.headers)
        refused = headers[REFUSED].decode() if REFUSED in headers else None
        found.append((one.key, json.loads(one.value), refused))
    return found


def content_of(settings: PipelineSettings, message: dict[str, Any]) -> bytes:
    """The bytes of a photograph by the place that its message tells."""
    with open_client(settings).read(
        message["pack"], offset=message["pack_offset"], length=message["size_bytes"]
    ) as reader:
        return bytes(reader.read())


def test_every_line_is_a_photograph_or_has_a_reason(settings: Settings, topic: Topic, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    summary = import_images(settings, folder, folder / "manifest.csv", lambda *n: seen.append(n), topic)
    assert (summary.lines, summary.imported, summary.known, summary.unlisted, summary.packs) == (20, 12, 1, 1, 1)
    assert seen[-1] == (20, 20)
    reasons = {one.line.file: one.reason for one in summary.refused}
    assert len(summary.refused) == 7
    assert "no image: it begins with 6e 6f 74" in reasons["text.png"]
    assert "a broken image" in reasons["torn.png"]
    assert "allowed: a path within the folder" in reasons["../../etc/passwd"]
    assert "No such file" in reasons["missing.png"]
    assert reasons["0.png"] == "line 2 names this file too; allowed: once"
    assert "equipment_id 'x'; allowed: a whole number" in reasons["2.png"] or "names this file" in reasons["2.png"]
    assert "the same bytes as 4.png of equipment 4, taken at 2026-11-20T10:30:00.000Z" in reasons["conflict.png"]

    told = messages(settings, topic)
    good = {message["image_id"]: message for _, message, refused in told if refused is None}
    assert len(told) == 19
    assert len(good) == 12
    assert {message["equipment_id"] for message in good.values()} == set(range(12))
    for key, message, refused in told:
        if refused is None:
            assert key.decode() == message["image_id"]
            assert content_of(settings, message) == (folder / message["file"]).read_bytes()
        else:
            assert refused == reasons[message["file"]]
    (pack,) = {message["pack"] for message in good.values()}
    with open_client(settings).read(pack) as reader, zipfile.ZipFile(io.BytesIO(reader.read())) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 12


def test_a_second_import_announces_nothing_twice(settings: Settings, topic: Topic, folder: Path) -> None:
    first = import_images(settings, folder, folder / "manifest.csv", None, topic)
    again = import_images(settings, folder, folder / "manifest.csv", None, topic)
    assert (again.imported, again.known, again.packs, again.bytes) == (0, 13, 0, 0)
    assert [one.reason for one in again.refused] == [one.reason for one in first.refused]
    assert len(messages(settings, topic)) == 19
    (folder / "new.png").write_bytes(picture(500))
    with (folder / "manifest.csv").open("a") as manifest:
        manifest.write(f"new.png,9,{TAKEN},infrared\n")
    assert import_images(settings, folder, folder / "manifest.csv", None, topic).imported == 1
    assert len(messages(settings, topic)) == 20


def test_what_is_full_becomes_several_packs(
    settings: Settings, topic: Topic, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PACK_FILES", 5)
    assert import_images(settings, folder, folder / "manifest.csv", None, topic).packs == 3
    found = messages(settings, topic)
    assert Counter(refused is None for _, _, refused in found) == {True: 12, False: 7}
    for _, message, refused in found:
        if refused is None:
            assert content_of(settings, message) == (folder / message["file"]).read_bytes()


CHILD = """
import sys
from pathlib import Path
from gridseal.settings import load_settings
from pipelines.sources.images import import_images, importing
from pipelines.sources.topics import Topic
importing.PACK_FILES = 200
folder = Path(sys.argv[1])
tell = lambda done, lines: print(done, flush=True)
import_images(load_settings(), folder / "all.zip", folder / "manifest.csv", tell, Topic(sys.argv[2]))
"""


def test_an_import_that_is_killed_goes_on(
    settings: Settings, topic: Topic, tmp_path: Path, stack_environment: dict[str, str]
) -> None:
    number = 3000
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for shade in range(number):
            archive.writestr(f"{shade}.png", picture(shade))
    (tmp_path / "manifest.csv").write_text(
        HEADING + "".join(f"{shade}.png,{shade % 40},{TAKEN},infrared\n" for shade in range(number))
    )
    environment = stack_environment | {"GRIDSEAL_IMAGES_PATH": settings.images_path}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, tmp_path, topic.name], stdout=subprocess.PIPE, env=environment, text=True
    ) as child:
        assert child.stdout
        for text in child.stdout:
            if int(text) >= 1100:
                os.kill(child.pid, signal.SIGKILL)
                break
    assert child.returncode == -signal.SIGKILL
    marked = len(list_folder(open_client(settings), f"{settings.images_path}/announced"))
    assert 4 <= marked <= 7
    summary = import_images(settings, tmp_path / "all.zip", tmp_path / "manifest.csv", None, topic)
    assert summary.known == 200 * marked
    assert summary.imported == number - summary.known
    found = [message for _, message, _ in messages(settings, topic)]
    by_id = {message["image_id"]: message for message in found}
    assert len(by_id) == number
    # At the most those of the pack that was being announced came twice, byte for byte but for the pack's name.
    assert len(found) <= number + 200
    for message in list(by_id.values())[::100]:
        with zipfile.ZipFile(tmp_path / "all.zip") as archive:
            assert content_of(settings, message) == archive.read(message["file"])
