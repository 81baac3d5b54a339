"""The detector that comes with gridseal is the one that its card tells of."""

import json
from typing import Any

import pytest

from models.defects import DEFAULT, FIGURES, WEIGHTS, checkpoint
from models.defects.card import CARD
from models.defects.classes import CLASSES
from models.defects.detector import Detector
from models.defects.evaluate import MEASURES, judge
from models.defects.photographs import Photographs

# Another processor, or one without bfloat16, rounds otherwise; two of 1,992 photographs are 0.001.
ROUNDING = 0.003


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """What is written beside it."""
    found: dict[str, Any] = json.loads((DEFAULT / FIGURES).read_text())
    return found


@pytest.fixture(scope="module")
def detector(figures: dict[str, Any]) -> Detector:
    """The detector, by the hash that is written there."""
    return checkpoint.load(DEFAULT / WEIGHTS, figures["version"])


def test_its_figures_are_those_of_the_file(figures: dict[str, Any], detector: Detector, tenth: Photographs) -> None:
    found = judge(detector.answers(tenth.pixels), tenth.labels)
    assert found.photographs == figures["test"]["photographs"] == 1992
    assert found.values == pytest.approx(figures["test"]["values"], abs=ROUNDING)
    assert found.counts == figures["test"]["counts"]
    for name, share in found.recall.items():
        # A photograph more or less.
        assert share == pytest.approx(figures["test"]["recall"][name], abs=1.5 / found.counts[name] + 1e-4)


def test_it_is_as_good_as_promised(figures: dict[str, Any]) -> None:
    seeds = figures["training"]["seeds"].values()
    assert len(seeds) >= 3
    mean = {name: sum(one[name] for one in seeds) / len(seeds) for name in MEASURES}
    assert mean["auc"] >= 0.992
    assert mean["accuracy"] >= 0.955
    assert mean["accuracy_12"] >= 0.86
    assert mean["balanced_12"] >= 0.75


def test_the_card_tells_what_the_figures_tell(figures: dict[str, Any]) -> None:
    text = (DEFAULT / CARD).read_text()
    assert figures["version"] in text
    assert figures["data"] in text
    for name, value in figures["test"]["values"].items():
        assert f"| {name} | {value:.4f} |" in text
    for name in CLASSES:
        assert f"| {name} | {figures['test']['counts'][name]} |" in text


def test_it_is_small(detector: Detector) -> None:
    assert (DEFAULT / WEIGHTS).stat().st_size < 3_000_000
    assert sum(one.numel() for one in detector.net.parameters()) < 800_000
