"""Parameter groups with layer-wise decay, and stages of the backbone that keep their weights."""

from __future__ import annotations

import math
from typing import Any

import torch
from timm.models import group_parameters
from timm.optim import param_groups_layer_decay

from fitroom.errors import ConfigError
from fitroom.models.recognizer import Recognizer
from fitroom.training.optim import adamw, decay_groups
from fitroom.training.recognizer.config import RecognizerOptimConfig


def freeze_stages(model: Recognizer, num_stages: int) -> None:
    """Fixes stem and first stages of the backbone, as timm's ``group_matcher`` names them.

    Raises:
        ConfigError: the backbone has no such stages.
    """
    if not num_stages:
        return
    backbone: Any = model.backbone
    layers = _coarse_layers(backbone)
    if num_stages >= len(set(layers.values())):
        raise ConfigError(
            "more stages frozen than the backbone has",
            rule=f"freeze_stages below {len(set(layers.values()))}",
            got=num_stages,
        )
    for name, parameter in backbone.named_parameters():
        if layers.get(name, math.inf) <= num_stages:
            parameter.requires_grad_(False)


def parameter_groups(model: Recognizer, config: RecognizerOptimConfig) -> list[dict[str, Any]]:
    """AdamW groups: heads and last backbone layer at ``lr``, each layer below at ``layer_decay`` times the one above.

    Weight decay is kept off vectors (biases, norms) and off what the backbone names itself, such as position
    embeddings. Frozen parameters are in no group.
    """
    backbone: Any = model.backbone
    spared = backbone.no_weight_decay() if hasattr(backbone, "no_weight_decay") else ()
    groups = param_groups_layer_decay(backbone, config.weight_decay, spared, layer_decay=config.layer_decay)
    for group in groups:
        group["lr"] = config.lr * group.pop("lr_scale")
    top = [p for part in (model.projection, model.heads) for p in part.parameters()]
    return groups + decay_groups(top, config)


def build_optimizer(model: Recognizer, config: RecognizerOptimConfig) -> torch.optim.Optimizer:
    """AdamW over :func:`parameter_groups`."""
    return adamw(parameter_groups(model, config), config)


def _coarse_layers(backbone: Any) -> dict[str, int]:
    """Number of the stage of each parameter, by name; the stem is 0."""
    if not hasattr(backbone, "group_matcher"):
        raise ConfigError(
            "this backbone does not name its stages", rule="freeze_stages: 0", where="optim.freeze_stages"
        )
    return group_parameters(backbone, backbone.group_matcher(coarse=True), reverse=True)
