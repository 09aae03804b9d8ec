"""The garment recogniser: one backbone, one linear head per question, and an embedding for retrieval.

Shapes: B batch, H x W input, F backbone features, D embedding, C outputs of a head.

    x_BCHW -> backbone -> features_BF -> (projection) -> features_BD -> head per question -> {name: (B, C)}
                                                             \\-> L2 norm -> "embedding" (B, D)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import timm
import torch
from torch import nn
from torch.nn import functional as F

from fitroom.contracts import Head
from fitroom.errors import ConfigError


@dataclass
class RecognizerConfig:
    """What the recogniser is made of."""

    backbone: str = "tf_efficientnet_lite1"
    """Any timm backbone that pools to one vector."""
    heads: list[Head] = field(default_factory=lambda: [Head("category")])
    """The questions; the first is the category."""
    embedding_dim: int = 0
    """Width of a learned projection that heads and embedding read; 0 = the pooled backbone features themselves."""
    drop_rate: float = 0.2
    """Dropout before the heads."""
    drop_path_rate: float = 0.0
    """Stochastic depth in the backbone, where it has any."""


class Recognizer(nn.Module):
    """See the file's first lines.

    Args:
        config: its parts; each single- or multi-label head needs its classes by now.
        backbone: a ready backbone (timm, ``num_classes=0``); built without weights where None.

    Raises:
        ConfigError: no heads, a head without classes or range, two heads of one name, a name a module cannot have, or a
            backbone timm does not know.
    """

    def __init__(self, config: RecognizerConfig, backbone: nn.Module | None = None) -> None:
        super().__init__()
        _check_heads(config.heads)
        self.config = config
        self.backbone = backbone if backbone is not None else create_backbone(config.backbone, config.drop_path_rate)
        features = num_features(self.backbone)
        width = config.embedding_dim or features
        self.projection = nn.Linear(features, width) if config.embedding_dim else nn.Identity()
        self.dropout = nn.Dropout(config.drop_rate)
        self.heads = nn.ModuleDict({head.name: nn.Linear(width, head.num_outputs) for head in config.heads})
        for linear in self.heads.values():
            assert isinstance(linear, nn.Linear)
            nn.init.trunc_normal_(linear.weight, std=0.02)
            nn.init.zeros_(linear.bias)

    def forward(self, x_BCHW: torch.Tensor) -> dict[str, torch.Tensor]:
        """Normalised images (B, 3, H, W) to raw head outputs (B, C) by name, and "embedding" (B, D) of unit length."""
        features_BD = self.projection(self.backbone(x_BCHW))
        dropped_BD = self.dropout(features_BD)
        outputs = {name: linear(dropped_BD) for name, linear in self.heads.items()}
        return outputs | {"embedding": F.normalize(features_BD.float(), dim=1)}


def create_backbone(name: str, drop_path_rate: float = 0.0) -> nn.Module:
    """A timm backbone without weights and without classifier: (B, 3, H, W) -> (B, F)."""
    if not timm.is_model(name):
        close = timm.list_models(f"*{name.split('_')[0]}*")[:8]
        raise ConfigError(
            f"timm has no model {name!r}", rule="a name from timm.list_models()", fix=f"for example {', '.join(close)}"
        )
    options: dict[str, Any] = {"drop_path_rate": drop_path_rate} if drop_path_rate else {}
    return timm.create_model(name, pretrained=False, num_classes=0, **options)


def num_features(backbone: nn.Module) -> int:
    """Width of what a timm backbone without classifier gives: that of its last hidden layer, where it has its own."""
    width: Any = getattr(backbone, "head_hidden_size", None) or backbone.num_features
    return int(width)


def _check_heads(heads: list[Head]) -> None:
    names = [head.name for head in heads]
    if not heads or len(set(names)) < len(names) or "embedding" in names:
        raise ConfigError(
            "the recogniser's heads are not usable", rule='one or more, of different names, none "embedding"', got=names
        )
    for head in heads:
        if not head.name or set(head.name) & set("./") or hasattr(nn.ModuleDict(), head.name):
            raise ConfigError(
                f"a head cannot be called {head.name!r}",
                where="heads",
                rule="no dot, no slash, and no name that torch's modules use themselves",
                fix="call it otherwise, for example garment_type, and name its column in data.source.label_columns",
            )
        if head.kind == "regression" and not head.low < head.high:
            raise ConfigError(
                f"head {head.name!r} has no range", where="heads", rule="low < high", got=(head.low, head.high)
            )
        if head.kind != "regression" and len(head.classes) < 2:
            raise ConfigError(
                f"head {head.name!r} has too few classes", rule="at least two", got=head.classes, where="heads"
            )
