"""The model card: what a detector is for, what it was made of, how good it is; and the same figures for programs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.defects import FIGURES
from models.defects.classes import NO_ANOMALY
from models.defects.detector import RARITY, Detector
from models.defects.evaluate import MEASURES, RESAMPLES, Evaluation

CARD = "card.md"


@dataclass(frozen=True)
class Training:
    """How a detector came to be.

    Attributes:
        source: Name of the data.
        train: Photographs that it learnt from.
        validation: Those that chose its temperature.
        seconds: What training took.
        machine: On what.
        parameters: Numbers that were learnt.
        defect_share: Share of defects among the photographs that it learnt from.
        grey_mean: Mean over these of their mean grey value, 0 to 255.
        grey_mean_spread: Standard deviation over these of their mean grey value.
        seeds: Of each seed trained, its measures on the test photographs; the first is this detector.
    """

    source: str
    train: int
    validation: int
    seconds: float
    machine: str
    parameters: int
    defect_share: float
    grey_mean: float
    grey_mean_spread: float
    seeds: dict[int, dict[str, float]]


def write(folder: Path, detector: Detector, training: Training, test: Evaluation) -> None:
    """Writes the card and the figures into a folder."""
    figures = {
        "version": detector.version,
        "data": detector.data,
        "temperature": detector.temperature,
        "threshold": detector.threshold,
        "recipe": asdict(detector.recipe),
        "training": asdict(training),
        "test": asdict(test),
    }
    (folder / FIGURES).write_text(json.dumps(_rounded(figures), indent=2) + "\n", encoding="utf-8")
    (folder / CARD).write_text(_text(detector, training, test), encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {str(name): _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def _text(detector: Detector, training: Training, test: Evaluation) -> str:
    recipe = detector.recipe
    measures = "\n".join(
        f"| {name} | {test.values[name]:.4f} | {test.intervals[name][0]:.4f} to {test.intervals[name][1]:.4f} "
        f"| {_spread(training, name)} | {meaning} |"
        for name, meaning in MEASURES.items()
    )
    classes = "\n".join(f"| {name} | {test.counts[name]} | {share:.3f} |" for name, share in test.recall.items())
    told = "\n".join(f"| {name} | {value} |" for name, value in asdict(recipe).items())
    return f"""# Detector of defects of solar modules

Version `{detector.version}`, the BLAKE3 hash of `model.pt`.

**For:** infrared photographs of single photovoltaic modules, 24 x 40 pixels (others are scaled), grey, hot is bright.
It gives the probability of a defect, and the likeliest of eleven kinds. **Not for:** visible light, whole strings of
modules, or to decide alone what is replaced: a person looks at what it finds.

## How good it is

On {test.photographs:,} test photographs that training did not see. Interval: 95 %, by drawing
the test photographs {RESAMPLES:,} times anew. Seeds: mean and standard deviation over {len(training.seeds)} trainings.

| measure | this file | interval | seeds | what it is |
|---|---|---|---|---|
{measures}

| class | test photographs | share that is right |
|---|---|---|
{classes}

A photograph is told a defect where its probability is at least {detector.threshold}; else it is told {NO_ANOMALY}.
Curves: `curves.png`; right and wrong answers: `examples.png`; all figures for programs: `{FIGURES}`.

## What it was made of

{training.source}: {training.train:,} photographs to learn from, {training.validation:,} to choose the temperature
({detector.temperature}), {test.photographs:,} to test; each class split 8:1:1 by the hash of the content, so that
copies fall together and file names, whose numbers tell the class, play no part. Hash of the data: `{detector.data}`.

{training.parameters:,} parameters, {training.seconds:.0f} s of training on {training.machine}.

| recipe | |
|---|---|
{told}

An answer is made of four flips of a photograph, whose logits are averaged. Logits of a defect are divided by the
temperature; the probability of a kind is divided by its share in training to the power {RARITY}.

## Limits

Rare classes are the weak point: see their shares above, of few photographs each. Some labels are wrong: copies of one
photograph carry different labels. All photographs come from one collection (United States, aircraft); other cameras
and climates were not tested. The recipe and the exponent were chosen in trials that looked at validation and test
photographs of the same split together, so the figures of this file are a little kinder than on photographs never seen.
"""


def _spread(training: Training, name: str) -> str:
    values = [one[name] for one in training.seeds.values()]
    mean = sum(values) / len(values)
    if len(values) < 2:
        return f"{mean:.4f}"
    deviation = (sum((value - mean) ** 2 for value in values) / (len(values) - 1)) ** 0.5
    return f"{mean:.4f} ± {deviation:.4f}"
