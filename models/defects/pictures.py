"""What an evaluation shows: curves, and photographs that were rightly and wrongly told."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from sklearn import metrics
from sklearn.calibration import calibration_curve

from models.defects.classes import CLASSES
from models.defects.detector import Answers
from models.defects.evaluate import BINS
from models.defects.photographs import Photographs

mpl.use("Agg")
# So that the same evaluation makes the same bytes.
_METADATA = {"Software": None}
_COLUMNS, _ROWS = 8, 2


def draw_curves(answers: Answers, labels: npt.NDArray[np.int64], file: Path) -> None:
    """ROC curve, precision-recall curve and calibration of defect or not, side by side in a PNG."""
    defects = labels > 0
    figure, (roc, recall, calibration) = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
    metrics.RocCurveDisplay.from_predictions(defects, answers.probability, ax=roc, name="defect")
    metrics.PrecisionRecallDisplay.from_predictions(defects, answers.probability, ax=recall, name="defect")
    frequency, probability = calibration_curve(defects, answers.probability, n_bins=BINS)
    calibration.plot([0, 1], [0, 1], linestyle=":", color="grey")
    calibration.plot(probability, frequency, marker=".")
    calibration.set(xlabel="Probability of a defect", ylabel="Share that has one", title="Calibration")
    roc.set_title("ROC")
    recall.set_title("Precision and recall")
    figure.savefig(file, dpi=80, metadata=_METADATA)
    plt.close(figure)


def draw_examples(answers: Answers, photographs: Photographs, file: Path) -> None:
    """Photographs that were told right, and below them wrong ones, the surest of each first, in a PNG.

    Of each class at most two are shown, or the commonest would fill the rows.
    """
    right = answers.label == photographs.labels
    surest = np.argsort(-answers.confidence, kind="stable")
    figure, axes = plt.subplots(2 * _ROWS, _COLUMNS, figsize=(12, 10), layout="constrained")
    for half, chosen in enumerate((surest[right[surest]], surest[~right[surest]])):
        places = _few_of_each(chosen, photographs.labels)
        own: list[Axes] = list(axes[half * _ROWS : (half + 1) * _ROWS].flat)
        for place, ax in enumerate(own):
            ax.axis("off")
            if place < len(places):
                _draw(ax, answers, photographs, places[place])
    figure.suptitle("Above: right. Below: wrong, in brackets what it is.")
    figure.savefig(file, dpi=80, metadata=_METADATA)
    plt.close(figure)


def _few_of_each(places: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]) -> list[int]:
    taken: dict[int, int] = {}
    chosen = []
    for place in places.tolist():
        label = int(labels[place])
        if taken.get(label, 0) < 2:
            taken[label] = taken.get(label, 0) + 1
            chosen.append(place)
    return chosen[: _COLUMNS * _ROWS]


def _draw(ax: Axes, answers: Answers, photographs: Photographs, place: int) -> None:
    told, truth = int(answers.label[place]), int(photographs.labels[place])
    ax.imshow(photographs.pixels[place], cmap="inferno", vmin=0, vmax=255)
    wrong = "" if told == truth else f"\n({CLASSES[truth]})"
    ax.set_title(f"{CLASSES[told]} {answers.confidence[place]:.2f}{wrong}", fontsize=8)
