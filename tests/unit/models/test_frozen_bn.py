from __future__ import annotations

import copy

import pytest
import timm
import torch
from timm.layers import StdConv2d
from torch import nn

from fitroom.models.frozen_bn import freeze_batch_norm

NUM_NORMS = {"tf_efficientnet_lite0": 49, "test_efficientnet": 13, "resnet18": 20}
EXAMPLE = torch.zeros(1, 3, 64, 64)


def shaken(model: nn.Module, seed: int = 0) -> nn.Module:
    """The model in float64, its norms away from the identity they start as."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for norm in (m for m in model.modules() if isinstance(m, nn.BatchNorm2d)):
            for tensor, low, high in (
                (norm.weight, 0.5, 1.5),
                (norm.bias, -0.3, 0.3),
                (norm.running_mean, -0.3, 0.3),
                (norm.running_var, 0.5, 2.0),
            ):
                if tensor is not None:
                    tensor.uniform_(low, high, generator=generator)
    return model.double()


def timm_model(name: str) -> nn.Module:
    torch.manual_seed(0)
    return shaken(timm.create_model(name, num_classes=0))


def photos(num: int = 2, side_px: int = 64) -> torch.Tensor:
    return torch.rand(num, 3, side_px, side_px, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def gradients(model: nn.Module) -> dict[str, torch.Tensor]:
    model.zero_grad()
    output = model(photos())
    weight = torch.randn(output.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    (output * weight).sum().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("name", NUM_NORMS)
def test_folded_equals_the_plain_norm_forward_and_backward(name):
    plain = timm_model(name).eval()
    folded = copy.deepcopy(plain)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in plain.modules()) == NUM_NORMS[name]
    assert freeze_batch_norm(folded, EXAMPLE.double()) == NUM_NORMS[name], "each of them"
    with torch.no_grad():
        torch.testing.assert_close(folded(photos()), plain(photos()), rtol=1e-9, atol=1e-9)
    expected, found = gradients(plain), gradients(folded)
    assert all(gradient.abs().sum() > 0 for gradient in expected.values())
    for key in expected:
        torch.testing.assert_close(found[key], expected[key], rtol=1e-8, atol=1e-9, msg=key)


def test_the_state_dict_keeps_names_and_values():
    model = timm_model("test_efficientnet")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    freeze_batch_norm(model, EXAMPLE.double())
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)


def test_a_copy_folds_its_own_norms():
    model = timm_model("test_efficientnet").eval()
    freeze_batch_norm(model, EXAMPLE.double())
    before = model(photos())
    twin = copy.deepcopy(model)
    assert torch.equal(twin(photos()), before)
    with torch.no_grad():
        for norm in (m for m in twin.modules() if isinstance(m, nn.BatchNorm2d)):
            norm.weight.mul_(1.1)
            norm.running_mean.add_(0.1)
    assert torch.equal(model(photos()), before), "the first must not see the copy's norms"
    plain = timm.create_model("test_efficientnet", num_classes=0).double().eval()
    plain.load_state_dict(twin.state_dict())
    torch.testing.assert_close(twin(photos()), plain(photos()), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("example", [EXAMPLE.double(), None], ids=["folded", "frozen"])
def test_statistics_stay_when_the_model_is_put_to_train(example):
    model = timm_model("test_efficientnet")
    assert (freeze_batch_norm(model, example) > 0) == (example is not None)
    before = {key: value.clone() for key, value in model.named_buffers()}
    model.train()
    model(photos())
    assert all(torch.equal(value, before[key]) for key, value in model.named_buffers())
    assert model.training and model.conv_stem.training
    assert not any(m.training for m in model.modules() if isinstance(m, nn.BatchNorm2d))


def test_norms_of_other_dimensions_are_frozen_too():
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6))
    freeze_batch_norm(model)
    model.train()
    model(torch.randn(8, 4))
    assert torch.equal(model[1].running_mean, torch.zeros(6))


class Wired(nn.Module):
    """Convolutions and norms, put together by ``wiring(self, x)``."""

    def __init__(self, wiring, conv: nn.Module | None = None, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.conv = conv or nn.Conv2d(3, 3, 3, padding=1)
        self.other = nn.Conv2d(3, 3, 1)
        self.norm, self.second = norm or nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        self.wiring = wiring

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.wiring(self, x)


def add(self, x):
    y = self.conv(x)
    return self.norm(y) + y


def two_norms(self, x):
    y = self.conv(x)
    return self.norm(y) - 2 * self.second(y)


def one_conv_twice(self, x):
    return self.norm(self.conv(x)) - 2 * self.second(self.conv(x.flip(2)))


def one_norm_twice(self, x):
    return self.norm(self.conv(x)) - 2 * self.norm(self.other(x))


def norm_of_the_input_too(self, x):
    return self.norm(self.conv(x)) - 2 * self.norm(x)


def activation_between(self, x):
    return self.norm(torch.relu(self.conv(x)))


def plainly(self, x):
    return self.norm(self.conv(x))


@pytest.mark.parametrize(
    "model",
    [
        Wired(add),
        Wired(two_norms),
        Wired(one_conv_twice),
        Wired(one_norm_twice),
        Wired(norm_of_the_input_too),
        Wired(activation_between),
        Wired(plainly, conv=StdConv2d(3, 3, 3, padding=1)),
        Wired(plainly, conv=nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect")),
        Wired(plainly, norm=nn.BatchNorm2d(3, affine=False)),
        Wired(plainly, norm=nn.BatchNorm2d(3, track_running_stats=False)),
    ],
    ids=lambda model: f"{model.wiring.__name__}-{type(model.conv).__name__}-{model.norm.extra_repr()}"[:60],
)
def test_what_cannot_be_folded_is_left_as_it_is(model):
    plain = shaken(copy.deepcopy(model)).eval()
    frozen = copy.deepcopy(plain)
    assert freeze_batch_norm(frozen, EXAMPLE.double()) == 0
    assert torch.equal(frozen(photos()), plain(photos()))


@pytest.mark.parametrize("options", [{}, {"bias": False, "stride": 2}, {"groups": 3}, {"padding": "same"}], ids=str)
def test_a_plain_pair_is_folded(options):
    conv = nn.Conv2d(3, 3, 3, **{"padding": 1} | options)
    plain = shaken(Wired(plainly, conv=conv)).eval()
    folded = copy.deepcopy(plain)
    assert freeze_batch_norm(folded, EXAMPLE.double()) == 1
    torch.testing.assert_close(folded(photos()), plain(photos()), rtol=1e-10, atol=1e-10)
