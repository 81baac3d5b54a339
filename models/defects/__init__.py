"""Defects of solar modules in infrared photographs: a ResNet, its training, its evaluation, its answers."""

from pathlib import Path

WEIGHTS = "model.pt"
FIGURES = "metrics.json"
"""Files of a detector's folder."""
DEFAULT = Path(__file__).parent / "default"
"""The detector that comes with gridseal, beside its card."""
TENTH = Path(__file__).parent / "data" / "infrared-solar-modules-test.zip"
"""The photographs that come with gridseal: the test tenth of the whole."""
