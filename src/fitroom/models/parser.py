"""The person parser: an encoder of the EfficientNet family, a light U-Net decoder, logits at the photo's own grid.

Shapes: B batch, H x W input (multiples of 32 are exact), L labels; strides in px of the input.

    x_BCHW -> encoder -> features at strides 2, 4, 8, 16, 32
              decoder: 32 -> 16 -> 8 -> 4 -> 2, each step adds the encoder's own and mixes by a separable convolution
              guide: the deepest features of the whole photo at once scale and shift each step but the finest, and
              lean the answer to labels: whether a coat or a dress is worn, and from which side the person is seen, is
              decided once a photo
              detail: the photo itself, folded to stride 2 (12 channels), beside the decoder's last features
              -> folded (B, 4, L, H/2, W/2): of each 2 x 2 px, row by row -> unfolded {"logits": (B, L, H, W)}

All of the convolutions run at stride 2 or coarser; the unfolding, a pixel shuffle (Shi et al. 2016) by another order of
channels, gives each of four neighbours weights of its own, so an edge lies where it is and not on a grid of 2 px.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from fitroom.config import nearest
from fitroom.contracts import Part
from fitroom.errors import ConfigError
from fitroom.models.recognizer import create_backbone

_Film = tuple[torch.Tensor, torch.Tensor]


@dataclass
class ParserConfig:
    """What the parser is made of."""

    backbone: str = "tf_efficientnet_lite0"
    """A timm backbone with conv_stem, bn1 and blocks: the EfficientNets, MobileNets and their kin."""
    stages: int = 6
    """Stages of the backbone that are kept, from the stem on; 0 = all. The last one of an EfficientNet holds much of
    its weight and adds little to where an edge lies."""
    widths: list[int] = field(default_factory=lambda: [32, 48, 64, 96])
    """Channels of the decoder at strides 2, 4, 8 and 16; the last one serves all coarser strides."""
    detail: int = 16
    """Channels drawn from the photo itself at stride 2."""
    labels: list[str] = field(default_factory=list)
    """Names of :class:`~fitroom.contracts.Part` in the order of the outputs; empty in a config means "all that the
    data holds"."""
    guide: int = 0
    """Hidden units of the guide; 0 = no guide."""

    @property
    def parts(self) -> list[Part]:
        """The labels as parts, in the order of the outputs."""
        return [Part[label] for label in self.labels]


