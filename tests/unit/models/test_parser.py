from __future__ import annotations

import dataclasses

import pytest
import timm
import torch

from fitroom.contracts import Part
from fitroom.errors import ConfigError
from fitroom.models.frozen_bn import freeze_batch_norm
from fitroom.models.parser import Parser, ParserConfig, grown

LABELS = ["BACKGROUND", "FACE", "TOP"]


def parser(**changes: object) -> Parser:
    values = {"backbone": "test_efficientnet", "stages": 0, "widths": [8, 12], "detail": 4, "labels": LABELS}
    torch.manual_seed(0)
    return Parser(ParserConfig(**{**values, **changes})).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(64, 64), (96, 160), (66, 50), (2, 34)])
def test_logits_have_the_size_of_the_photo(size):
    with torch.inference_mode():
        assert parser()(torch.randn(1, 3, *size))["logits"].shape == (1, 3, *size)


def test_outputs_are_unfolded_row_by_row():
    model, x_BCHW = parser(), torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        folded, logits = model.folded(x_BCHW), model(x_BCHW)["logits"]
    for row in range(2):
        for column in range(2):
            torch.testing.assert_close(logits[:, :, row::2, column::2], folded[:, 2 * row + column])


def test_the_encoder_takes_over_the_stages_asked_for():
    backbone = timm.create_model("test_efficientnet", num_classes=0)
    model = Parser(ParserConfig("test_efficientnet", 2, [8], 4, LABELS), backbone)
    assert len(model.encoder.blocks) == 2
    assert model.encoder.conv_stem is backbone.conv_stem
    assert len(model.encoder.channels) == len(model.steps) + 1


@pytest.mark.parametrize("guide", [0, 4])
def test_fewer_labels_keep_their_weights(guide):
    model, x_BCHW = parser(guide=guide), torch.randn(1, 3, 64, 64)
    if guide:
        torch.nn.init.normal_(model.guide.out.weight)
    fewer = grown(model, dataclasses.replace(model.config, labels=["TOP", "BACKGROUND"])).eval()
    assert fewer.config.labels == ["TOP", "BACKGROUND"] and grown(model, model.config) is model
    with torch.inference_mode():
        torch.testing.assert_close(fewer(x_BCHW)["logits"], model(x_BCHW)["logits"][:, [2, 0]])


def test_a_guide_starts_with_nothing_and_then_sees_the_whole_photo():
    model, x_BCHW = parser(), torch.randn(1, 3, 128, 64)
    guided = grown(model, dataclasses.replace(model.config, guide=4)).eval()
    with torch.inference_mode():
        torch.testing.assert_close(guided(x_BCHW)["logits"], model(x_BCHW)["logits"])
        torch.nn.init.ones_(guided.guide.out.bias[-2:-1])  # FACE is the second of three labels
        leaned = guided(x_BCHW)["logits"] - model(x_BCHW)["logits"]
        torch.testing.assert_close(leaned[0, :, 0, 0], torch.tensor([0.0, 1.0, 0.0]), atol=1e-4, rtol=0)
        torch.nn.init.normal_(guided.guide.out.weight)
        other = x_BCHW.clone()
        other[..., 96:, :] += 2
        changed = (guided(other)["logits"] - guided(x_BCHW)["logits"])[0, :, :8]
    assert (changed.abs() > 1e-3).any()


def test_all_norms_fold_and_the_answer_stays():
    model, x_BCHW = parser(), torch.randn(1, 3, 64, 64)
    for norm in (module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(norm.running_var, 0.5, 1.5)
    with torch.inference_mode():
        before = model(x_BCHW)["logits"]
        assert freeze_batch_norm(model, x_BCHW) > 10
        torch.testing.assert_close(model(x_BCHW)["logits"], before, atol=1e-4, rtol=1e-4)


def test_labels_are_parts():
    assert parser().config.parts == [Part.BACKGROUND, Part.FACE, Part.TOP]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": ["BACKGROUND"]}, "labels are not usable"),
        ({"labels": ["BACKGROUND", "TOP", "TOP"]}, "labels are not usable"),
        ({"labels": ["BACKGROUND", "TOPP"]}, "no part 'TOPP'"),
        ({"labels": ["FACE", "TOP"]}, "without background"),
        ({"widths": []}, "no width"),
        ({"stages": 99}, "no such stage"),
        ({"backbone": "test_resnet"}, "cannot be built on this backbone"),
    ],
    ids=str,
)
def test_what_cannot_be_built_says_why(change, said):
    with pytest.raises(ConfigError, match=said):
        parser(**change)
