"""Answers of the detector and of people, from the bytes of photographs to the rows of the lake."""

import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gridseal.model_process import told_by
from models.register import register, version_of
from pipelines.sources.broker import end_offsets, records_of
from pipelines.sources.business.database import connect
from pipelines.sources.topics import IMAGE_PREDICTIONS
from stack.environment import MODELS
from tests.lake.detection import LABELLED, first_answers
from tests.lake.lake import Lake
from tests.lake.photographs import ARCHIVE, NUMBER, first_announced

pytestmark = pytest.mark.integration

# Another temperature is another model.
WARMER = """
import json, sys
from pathlib import Path
from models.defects import checkpoint

folder = Path(sys.argv[1])
detector = checkpoint.load_folder(folder)
detector.temperature *= 2
figures = json.loads((folder / checkpoint.FIGURES).read_text())
figures["version"] = checkpoint.save(detector, folder / checkpoint.WEIGHTS)
(folder / checkpoint.FIGURES).write_text(json.dumps(figures))
"""


def test_every_photograph_has_one_answer_of_the_registered_model(lake: Lake) -> None:
    version = version_of(lake.settings.model_dir)
    assert lake.query(
        "SELECT model_version, COUNT(*), COUNT(DISTINCT image_id) FROM dwd.image_prediction GROUP BY model_version"
    ) == [(version, NUMBER, NUMBER)]
    figures = json.loads((lake.settings.model_dir / "metrics.json").read_text())
    ((name, architecture, data, auc),) = lake.query("SELECT name, architecture, data, auc FROM dim.model_current")
    assert (name, architecture, data) == ("defects", figures["recipe"]["architecture"], figures["data"])
    assert abs(auc - Decimal(str(figures["test"]["values"]["auc"]))) < Decimal("0.00001")
    assert register(lake.settings, lake.settings.model_dir) == (version, False)


def test_whatever_is_left_is_answered_for_as_in_the_stream(lake: Lake) -> None:
    sent = sum(end_offsets(lake.settings, IMAGE_PREDICTIONS.name).values())
    before = lake.rows("dwd.image_prediction")
    done = lake.command("images", "detect", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"waiting": 0, "answered": 0, "complaints": []}
    assert sum(end_offsets(lake.settings, IMAGE_PREDICTIONS.name).values()) == sent
    # As if none of them had an answer.
    photographs = [json.dumps(told) for _, told in first_announced(lake.settings)]
    *_, last = told_by(lake.settings, "gridseal.detector", ["--rest"], photographs)
    assert last == {"done": NUMBER, "complaints": []}
    by_photograph: dict[str, set[bytes]] = {}
    for one in records_of(lake.settings, IMAGE_PREDICTIONS.name):
        by_photograph.setdefault(json.loads(one.value)["image_id"], set()).add(one.value)
    assert sum(end_offsets(lake.settings, IMAGE_PREDICTIONS.name).values()) == sent + NUMBER
    assert len(by_photograph) == NUMBER
    assert all(len(values) == 1 for values in by_photograph.values())
    lake.reconcile()
    assert lake.rows("dwd.image_prediction") == before


def test_another_model_answers_for_all_once_more(lake: Lake, tmp_path: Path) -> None:
    before = lake.rows("dwd.image_prediction")
    folder = tmp_path / "model"
    shutil.copytree(lake.settings.model_dir, folder)
    subprocess.run([MODELS / "bin" / "python", "-c", WARMER, folder], check=True)
    environment = lake.environment | {"GRIDSEAL_MODEL_DIR": str(folder)}
    other = replace(lake, environment=environment)
    assert version_of(folder) != version_of(lake.settings.model_dir)
    for waiting in (NUMBER, 0):
        done = other.command("images", "detect", "--format", "json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"waiting": waiting, "answered": waiting, "complaints": []}
        lake.reconcile()
    rows = lake.rows("dwd.image_prediction")
    assert len(rows) == 2 * NUMBER
    assert {key: row for key, row in rows.items() if key in before} == before
    assert lake.query("SELECT COUNT(*) FROM dim.model_current") == [(2,)]


def test_one_file_is_answered_for_as_in_the_lake(lake: Lake, tmp_path: Path) -> None:
    ((file, label, probability),) = lake.query(
        "SELECT file, defect, probability FROM ads.equipment_defect ORDER BY probability DESC, image_id LIMIT 1"
    )
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extract(file, tmp_path)
    picture = tmp_path / "seen.png"
    done = lake.command("images", "detect", str(tmp_path / file), "--heat-map", str(picture), "--format", "json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert (told["defect"], told["label"]) == (True, label)
    assert Decimal(str(told["probability"])) == probability
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_is_no_photograph_is_told(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "notes.jpg"
    file.write_text("no photograph")
    done = lake.command("images", "detect", str(file))
    assert done.returncode == 2
    assert "notes.jpg" in done.stderr
    assert "Traceback" not in done.stderr
    with zipfile.ZipFile(ARCHIVE) as archive:
        photograph = archive.extract(next(name for name in archive.namelist() if name.endswith(".jpg")), tmp_path)
    done = lake.command("images", "detect", photograph, "--heat-map", str(tmp_path / "no" / "seen.png"))
    assert done.returncode == 2
    assert "seen.png: No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_last_word_of_people_counts(lake: Lake) -> None:
    labels = lake.query("SELECT verdict, labelled_by, COUNT(*) FROM dwd.image_label GROUP BY 1, 2 ORDER BY 1, 2")
    assert labels == [("defect", "ann", 20), ("defect", "ben", 1), ("ok", "ann", LABELLED - 21)]
    ((image_id,),) = lake.query("SELECT image_id FROM dwd.image_label WHERE labelled_by = 'ben'")
    with connect(lake.settings) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM image_label WHERE image_id = %s", (image_id,))
        connection.commit()
    lake.reconcile()
    assert (image_id,) not in lake.rows("dwd.image_label")
    assert lake.query(f"SELECT COUNT(verdict) FROM ads.equipment_defect WHERE image_id = '{image_id}'") == [(0,)]
    done = lake.command("images", "label", "0123", "--ok")
    assert done.returncode == 2
    assert "64 hexadecimal digits" in done.stderr


def test_a_model_says_what_it_is_sure_of(lake: Lake) -> None:
    """Of the photographs that it has not learnt from it tells nearly all."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        known = json.loads(archive.read("module_metadata.json")).values()
    defect = {one["image_filepath"]: one["anomaly_class"] != "No-Anomaly" for one in known}
    files = {told["image_id"]: told["file"] for _, told in first_announced(lake.settings)}
    answers = [(told["defect"], defect[files[told["image_id"]]]) for _, told in first_answers(lake.settings)]
    assert sum(said == true for said, true in answers) > 0.85 * len(answers)