class Parser(nn.Module):
    """See the file's first lines.

    Args:
        config: its parts, with its labels by now.
        backbone: a ready backbone (timm, ``num_classes=0``), whose stages are taken over; built without weights where
            None.

    Raises:
        ConfigError: no such labels, widths that are none, or a backbone of another family.
    """

    def __init__(self, config: ParserConfig, backbone: nn.Module | None = None) -> None:
        super().__init__()
        _check_labels(config.labels)
        if not config.widths or min(config.widths) < 1 or config.detail < 1 or config.guide < 0:
            raise ConfigError(
                "the decoder has no width",
                rule="widths and detail of 1 or more, guide of 0 or more",
                got=(config.widths, config.detail, config.guide),
            )
        self.config = config
        self.encoder = Encoder(backbone if backbone is not None else create_backbone(config.backbone), config.stages)
        channels = self.encoder.channels
        widths = [config.widths[min(i, len(config.widths) - 1)] for i in range(len(channels))]
        self.top = _Mixed(channels[-1], widths[-1], 5)
        self.context = nn.Linear(channels[-1], widths[-1])
        self.steps = nn.ModuleList(
            _Step(widths[i + 1], channels[i], widths[i], 5 if i else 3) for i in reversed(range(len(channels) - 1))
        )
        guided = [widths[i] for i in reversed(range(1, len(channels) - 1))]
        self.guide = _Guide(channels[-1], config.guide, guided, len(config.labels)) if config.guide else None
        self.detail = nn.Sequential(
            nn.Conv2d(12, config.detail, 3, padding=1, bias=False), nn.BatchNorm2d(config.detail), nn.ReLU6()
        )
        mixed = widths[0] + config.detail
        self.refine = nn.Sequential(_Mixed(mixed, mixed, 3), _Mixed(mixed, mixed, 3))
        self.classify = nn.Conv2d(mixed, 4 * len(config.labels), 1)
        nn.init.trunc_normal_(self.classify.weight, std=0.02)
        assert self.classify.bias is not None
        nn.init.zeros_(self.classify.bias)

    def forward(self, x_BCHW: torch.Tensor) -> dict[str, torch.Tensor]:
        """Normalised photos (B, 3, H, W) to raw "logits" (B, L, H, W); H and W are even."""
        folded = self.folded(x_BCHW)
        num, _, num_labels, height, width = folded.shape
        unfolded = folded.view(num, 2, 2, num_labels, height, width).permute(0, 3, 4, 1, 5, 2)
        return {"logits": unfolded.reshape(num, num_labels, 2 * height, 2 * width)}

    def folded(self, x_BCHW: torch.Tensor) -> torch.Tensor:
        """Normalised photos to raw outputs (B, 4, L, H/2, W/2); training needs no more, and is spared a copy."""
        features = self.encoder(x_BCHW)
        deepest = features.pop()
        x = self.top(deepest) + self.context(deepest.mean((2, 3)))[:, :, None, None]
        films, lean_BL = self.guide(deepest) if self.guide is not None else ([], None)
        for step, film in zip_longest(self.steps, films):
            x = step(x, features.pop(), film)
        detail = self.detail(F.pixel_unshuffle(x_BCHW, 2))
        logits_B4Lhw = self.classify(self.refine(torch.cat([x, detail], 1))).unflatten(1, (4, -1))
        return logits_B4Lhw if lean_BL is None else logits_B4Lhw + lean_BL[:, None, :, None, None]


def grown(parser: Parser, config: ParserConfig) -> Parser:
    """A parser with the weights of another one, which may know more labels, or have no guide yet.

    Args:
        parser: knows all of the config's labels; its other settings are the config's, but for a guide of 0.
        config: of the new one.
    """
    if config == parser.config:
        return parser
    known, weights = parser.config.labels, parser.state_dict()
    chosen = [known.index(name) for name in config.labels]
    for name in ("classify.weight", "classify.bias"):
        weights[name] = weights[name].unflatten(0, (4, -1))[:, chosen].flatten(0, 1)
    for name in ("guide.out.weight", "guide.out.bias"):
        if name in weights:
            films, lean = weights[name].split([len(weights[name]) - len(known), len(known)])
            weights[name] = torch.cat([films, lean[chosen]])
    new = Parser(config)
    missing, unexpected = new.load_state_dict(weights, strict=False)
    assert not unexpected and all(name.startswith("guide.") for name in missing)
    return new


class Encoder(nn.Module):
    """Stem and first stages of a backbone, giving the last features at each stride.

    Attributes:
        channels: of the features it gives, finest first.
    """

    def __init__(self, backbone: nn.Module, stages: int) -> None:
        super().__init__()
        parts: Any = backbone
        if not all(hasattr(parts, name) for name in ("conv_stem", "bn1", "blocks")):
            raise ConfigError(
                "the parser cannot be built on this backbone",
                where="model.backbone",
                rule="one with conv_stem, bn1 and blocks, as the EfficientNets and MobileNets of timm have",
                got=type(backbone).__name__,
            )
        if not 0 <= stages <= len(parts.blocks):
            raise ConfigError(
                "the backbone has no such stage", where="model.stages", rule=f"0 to {len(parts.blocks)}", got=stages
            )
        self.conv_stem, self.bn1 = parts.conv_stem, parts.bn1
        self.blocks = parts.blocks[: stages or len(parts.blocks)]
        training = self.training
        with torch.no_grad():
            device = self.conv_stem.weight.device
            self.channels = [feature.shape[1] for feature in self.eval()(torch.zeros(1, 3, 64, 64, device=device))]
        self.train(training)

    def forward(self, x_BCHW: torch.Tensor) -> list[torch.Tensor]:
        """(B, 3, H, W) to features, finest first."""
        x, features = self.bn1(self.conv_stem(x_BCHW)), []
        for stage in self.blocks:
            finer, x = x, stage(x)
            if x.shape[-1] < finer.shape[-1]:
                features.append(finer)
        return [*features, x]

    def freeze(self, num_stages: int) -> None:
        """Fixes the stem and the first stages; 0 = none, not even the stem."""
        for part in (self.conv_stem, self.bn1, *self.blocks[:num_stages]) if num_stages else ():
            part.requires_grad_(False)


