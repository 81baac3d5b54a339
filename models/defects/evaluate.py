"""How good answers are: what is measured of a detector, and how sure that is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from sklearn import metrics

from models.defects.classes import CLASSES
from models.defects.detector import Answers, Detector
from models.defects.photographs import Photographs

BINS = 15
"""Of the expected calibration error, as Guo et al. (2017) take it."""
RESAMPLES = 1000
MEASURES: dict[str, str] = {
    "auc": "area under the ROC curve of defect or not",
    "auprc": "area under the precision-recall curve (average precision)",
    "accuracy": "share of photographs rightly told defect or not",
    "accuracy_12": "share of photographs whose class is right, of twelve",
    "balanced_12": "mean over the twelve classes of the share of each that is right",
    "calibration_error": "expected calibration error of the probability of a defect, 15 bins",
    "brier": "mean squared error of that probability",
}


@dataclass(frozen=True)
class Evaluation:
    """What is measured on photographs that a network was not trained with.

    Attributes:
        photographs: How many.
        values: Of each of ``MEASURES``.
        intervals: Bootstrap interval of 95 % of each, by drawing the photographs anew.
        recall: Of each class, the share that is right.
        counts: Of each class, how many there are.
    """

    photographs: int
    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    recall: dict[str, float]
    counts: dict[str, int]


def judge(answers: Answers, labels: npt.NDArray[np.int64], seed: int = 0) -> Evaluation:
    """Measures answers.

    Args:
        answers: Of n photographs.
        labels: The truth, shape (n,).
        seed: Of the resampling.
    """
    values = measure(answers, labels)
    random = np.random.default_rng(seed)
    drawn = [
        measure(*_at(answers, labels, random.integers(0, len(labels), len(labels)))).values() for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(np.array([list(one) for one in drawn]), (0.025, 0.975), axis=0)
    present = [index for index in range(len(CLASSES)) if (labels == index).any()]
    return Evaluation(
        photographs=len(labels),
        values=values,
        intervals={name: (float(low[place]), float(high[place])) for place, name in enumerate(values)},
        recall={CLASSES[index]: float((answers.label[labels == index] == index).mean()) for index in present},
        counts={CLASSES[index]: int((labels == index).sum()) for index in present},
    )


def measure(answers: Answers, labels: npt.NDArray[np.int64]) -> dict[str, float]:
    """Each of ``MEASURES``."""
    defects = labels > 0
    right = answers.label == labels
    counts = np.bincount(labels, minlength=len(CLASSES))
    hits = np.bincount(labels, weights=right, minlength=len(CLASSES))
    present = counts > 0
    calculated: dict[str, Callable[[], float]] = {
        "auc": lambda: metrics.roc_auc_score(defects, answers.probability),
        "auprc": lambda: metrics.average_precision_score(defects, answers.probability),
        "accuracy": lambda: ((answers.label > 0) == defects).mean(),
        "accuracy_12": lambda: right.mean(),
        "balanced_12": lambda: (hits[present] / counts[present]).mean(),
        "calibration_error": lambda: calibration_error(answers.probability, defects),
        "brier": lambda: ((answers.probability - defects) ** 2).mean(),
    }
    return {name: float(calculated[name]()) for name in MEASURES}


def calibration_error(probability: npt.NDArray[np.float32], defects: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error: the mean distance of probability and frequency, over bins of the probability."""
    places = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = np.bincount(places, weights=probability - defects, minlength=BINS)
    return float(np.abs(gaps).sum() / len(probability))


def calibrate(detector: Detector, photographs: Photographs) -> None:
    """Chooses a detector's temperature by photographs that it was not trained with."""
    outputs = detector.outputs(torch.from_numpy(photographs.pixels))
    detector.calibrate(outputs, torch.from_numpy(photographs.labels > 0))


def _at(
    answers: Answers, labels: npt.NDArray[np.int64], places: npt.NDArray[np.int64]
) -> tuple[Answers, npt.NDArray[np.int64]]:
    chosen = Answers(answers.probability[places], answers.label[places], answers.confidence[places])
    return chosen, labels[places]
