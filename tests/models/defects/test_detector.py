"""Answers: what they are made of, and how good they are judged to be."""

import numpy as np
import pytest
import torch

from models.defects.classes import CLASSES
from models.defects.detector import Answers, Detector
from models.defects.evaluate import calibrate, calibration_error, judge, measure
from models.defects.explain import heat, picture
from models.defects.network import build
from models.defects.photographs import Photographs
from models.defects.recipe import Recipe
from models.defects.train import train
from models.errors import ModelError

EVEN = np.full(12, 1 / 12)


@pytest.fixture(scope="module")
def learnt(patterns: Photographs) -> Detector:
    """A detector that knows the patterns."""
    recipe = Recipe(width=8, epochs=8, batch=32, average=0.9, rate=3e-3)
    return Detector(train(patterns, recipe), recipe, EVEN)


def outputs(defect: float, **kinds: float) -> torch.Tensor:
    row = torch.zeros(1, 13)
    row[0, 0] = defect
    for name, value in kinds.items():
        row[0, 1 + CLASSES.index(name)] = value
    return row


def test_below_the_threshold_no_defect_is_told_whatever_the_kinds_say() -> None:
    detector = Detector(build("resnet18", 4), Recipe(width=4), EVEN)
    answers = detector.read(torch.cat([outputs(-0.1, Cell=9), outputs(0.1, Cell=9), outputs(0.0, Soiling=2)]))
    assert answers.label.tolist() == [0, CLASSES.index("Cell"), CLASSES.index("Soiling")]
    assert answers.confidence[0] == pytest.approx(1 - answers.probability[0])
    assert answers.confidence[1] < answers.probability[1]


def test_a_rare_kind_is_favoured() -> None:
    shares = np.array([0.5, 0.4, *[0.01] * 10])
    row = outputs(2.0, Cell=1.2, Soiling=1.0)
    assert Detector(build("resnet18", 4), Recipe(width=4), EVEN).read(row).label.tolist() == [CLASSES.index("Cell")]
    assert Detector(build("resnet18", 4), Recipe(width=4), shares).read(row).label.tolist() == [
        CLASSES.index("Soiling")
    ]


def test_a_turned_photograph_has_the_same_answer(learnt: Detector, patterns: Photographs) -> None:
    turned = np.ascontiguousarray(patterns.pixels[:, ::-1, ::-1])
    first, second = learnt.answers(patterns.pixels), learnt.answers(turned)
    assert np.abs(first.probability - second.probability).max() < 0.02


def test_answers_do_not_depend_on_their_batch(learnt: Detector, patterns: Photographs) -> None:
    together = learnt.answers(patterns.pixels[:64])
    alone = [learnt.answers(patterns.pixels[place : place + 1]) for place in range(64)]
    assert np.abs(np.concatenate([one.probability for one in alone]) - together.probability).max() < 0.02


def test_no_photographs_have_no_answers(learnt: Detector) -> None:
    assert learnt.answers(np.empty((0, 40, 24), np.uint8)).label.tolist() == []


def test_a_temperature_makes_probabilities_frequencies() -> None:
    random = np.random.default_rng(3)
    logits = random.normal(0, 2, 4000)
    defects = random.random(4000) < 1 / (1 + np.exp(-logits))
    rows = torch.zeros(4000, 13)
    rows[:, 0] = torch.from_numpy(logits * 3)
    detector = Detector(build("resnet18", 4), Recipe(width=4), EVEN)
    before = calibration_error(detector.read(rows).probability, defects)
    detector.calibrate(rows, torch.from_numpy(defects))
    assert detector.temperature == pytest.approx(3.0, rel=0.1)
    assert calibration_error(detector.read(rows).probability, defects) < 0.02 < before


def test_measures_of_known_answers() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2])
    probability = np.array([0.1, 0.2, 0.6, 0.9, 0.4, 0.8], np.float32)
    answers = Answers(probability, np.array([0, 0, 1, 1, 0, 1]), probability)
    found = measure(answers, labels)
    # Of the nine pairs of a sound and a defective one, eight are in order.
    assert found["auc"] == pytest.approx(8 / 9)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["accuracy_12"] == pytest.approx(3 / 6)
    assert found["balanced_12"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    # Precision at the places of the three defects in order of probability: 1, 1, 3/4.
    assert found["auprc"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert found["brier"] == pytest.approx(np.mean([0.01, 0.04, 0.36, 0.01, 0.36, 0.04]))


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    probability = np.array([0.05, 0.05, 0.95, 0.95], np.float32)
    assert calibration_error(probability, np.array([False, False, True, True])) == pytest.approx(0.05)
    assert calibration_error(probability, np.array([True, True, False, False])) == pytest.approx(0.95)


def test_the_interval_holds_the_value_and_narrows_with_the_number() -> None:
    random = np.random.default_rng(0)

    def width(number: int) -> float:
        labels = (random.random(number) < 0.5).astype(np.int64)
        probability = np.clip(labels * 0.3 + random.random(number) * 0.7, 0, 1).astype(np.float32)
        found = judge(Answers(probability, (probability > 0.5).astype(np.int64), probability), labels)
        low, high = found.intervals["accuracy"]
        assert low <= found.values["accuracy"] <= high
        return high - low

    assert width(2000) < width(100) / 2


def test_calibration_reads_photographs(learnt: Detector, patterns: Photographs) -> None:
    before = learnt.temperature
    calibrate(learnt, patterns)
    assert learnt.temperature != before
    learnt.temperature = before


def test_the_heat_is_where_the_defect_is(learnt: Detector, patterns: Photographs) -> None:
    above, below = (
        np.mean([heat(learnt, one) for one in patterns.pixels[patterns.labels == label][:20]], axis=0)
        for label in (1, 2)
    )
    assert above.shape == (40, 24)
    assert above[:20].mean() > above[20:].mean()
    assert below[20:].mean() > below[:20].mean()


def test_a_picture_shows_both_side_by_side(learnt: Detector, patterns: Photographs) -> None:
    content = picture(patterns.pixels[0], heat(learnt, patterns.pixels[0]))
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[16:20]) == 490
    assert int.from_bytes(content[20:24]) == 400


def test_no_heat_map_of_another_architecture(patterns: Photographs) -> None:
    detector = Detector(build("vgg11", 4), Recipe("vgg11", 4), EVEN)
    with pytest.raises(ModelError, match="no heat map for vgg11; allowed: resnet18"):
        heat(detector, patterns.pixels[0])