class _Mixed(nn.Module):
    """Depthwise, pointwise, norm, activation; the input is added where the width stays."""

    def __init__(self, wide_in: int, wide_out: int, side: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(wide_in, wide_in, side, padding=side // 2, groups=wide_in, bias=False)
        self.pointwise = nn.Conv2d(wide_in, wide_out, 1, bias=False)
        self.norm = nn.BatchNorm2d(wide_out)
        self.adds = wide_in == wide_out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mixed = F.relu6(self.norm(self.pointwise(self.spatial(x))))
        return x + mixed if self.adds else mixed


class _Step(nn.Module):
    """One stride finer: the coarser features, enlarged, plus the encoder's own, mixed."""

    def __init__(self, wide_coarse: int, wide_skip: int, wide_out: int, side: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(wide_coarse, wide_out, 1, bias=False)
        self.skip = nn.Conv2d(wide_skip, wide_out, 1, bias=False)
        self.norm = nn.BatchNorm2d(wide_out)
        self.mix = _Mixed(wide_out, wide_out, side)

    def forward(self, coarse: torch.Tensor, skip: torch.Tensor, film: _Film | None = None) -> torch.Tensor:
        enlarged = F.interpolate(self.coarse(coarse), size=skip.shape[-2:], mode="bilinear", align_corners=False)
        x = self.norm(enlarged + self.skip(skip))
        if film is not None:
            scale_BC, shift_BC = film
            x = x * (1 + scale_BC)[:, :, None, None] + shift_BC[:, :, None, None]
        mixed: torch.Tensor = self.mix(F.relu6(x))
        return mixed


class _Guide(nn.Module):
    """Deepest features (B, C, h, w), their mean and their peak, to a scale and a shift for each width (Perez et al.
    2018, FiLM) and a lean for each label; nothing at the start."""

    def __init__(self, wide_in: int, hidden: int, widths: list[int], num_labels: int) -> None:
        super().__init__()
        self.parts = [*(width for width in widths for _ in range(2)), num_labels]
        self.hidden = nn.Linear(2 * wide_in, hidden)
        self.out = nn.Linear(hidden, sum(self.parts))
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, deepest: torch.Tensor) -> tuple[list[_Film], torch.Tensor]:
        pooled = torch.cat([deepest.mean((2, 3)), deepest.amax((2, 3))], 1)
        *films, lean_BL = self.out(F.relu6(self.hidden(pooled))).split(self.parts, 1)
        return list(zip(films[::2], films[1::2], strict=True)), lean_BL


def _check_labels(labels: list[str]) -> None:
    known = list(Part.__members__)
    if len(labels) < 2 or len(set(labels)) < len(labels):
        raise ConfigError("the parser's labels are not usable", rule="two or more, all different", got=labels)
    for label in labels:
        if label not in known:
            raise ConfigError(
                f"there is no part {label!r}", where="model.labels", rule="names of Part", fix=nearest(label, known)
            )
    if Part.BACKGROUND.name not in labels:
        raise ConfigError("the parser cannot do without background", where="model.labels", got=labels)
