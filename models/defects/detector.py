"""A trained network with what turns its outputs into answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from models.defects.classes import CLASSES
from models.defects.network import OUTPUTS, DefectNet
from models.defects.recipe import Recipe

FLIPS: tuple[tuple[int, ...], ...] = ((), (2,), (1,), (1, 2))
"""Ways to turn a photograph that do not change what it shows; an answer is made of all four."""
RARITY = 0.35
"""How far rare classes are favoured: exponent of the share of a class in the training data that divides its
probability (Menon et al., 2021)."""
THRESHOLD = 0.5
BATCH = 64
"""Photographs that are shown at once."""


@dataclass(frozen=True)
class Answers:
    """What a detector says of n photographs.

    Attributes:
        probability: That there is a defect, shape (n,), calibrated.
        label: Index into ``CLASSES``, shape (n,): 0 where the probability is below the threshold, else the likeliest
            kind of defect.
        confidence: Probability of the label, shape (n,).
    """

    probability: npt.NDArray[np.float32]
    label: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]

    def rows(self) -> list[dict[str, object]]:
        """Of each photograph what is told of it, rounded."""
        return [
            {
                "defect": bool(label),
                "label": CLASSES[label],
                "probability": round(float(probability), 4),
                "confidence": round(float(confidence), 4),
            }
            for label, probability, confidence in zip(
                self.label.tolist(), self.probability, self.confidence, strict=True
            )
        ]


class Detector:
    """Answers for photographs.

    Args:
        net: Trained network.
        recipe: How it was trained.
        shares: Share of each class in the training data, shape (12,).
        temperature: What logits of a defect are divided by, so that probabilities are frequencies (Guo et al., 2017).
        data: Hash of the photographs that it was trained with.
        version: Hash of its checkpoint, once it has one.
    """

    def __init__(
        self,
        net: DefectNet,
        recipe: Recipe,
        shares: npt.NDArray[np.float64],
        temperature: float = 1.0,
        data: str = "",
        version: str = "",
    ) -> None:
        self.net = net.eval()
        self.recipe = recipe
        self.shares = shares
        self.temperature = temperature
        self.data = data
        self.version = version
        self.threshold = THRESHOLD

    def answers(self, pixels: npt.NDArray[np.uint8]) -> Answers:
        """Answers for photographs of shape (n, 40, 24)."""
        return self.read(self.outputs(torch.from_numpy(pixels)))

    def outputs(self, pixels: Tensor) -> Tensor:
        """Logits, the mean of all flips, of shape (n, 13), on the processor."""
        parts = [self._outputs(part) for part in pixels.split(BATCH)] if len(pixels) else []
        return torch.cat([*parts, torch.empty((0, OUTPUTS))])

    @torch.inference_mode()
    def _outputs(self, pixels: Tensor) -> Tensor:
        # Always as many: kernels differ with the size of a batch, and the last digits of an answer with them.
        whole = functional.pad(pixels, (0, 0, 0, 0, 0, BATCH - len(pixels)))
        with torch.autocast(pixels.device.type, torch.bfloat16):
            turned = [self.net(whole.flip(axes) if axes else whole).float() for axes in FLIPS]
        return torch.stack(turned).mean(0)[: len(pixels)].cpu()

    def read(self, outputs: Tensor) -> Answers:
        """Answers from logits of shape (n, 13)."""
        probability = (outputs[:, 0] / self.temperature).sigmoid()
        kinds = self.kinds(outputs)
        defect = probability >= self.threshold
        best, place = kinds[:, 1:].max(1)
        return Answers(
            probability.numpy(),
            torch.where(defect, place + 1, 0).numpy(),
            torch.where(defect, probability * best, 1 - probability).numpy(),
        )

    def kinds(self, outputs: Tensor) -> Tensor:
        """Probability of each kind of defect, if there is one, of shape (n, 12), the first of them 0."""
        favoured = outputs[:, 1:] - RARITY * torch.from_numpy(self.shares).float().log()
        favoured[:, 0] = -torch.inf
        return functional.softmax(favoured, dim=1)

    def calibrate(self, outputs: Tensor, defects: Tensor) -> None:
        """Chooses the temperature.

        Args:
            outputs: Logits of photographs that it was not trained with, shape (n, 13).
            defects: Whether each has a defect, shape (n,).
        """
        steps = torch.linspace(-1.5, 1.5, 601).exp()
        losses = [functional.binary_cross_entropy_with_logits(outputs[:, 0] / step, defects.float()) for step in steps]
        self.temperature = round(float(steps[torch.stack(losses).argmin()]), 4)


def limit_threads(threads: int) -> None:
    """Lets this process use so many cores, whatever the machine has."""
    torch.set_num_threads(threads)
