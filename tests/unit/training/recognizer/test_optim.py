from __future__ import annotations

import itertools
import math

import pytest
import torch

from fitroom.contracts import Head
from fitroom.errors import ConfigError
from fitroom.models.recognizer import Recognizer, RecognizerConfig
from fitroom.training.optim import warmup_cosine
from fitroom.training.recognizer.config import RecognizerOptimConfig
from fitroom.training.recognizer.optim import build_optimizer, freeze_stages, parameter_groups


def model(backbone: str = "test_efficientnet", embedding_dim: int = 0) -> Recognizer:
    return Recognizer(RecognizerConfig(backbone, [Head("category", classes=["a", "b"])], embedding_dim))


def by_name(recognizer: Recognizer, config: RecognizerOptimConfig) -> dict[str, tuple[float, float]]:
    """(learning rate, weight decay) of each parameter; fails where one is in two groups."""
    names = {parameter: name for name, parameter in recognizer.named_parameters()}
    found: dict[str, tuple[float, float]] = {}
    for group in parameter_groups(recognizer, config):
        for parameter in group["params"]:
            assert names[parameter] not in found
            found[names[parameter]] = (group["lr"], group["weight_decay"])
    return found


def test_each_layer_learns_slower_than_the_one_above():
    settings = by_name(model(embedding_dim=8), RecognizerOptimConfig(lr=1.0, layer_decay=0.5))
    rates = {name: lr for name, (lr, _) in settings.items()}
    assert rates["heads.category.weight"] == rates["projection.bias"] == rates["backbone.conv_head.weight"] == 1
    blocks = [rates[f"backbone.blocks.{stage}.0.bn1.weight"] for stage in range(4)]
    assert blocks == sorted(blocks) and len(set(blocks)) == 4
    assert rates["backbone.conv_stem.weight"] == rates["backbone.bn1.weight"] < blocks[0]
    assert all(math.log2(1 / rate).is_integer() for rate in rates.values())
    steps = sorted({round(math.log2(1 / rate)) for rate in rates.values()})
    assert steps == list(range(len(steps))), "each layer once the decay, none left out"


def test_without_decay_all_learn_alike():
    assert {lr for lr, _ in by_name(model(), RecognizerOptimConfig(lr=3e-4, layer_decay=1.0)).values()} == {3e-4}


def test_vectors_are_not_decayed():
    recognizer = model()
    settings = by_name(recognizer, RecognizerOptimConfig(weight_decay=0.1))
    assert set(settings) == {name for name, _ in recognizer.named_parameters()}
    for name, parameter in recognizer.named_parameters():
        assert settings[name][1] == (0.1 if parameter.ndim > 1 else 0.0), name


def test_what_a_backbone_spares_from_decay_is_spared():
    settings = by_name(model("test_vit"), RecognizerOptimConfig(weight_decay=0.1))
    assert settings["backbone.pos_embed"][1] == 0
    assert settings["backbone.blocks.0.attn.qkv.weight"][1] == 0.1


@pytest.mark.parametrize("num_stages", [0, 1, 3, 7])
def test_stem_and_first_stages_are_frozen(num_stages):
    recognizer = model("tf_efficientnet_lite0")
    freeze_stages(recognizer, num_stages)
    first = ("conv_stem.", "bn1.", *(f"blocks.{stage}." for stage in range(num_stages))) if num_stages else ()
    last = ("conv_head.", "bn2.") if num_stages == 7 else ()
    for name, parameter in recognizer.backbone.named_parameters():
        assert parameter.requires_grad != name.startswith((*first, *last)), name
    assert all(p.requires_grad for p in recognizer.heads.parameters())
    trained = {name for name, p in recognizer.named_parameters() if p.requires_grad}
    assert set(by_name(recognizer, RecognizerOptimConfig())) == trained


def test_more_stages_than_there_are_is_refused():
    with pytest.raises(ConfigError, match="freeze_stages below 8"):
        freeze_stages(model("tf_efficientnet_lite0"), 8)


def test_the_optimizer_starts_at_the_groups_rates():
    recognizer, config = model(), RecognizerOptimConfig(lr=1e-3, layer_decay=0.5)
    optimizer = build_optimizer(recognizer, config)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, warmup_cosine(10, config))
    assert optimizer.param_groups[-1]["initial_lr"] == 1e-3
    assert schedule.get_last_lr()[-1] == pytest.approx(1e-3 * warmup_cosine(10, config)(0))
    ratios = {group["lr"] / group["initial_lr"] for group in optimizer.param_groups}
    assert max(ratios) == pytest.approx(min(ratios))


def test_the_rate_rises_then_falls_by_half_a_cosine():
    factor = warmup_cosine(100, RecognizerOptimConfig(warmup=0.1, final=0.2))
    values = [factor(step) for step in range(100)]
    assert values[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert values[10] == 1 == max(values)
    assert all(a > b for a, b in itertools.pairwise(values[10:]))
    assert values[55] == pytest.approx(0.2 + 0.8 / 2), "half way down at half time"
    assert values[99] == pytest.approx(0.2, abs=1e-3)
    assert factor(100) == factor(150) == pytest.approx(0.2)


def test_no_warm_up_and_a_single_step_work():
    assert warmup_cosine(50, RecognizerOptimConfig(warmup=0.0))(0) == 1
    assert 0 < warmup_cosine(1, RecognizerOptimConfig())(0) <= 1
    assert warmup_cosine(10, RecognizerOptimConfig(warmup=1.0))(9) == pytest.approx(10 / 11)
