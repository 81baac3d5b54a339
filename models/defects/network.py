"""The networks to choose from, all from torchvision, in sizes that suit photographs of 24 x 40 pixels."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet, swin_transformer, vgg, vision_transformer

from models.defects.classes import CLASSES
from models.defects.photographs import HEIGHT, WIDTH

OUTPUTS = 1 + len(CLASSES)
"""One for defect or not, then one for each class."""
CHANNELS = 4
_SMALLEST_SPREAD = 1.0


class DefectNet(nn.Module):
    """A network with what comes before it: from grey values to channels.

    The channels are the grey values; the same standardised in each photograph, so that a module shows its pattern
    whatever its temperature; and the differences to the neighbour on the right and below.

    Args:
        backbone: Takes (n, 4, 40, 24), gives (n, 13).
        mean: Mean grey value of the photographs to learn from.
        spread: Their standard deviation.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, backbone: nn.Module, mean: float, spread: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("mean", torch.tensor(mean))
        self.register_buffer("spread", torch.tensor(spread))

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits of shape (n, 13): of a defect, then of each class.

        Args:
            pixels: Grey values 0 to 255 of shape (n, 40, 24), of any type.
        """
        outputs: Tensor = self.backbone(self.channels(pixels))
        return outputs

    def channels(self, pixels: Tensor) -> Tensor:
        """What the backbone sees, of shape (n, 4, 40, 24)."""
        grey = pixels.float().unsqueeze(1)
        own_mean = grey.mean((2, 3), keepdim=True)
        own_spread = grey.std((2, 3), keepdim=True).clamp(min=_SMALLEST_SPREAD)
        own = (grey - own_mean) / own_spread
        right = functional.pad(own.diff(dim=3), (0, 1))
        below = functional.pad(own.diff(dim=2), (0, 0, 0, 1))
        together = torch.cat([(grey - self.mean) / self.spread, own, right, below], dim=1)
        return together.contiguous(memory_format=torch.channels_last)


def resnet18(width: int) -> nn.Module:
    """ResNet-18 (He et al., 2016) with a stem for small images: 3 x 3, then pooling. 16 is a quarter of its width."""
    net = resnet.ResNet(resnet.BasicBlock, [2, 2, 2, 2], num_classes=OUTPUTS)
    net.inplanes = width
    net.conv1 = nn.Conv2d(CHANNELS, width, 3, padding=1, bias=False)
    net.bn1 = nn.BatchNorm2d(width)
    net.maxpool = nn.MaxPool2d(2)
    for stage in range(4):
        layer = net._make_layer(resnet.BasicBlock, width << stage, 2, stride=1 if stage == 0 else 2)
        setattr(net, f"layer{stage + 1}", layer)
    net.fc = nn.Linear(width << 3, OUTPUTS)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return net


def vgg11(width: int) -> nn.Module:
    """VGG-11 with batch normalisation (Simonyan and Zisserman, 2015), one pooling fewer; 64 is its full width."""
    layers: list[nn.Module] = []
    before = CHANNELS
    for factor in (1, 0, 2, 0, 4, 4, 0, 8, 8, 0, 8, 8):
        if factor == 0:
            layers.append(nn.MaxPool2d(2))
            continue
        layers += [nn.Conv2d(before, factor * width, 3, padding=1), nn.BatchNorm2d(factor * width), nn.ReLU(True)]
        before = factor * width
    net = vgg.VGG(nn.Sequential(*layers), num_classes=OUTPUTS)
    net.avgpool = nn.AdaptiveAvgPool2d(1)
    net.classifier = nn.Sequential(nn.Dropout(), nn.Linear(before, OUTPUTS))
    return net


class _Square(nn.Module):
    """torchvision's ViT takes squares only."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, channels: Tensor) -> Tensor:
        free = HEIGHT - WIDTH
        outputs: Tensor = self.inner(functional.pad(channels, (free // 2, free - free // 2)))
        return outputs


def vit(width: int) -> nn.Module:
    """A vision transformer (Dosovitskiy et al., 2021) of 6 layers on patches of 8 x 8 pixels."""
    net = vision_transformer.VisionTransformer(
        image_size=HEIGHT,
        patch_size=8,
        num_layers=6,
        num_heads=4,
        hidden_dim=8 * width,
        mlp_dim=32 * width,
        dropout=0.1,
        num_classes=OUTPUTS,
    )
    net.conv_proj = nn.Conv2d(CHANNELS, 8 * width, 8, stride=8)
    nn.init.zeros_(net.heads.head.bias)
    nn.init.trunc_normal_(net.heads.head.weight, std=0.02)
    return _Square(net)


def swin_t(width: int) -> nn.Module:
    """Swin-T (Liu et al., 2021) on patches of 2 x 2 pixels; 96 is its full width."""
    net = swin_transformer.SwinTransformer(
        patch_size=[2, 2],
        embed_dim=2 * width,
        depths=[2, 2, 6, 2],
        num_heads=[2, 4, 8, 16],
        window_size=[5, 3],
        num_classes=OUTPUTS,
    )
    net.features[0][0] = nn.Conv2d(CHANNELS, 2 * width, 2, stride=2)
    return net


ARCHITECTURES: dict[str, Callable[[int], nn.Module]] = {
    "resnet18": resnet18,
    "vgg11": vgg11,
    "vit": vit,
    "swin_t": swin_t,
}


def build(architecture: str, width: int, mean: float = 0.0, spread: float = 1.0) -> DefectNet:
    """A new network with random weights.

    Args:
        architecture: Of ``ARCHITECTURES``.
        width: Its channels in the first stage (of ViT an eighth of its hidden size, of Swin-T a half).
        mean: Mean grey value of the photographs to learn from.
        spread: Their standard deviation.
    """
    net = DefectNet(ARCHITECTURES[architecture](width), mean, spread)
    return net.to(memory_format=torch.channels_last)
