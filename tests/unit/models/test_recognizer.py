from __future__ import annotations

import pytest
import timm
import torch
from torch import nn

from fitroom.contracts import Head
from fitroom.errors import ConfigError
from fitroom.models.recognizer import Recognizer, RecognizerConfig, create_backbone

HEADS = [Head("category", classes=["dress", "hat", "shirt"]), Head("drape", "regression", low=10, high=90)]


def photos(num: int = 2, side_px: int = 160) -> torch.Tensor:
    return torch.rand(num, 3, side_px, side_px, generator=torch.Generator().manual_seed(1)) * 2 - 1


# timm's own tiny models: convolutions, transformers and mixtures, with heads of every sort.
@pytest.mark.parametrize("name", timm.list_models("test_*"))
def test_any_pooling_backbone_of_timm_will_do(name):
    model = Recognizer(RecognizerConfig(name, HEADS)).eval()
    with torch.inference_mode():
        outputs = model(photos())
    assert outputs["category"].shape == (2, 3) and outputs["drape"].shape == (2, 1)
    assert outputs["embedding"].shape == (2, model.heads["category"].in_features)
    with torch.device("meta"):
        count = sum(p.numel() for p in Recognizer(RecognizerConfig(name, HEADS)).parameters())
    assert count == sum(p.numel() for p in model.parameters()), "what --dry-run counts"


def test_heads_read_the_features_and_the_embedding_is_their_direction():
    model = Recognizer(RecognizerConfig("test_efficientnet", HEADS)).eval()
    with torch.inference_mode():
        x = photos(side_px=64)
        features_BD = model.backbone(x)
        outputs = model(x)
        torch.testing.assert_close(outputs["category"], model.heads["category"](features_BD))
    torch.testing.assert_close(outputs["embedding"], features_BD / features_BD.norm(dim=1, keepdim=True))


def test_a_projection_stands_between():
    model = Recognizer(RecognizerConfig("test_efficientnet", HEADS, embedding_dim=24)).eval()
    with torch.inference_mode():
        outputs = model(photos(side_px=64))
    assert outputs["embedding"].shape == (2, 24)
    assert model.heads["category"].in_features == 24


def test_dropout_touches_the_heads_alone():
    model = Recognizer(RecognizerConfig("test_efficientnet", HEADS, drop_rate=0.5)).train()
    for module in model.backbone.modules():
        module.eval()
    x = photos(side_px=64)
    with torch.inference_mode():
        first, second = model(x), model(x)
    assert not torch.equal(first["category"], second["category"])
    assert torch.equal(first["embedding"], second["embedding"])


def test_fresh_heads_are_near_zero():
    model = Recognizer(RecognizerConfig("test_efficientnet", HEADS))
    for head in model.heads.values():
        assert isinstance(head, nn.Linear)
        assert head.bias.abs().max() == 0 and 0.01 < head.weight.std() < 0.03


def test_drop_path_reaches_the_backbone():
    def rates(rate: float) -> list[float]:
        backbone = create_backbone("test_efficientnet", rate)
        return [m.drop_prob for m in backbone.modules() if type(m).__name__ == "DropPath"]

    assert max(rates(0.3), default=0) > 0.1 and max(rates(0.0), default=0) == 0


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        ([], "not usable"),
        ([HEADS[0], HEADS[0]], "not usable"),
        ([Head("embedding", "regression")], "not usable"),
        ([Head("category")], "too few classes"),
        ([Head("category", classes=["one"])], "too few classes"),
        ([Head("drape", "regression", low=1, high=1)], "has no range"),
        ([Head("type", classes=["a", "b"])], "cannot be called 'type'"),
        ([Head("a.b", classes=["a", "b"])], "cannot be called 'a.b'"),
        ([Head("target/a", classes=["a", "b"])], "cannot be called"),
        ([Head("", classes=["a", "b"])], "cannot be called ''"),
    ],
)
def test_heads_that_cannot_be_are_refused(heads, said):
    with pytest.raises(ConfigError, match=said):
        Recognizer(RecognizerConfig("test_efficientnet", heads))


def test_an_unknown_backbone_names_similar_ones():
    with pytest.raises(ConfigError, match=r"timm has no model 'resnet1'(?s:.)*resnet18"):
        Recognizer(RecognizerConfig("resnet1", HEADS))
