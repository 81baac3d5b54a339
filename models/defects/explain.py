"""Where in a photograph a detector sees a defect: Grad-CAM (Selvaraju et al., 2017)."""

import io

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from models.defects.detector import Detector
from models.defects.photographs import HEIGHT, WIDTH
from models.errors import ModelError

SCALE = 10
"""Pixels of the picture a pixel of the photograph."""


def heat(detector: Detector, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """How much each place speaks for a defect, 0 to 1, of shape (40, 24).

    The activations of the second stage, of 10 x 6 places, weighed by the gradient of the logit of a defect.

    Args:
        detector: One of a ResNet.
        pixels: A photograph of shape (40, 24).

    Raises:
        ModelError: The detector is of another architecture.
    """
    stage = getattr(detector.net.backbone, "layer2", None)
    if stage is None:
        raise ModelError(
            f"no heat map for {detector.recipe.architecture}; allowed: resnet18",
            hint="gridseal images detect --help",
            exit_code=2,
        )
    kept: list[Tensor] = []
    hook = stage.register_forward_hook(lambda module, given, output: kept.append(output))
    try:
        logit = detector.net(torch.from_numpy(pixels)[None])[0, 0]
    finally:
        hook.remove()
    (activations,) = kept
    (gradient,) = torch.autograd.grad(logit, activations)
    together = (gradient.mean((2, 3), keepdim=True) * activations).sum(1, keepdim=True).relu()
    wide = functional.interpolate(together, (HEIGHT, WIDTH), mode="bilinear")[0, 0].detach()
    highest = float(wide.max())
    return (wide / highest if highest else wide).numpy()


def picture(pixels: npt.NDArray[np.uint8], heat_map: npt.NDArray[np.float32]) -> bytes:
    """A PNG of the photograph beside the same with its heat map.

    Args:
        pixels: Shape (40, 24).
        heat_map: Shape (40, 24), 0 to 1.
    """
    grey = np.repeat(pixels[:, :, None], 3, axis=2)
    hot = (mpl.colormaps["inferno"](heat_map)[:, :, :3] * 255).astype(np.uint8)
    strength = 0.6 * heat_map[:, :, None]
    blended = (grey * (1 - strength) + hot * strength).astype(np.uint8)
    gap = np.full((HEIGHT, 1, 3), 255, dtype=np.uint8)
    image = Image.fromarray(np.concatenate([grey, gap, blended], axis=1))
    file = io.BytesIO()
    image.resize((image.width * SCALE, image.height * SCALE), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()
