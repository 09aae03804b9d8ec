"""The reading networks: shapes, mirror images, and members that keep to themselves."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch

from fitroom.errors import ConfigError
from fitroom.models.body_photo.config import BodyPhotoConfig
from fitroom.models.registry import build_model

SMALL = BodyPhotoConfig(["chest", "hip"], [["HAIR"], ["TOP"], ["TROUSERS"]], 24, 20, 3, 2, 0.0)


def figures(num: int = 4) -> torch.Tensor:
    return torch.rand(num, 3, 24, 20, generator=torch.Generator().manual_seed(1))


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    built = build_model("body_photo", dataclasses.asdict(SMALL)).eval()
    for p in built.parameters():
        torch.nn.init.normal_(p)
    return built


def test_each_member_reads_each_measure() -> None:
    read_BMK = network()(figures())
    assert read_BMK.shape == (4, 3, 2) and not torch.allclose(read_BMK[:, 0], read_BMK[:, 1])


def test_a_mirror_image_is_read_alike() -> None:
    torch.testing.assert_close(network()(figures()), network()(figures().flip(-1)))


def test_features_are_widths_in_shares_of_the_height() -> None:
    one: Any = network()
    bar = torch.zeros(1, 3, 24, 20)
    bar[:, 1, :, 6:14] = 1
    features = one.features(bar).reshape(5, 12)
    torch.testing.assert_close(features[1], torch.full((12,), 8 / 24))
    assert not features[0].any() and not features[2].any()
    assert (one.features(bar.roll(3, -1)).reshape(5, 12)[3] > features[3]).all(), "what lies aside reaches farther"


def test_a_member_learns_from_its_own_loss_alone() -> None:
    one: Any = network().train()
    one(figures())[:, 1].square().sum().backward()
    learned = [any(p.grad is not None and bool(p.grad.any()) for p in member.parameters()) for member in one.members]
    assert learned == [False, True, False]


@pytest.mark.parametrize("wrong", [{"members": 1}, {"measures": []}, {"rows": 4}])
def test_nothing_to_read(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="nothing would be read"):
        BodyPhotoConfig(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("groups", [[["HAIR", "WING"]], [["HAIR"], ["HAIR"]]])
def test_groups_of_unknown_or_repeated_parts(groups: list[list[str]]) -> None:
    with pytest.raises(ConfigError, match="cannot show this"):
        BodyPhotoConfig(groups=groups)
