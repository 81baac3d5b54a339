"""How a network is trained: every number of it in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        architecture: Of ``models.defects.network.ARCHITECTURES``.
        width: Channels in the first stage.
        epochs: Times that every photograph is seen.
        batch: Photographs a step.
        rate: Highest learning rate of the one cycle (Smith and Topin, 2018) of AdamW.
        decay: Weight decay of AdamW.
        smoothing: Label smoothing of both losses.
        mixup: Parameter of the Beta distribution of mixup (Zhang et al., 2018); 0 for none.
        mixed: Share of the batches that are mixed.
        shift: Pixels that a photograph is moved at most, in each direction.
        average: Decay a step of the moving average of the weights, which is what is kept.
        rare: Exponent of the inverse share of its class that weighs a photograph; 0 for none.
        seed: Of the weights, the order and the changes of photographs.
    """

    architecture: str = "resnet18"
    width: int = 16
    epochs: int = 95
    batch: int = 256
    rate: float = 6e-3
    decay: float = 0.1
    smoothing: float = 0.1
    mixup: float = 0.2
    mixed: float = 0.5
    shift: int = 2
    average: float = 0.998
    rare: float = 0.0
    seed: int = 0
