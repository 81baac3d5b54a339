"""How a network learns to tell defects: the loop, the changes of photographs, the loss."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.defects.classes import CLASSES
from models.defects.network import DefectNet, build
from models.defects.photographs import Photographs
from models.defects.recipe import Recipe


@dataclass(frozen=True)
class Data:
    """Photographs on the device that learns.

    Attributes:
        pixels: Shape (n, 40, 24), uint8.
        labels: Shape (n,), int64.
    """

    pixels: Tensor
    labels: Tensor

    @classmethod
    def on(cls, device: torch.device, photographs: Photographs) -> "Data":
        """Copies photographs to a device."""
        return cls(torch.from_numpy(photographs.pixels).to(device), torch.from_numpy(photographs.labels).to(device))

    def __len__(self) -> int:
        return len(self.labels)


def device() -> torch.device:
    """A GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(
    photographs: Photographs, recipe: Recipe, tell: Callable[[int, float], None] = lambda epoch, loss: None
) -> DefectNet:
    """Trains a network; the same photographs, recipe, device and number of threads give the same network.

    Args:
        photographs: Those to learn from.
        recipe: How.
        tell: Called with each finished epoch, counted from 1, and its mean loss.

    Returns:
        The moving average of the weights over the last steps, in evaluation mode, where it was trained.
    """
    torch.manual_seed(recipe.seed)
    where = device()
    data = Data.on(where, photographs)
    net = build(
        recipe.architecture, recipe.width, float(photographs.pixels.mean()), float(photographs.pixels.std())
    ).to(where)
    steps = recipe.epochs * math.ceil(len(data) / recipe.batch)
    optimizer = torch.optim.AdamW(_groups(net, recipe.decay), lr=recipe.rate, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps)
    averaged = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
    random = torch.Generator(device=where).manual_seed(recipe.seed)
    chance = np.random.default_rng(recipe.seed)
    weights = class_weights(photographs, recipe.rare).to(where)
    for epoch in range(recipe.epochs):
        loss = train_one_epoch(net, averaged, data, recipe, weights, optimizer, schedule, random, chance)
        tell(epoch + 1, loss)
    return cast(DefectNet, averaged.module.eval())


def train_one_epoch(
    net: DefectNet,
    averaged: AveragedModel,
    data: Data,
    recipe: Recipe,
    weights: Tensor,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    random: torch.Generator,
    chance: np.random.Generator,
) -> float:
    """Shows every photograph once; returns the mean loss."""
    net.train()
    total = torch.zeros((), device=data.labels.device)
    order = torch.randperm(len(data), generator=random, device=data.labels.device)
    batches = order.split(recipe.batch)
    for places in batches:
        pixels = changed(data.pixels[places], recipe.shift, random)
        wanted = targets(data.labels[places], recipe.smoothing)
        weight = weights[data.labels[places]]
        if recipe.mixup and chance.random() < recipe.mixed:
            pixels, wanted, weight = mixed(pixels, wanted, weight, chance.beta(recipe.mixup, recipe.mixup))
        with torch.autocast(data.labels.device.type, torch.bfloat16):
            outputs = net(pixels)
        loss = joint_loss(outputs.float(), wanted, weight)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        averaged.update_parameters(net)
        total += loss.detach()
    return float(total) / len(batches)


def changed(pixels: Tensor, shift: int, random: torch.Generator) -> Tensor:
    """Photographs turned and moved at random: each flip every second time, edges repeated where one is moved.

    Args:
        pixels: Shape (n, 40, 24).
        shift: Pixels that one is moved at most, in each direction.
        random: Where chance comes from.
    """
    number, height, width = pixels.shape

    def drawn(low: int, high: int) -> Tensor:
        return torch.randint(low, high, (number, 1), generator=random, device=pixels.device)

    def places(size: int) -> Tensor:
        along = torch.arange(size, device=pixels.device).expand(number, size)
        along = torch.where(drawn(0, 2) == 1, size - 1 - along, along)
        return (along + drawn(-shift, shift + 1)).clamp(0, size - 1)

    rows, columns = places(height), places(width)
    one = torch.arange(number, device=pixels.device)[:, None, None]
    return pixels[one, rows[:, :, None], columns[:, None, :]]


def targets(labels: Tensor, smoothing: float) -> Tensor:
    """What the outputs should be, of shape (n, 13): of a defect, then of each class, both smoothed."""
    classes = functional.one_hot(labels, len(CLASSES)).float()
    defect = (labels > 0).float().unsqueeze(1)
    return torch.cat(
        [defect * (1 - smoothing) + smoothing / 2, classes * (1 - smoothing) + smoothing / len(CLASSES)], dim=1
    )


def mixed(pixels: Tensor, wanted: Tensor, weight: Tensor, share: float) -> tuple[Tensor, Tensor, Tensor]:
    """Each photograph mixed with its mirror place in the batch, and what is wanted of it likewise."""
    other = torch.arange(len(pixels) - 1, -1, -1, device=pixels.device)

    def both(values: Tensor) -> Tensor:
        return values * share + values[other] * (1 - share)

    return both(pixels.float()), both(wanted), both(weight)


def joint_loss(outputs: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of the classes, weighed, and of the defect, added."""
    defect = functional.binary_cross_entropy_with_logits(outputs[:, 0], wanted[:, 0])
    classes = -(wanted[:, 1:] * functional.log_softmax(outputs[:, 1:], dim=1)).sum(1)
    return defect + (classes * weight).mean()


def class_weights(photographs: Photographs, exponent: float) -> Tensor:
    """Weight of each class: its inverse share to the power of ``exponent``, one on average over the photographs."""
    counts = np.maximum(np.bincount(photographs.labels, minlength=len(CLASSES)), 1)
    weights = (counts / len(photographs)) ** -exponent
    return torch.from_numpy(weights / (weights * counts).sum() * len(photographs)).float()


def _groups(net: nn.Module, decay: float) -> list[dict[str, object]]:
    """Biases and the factors of normalisations are not decayed."""
    matrices = [one for one in net.parameters() if one.ndim > 1]
    rest = [one for one in net.parameters() if one.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
