"""What a detector and people say of the lake's photographs: told to the lake, and read again without it."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import stack
from gridseal.settings import Settings
from models.register import register
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import records_of
from pipelines.sources.business.database import connect
from pipelines.sources.images import people
from pipelines.sources.topics import IMAGE_PREDICTIONS
from tests.lake.history import Row
from tests.lake.photographs import NUMBER, first_announced
from tests.lake.rounding import round_half_up

LABELLED = 30
"""Photographs that somebody has looked at."""
PATIENCE_S = 180

Rows = dict[tuple[Any, ...], Row]


def answer_and_label(settings: Settings) -> None:
    """Let the detector answer for every photograph, and somebody look at some; of one the last word is another."""
    register(settings, settings.model_dir)
    stack.start(settings, "detector")
    photographs = sorted(told["image_id"] for _, told in first_announced(settings))
    for place, image_id in enumerate(photographs[:LABELLED]):
        people.label(settings, image_id, people.VERDICTS[place % 3 == 0], "ann")
    people.label(settings, photographs[0], "defect", "ben")
    deadline = time.monotonic() + PATIENCE_S
    while len(list(first_answers(settings))) < NUMBER:
        assert time.monotonic() < deadline, "the detector has not answered for every photograph"
        time.sleep(1)
    stack.stop(settings, "detector")


def first_answers(settings: PipelineSettings) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each photograph and model the first answer that Kafka holds: its identifier and its fields."""
    seen = set()
    for one in records_of(settings, IMAGE_PREDICTIONS.name):
        told = json.loads(one.value, parse_float=Decimal)
        if (key := (told["image_id"], told["model_version"])) not in seen:
            seen.add(key)
            yield f"{one.topic}-{one.partition}-{one.offset}", told


def answered(settings: PipelineSettings) -> Rows:
    """dwd.image_prediction by the answers."""
    rows: Rows = {}
    for message_id, told in first_answers(settings):
        taken_at = datetime.fromisoformat(told["taken_at"])
        dt = f"{taken_at.astimezone(ZoneInfo(settings.grid_timezone)):%Y-%m-%d}"
        rows[told["image_id"], told["model_version"], dt] = told | {
            "dt": dt,
            "taken_at": taken_at.replace(tzinfo=None),
            "message_id": message_id,
        }
    return rows


def labelled(settings: PipelineSettings) -> Rows:
    """dwd.image_label by the business database."""
    return {
        (row["image_id"],): {name: value for name, value in row.items() if name != "updated_at"}
        for row in _all(settings, "image_label")
    }


def defects(answers: Rows, photographs: Rows, labels: Rows) -> Rows:
    """ads.equipment_defect: the answers that say so, with the equipment of then and the last word of people."""
    said = ("image_id", "model_version", "dt", "taken_at", "probability", "confidence")
    place = (
        *("equipment_id", "equipment_name", "equipment_kind", "substation_id", "feeder_id", "region_id"),
        *("file", "pack", "pack_offset", "size_bytes"),
    )
    return {
        key: {name: answer[name] for name in said}
        | {name: photographs[key[0], key[2]][name] for name in place}
        | {"defect": answer["label"], "verdict": labels.get((key[0],), {}).get("verdict")}
        for key, answer in answers.items()
        if answer["defect"]
    }


def quality(settings: PipelineSettings, answers: Rows, labels: Rows) -> Rows:
    """ads.model_quality: counts, and quotients that are rounded once."""
    models = {row["version"]: row for row in _all(settings, "model")}
    days: dict[tuple[str, str], list[Row]] = {}
    for (_, version, dt), answer in answers.items():
        days.setdefault((version, dt), []).append(answer)
    rows: Rows = {}
    for (version, dt), some in days.items():
        judged = [(one["defect"], labels.get((one["image_id"],), {}).get("verdict")) for one in some]
        hits, alarms = judged.count((True, "defect")), judged.count((True, "ok"))
        missed, fine = judged.count((False, "defect")), judged.count((False, "ok"))
        found = sum(one["defect"] for one in some)
        model = models[version]
        grey = sum(Fraction(one["grey_mean"]) for one in some)
        shift = grey - Fraction(model["grey_mean"]) * len(some)
        rows[version, dt] = {
            "model_version": version,
            "dt": dt,
            "images": len(some),
            "defects": found,
            "defect_share": _quotient(found, len(some), 5),
            "training_defect_share": model["defect_share"],
            "mean_confidence": _quotient(sum(Fraction(one["confidence"]) for one in some), len(some), 5),
            "grey_mean": _quotient(grey, len(some), 2),
            "grey_shift": _quotient(shift, Fraction(model["grey_mean_spread"]) * len(some), 3),
            "labelled": hits + alarms + missed + fine,
            "true_positives": hits,
            "false_positives": alarms,
            "false_negatives": missed,
            "true_negatives": fine,
            "defect_precision": _quotient(hits, hits + alarms, 5),
            "defect_recall": _quotient(hits, hits + missed, 5),
        }
    return rows


def _quotient(numerator: Fraction | int, denominator: Fraction | int, digits: int) -> Decimal | None:
    return round_half_up(Fraction(numerator) / Fraction(denominator), digits) if denominator else None


def _all(settings: PipelineSettings, table: str) -> list[Row]:
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return list(cursor.fetchall())
