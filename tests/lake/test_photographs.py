"""Photographs: from the files of an archive to the rows of the lake."""

import io
import json
import zipfile
from typing import Any

import pytest
from blake3 import blake3

from pipelines.sources.broker import end_offsets
from pipelines.sources.topics import EQUIPMENT_IMAGES
from pipelines.webhdfs import open_client
from tests.lake.lake import Lake
from tests.lake.photographs import ARCHIVE, MISSING, NUMBER, manifest

pytestmark = pytest.mark.integration


def test_every_line_of_the_manifest_is_a_row_or_a_dead_letter(lake: Lake) -> None:
    sent = sum(end_offsets(lake.settings, EQUIPMENT_IMAGES.name).values())
    assert sent == NUMBER + MISSING
    assert lake.query("SELECT COUNT(*), COUNT(DISTINCT image_id) FROM ods.image") == [(NUMBER, NUMBER)]
    letters = lake.query(
        f"SELECT CAST(payload AS STRING), reason FROM ods.dead_letter WHERE topic = '{EQUIPMENT_IMAGES.name}'"
    )
    files = sorted(json.loads(payload)["file"] for payload, _ in letters)
    assert files == [f"missing/{n}.jpg" for n in range(MISSING)]
    assert {reason for _, reason in letters} == {"refused by its sender: No such file or directory"}


def test_a_row_leads_to_the_bytes_of_its_file(lake: Lake) -> None:
    client = open_client(lake.settings)
    rows = lake.query("SELECT image_id, file, pack, pack_offset, size_bytes FROM dwd.image")
    assert len(rows) == NUMBER
    with zipfile.ZipFile(ARCHIVE) as archive:
        for image_id, file, pack, offset, length in rows[::7]:
            with client.read(pack, offset=offset, length=length) as reader:
                content = reader.read()
            assert content == archive.read(file)
            assert image_id == blake3(content).hexdigest()
    (pack,) = {row[2] for row in rows}
    with client.read(pack) as reader, zipfile.ZipFile(io.BytesIO(reader.read())) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == NUMBER


def test_equipment_that_nobody_knows_has_no_place(lake: Lake) -> None:
    known = set(lake.history().ever("equipment"))
    rows: list[tuple[Any, ...]] = lake.query("SELECT equipment_id, equipment_name, region_id FROM dwd.image")
    assert {equipment for equipment, name, _ in rows if name is None} - known
    assert {equipment for equipment, name, _ in rows if name is not None} <= known
    assert all(region is not None for _, name, region in rows if name is not None)


def test_the_command_tells_what_was_refused_and_imports_nothing_twice(lake: Lake) -> None:
    words = ("images", "import", str(ARCHIVE), "--manifest", str(manifest(lake.settings)))
    done = lake.command(*words, "--format", "json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["lines"], told["imported"], told["known"], told["packs"]) == (NUMBER + MISSING, 0, NUMBER, 0)
    assert [one["line"] for one in told["refused"]] == [NUMBER + 2 + n for n in range(MISSING)]
    assert sum(end_offsets(lake.settings, EQUIPMENT_IMAGES.name).values()) == NUMBER + MISSING
    shown = lake.command(*words)
    assert "No such file or directory" in shown.stdout
    assert "Traceback" not in shown.stderr
