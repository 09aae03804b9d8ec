"""The embedding network: shapes, what the mask hides, what bands see, a round trip, and gradients."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file

from fitroom.errors import ConfigError
from fitroom.models.registry import build_model
from fitroom.models.search.config import SearchConfig
from fitroom.models.search.network import GarmentEmbedder

CONFIG = SearchConfig("tf_efficientnet_lite0", taps=[0, 1], bands=3, dim=8)


@pytest.fixture(scope="module")
def model() -> GarmentEmbedder:
    torch.manual_seed(0)
    return GarmentEmbedder(CONFIG).eval()


def cuts(count: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    x_BCHW = torch.randn(count, 3, 64, 48, generator=torch.Generator().manual_seed(1))
    mask_BHW = torch.zeros(count, 64, 48)
    mask_BHW[:, 8:56, 8:40] = 1
    return x_BCHW, mask_BHW


def test_embeddings_are_of_unit_length(model: GarmentEmbedder) -> None:
    embedded_BD = model(*cuts(3))
    assert embedded_BD.shape == (3, 8)
    torch.testing.assert_close(embedded_BD.norm(dim=1), torch.ones(3))
    assert model.num_features == 2 * (3 + 16 + 24) * 3 == model.features(*cuts()).shape[1]


def test_colours_outside_the_mask_do_not_count(model: GarmentEmbedder) -> None:
    x_BCHW, mask_BHW = cuts()
    other = torch.where(mask_BHW[:, None] > 0, x_BCHW, 5.0)
    num_colours = 2 * 3 * 3
    colours, others = (model.features(x, mask_BHW)[:, :num_colours] for x in (x_BCHW, other))
    torch.testing.assert_close(colours, others)
    assert not torch.allclose(model.features(1 - x_BCHW, mask_BHW)[:, :num_colours], colours)


def test_a_band_sees_its_own_strip(model: GarmentEmbedder) -> None:
    x_BCHW, mask_BHW = cuts(1)
    changed = x_BCHW.clone()
    changed[:, :, 8:16] += 3  # the upper half of the first of three bands, 16 px each
    # Means of three channels in each band come first.
    before, after = (model.features(x, mask_BHW)[0, :9].reshape(3, 3) for x in (x_BCHW, changed))
    assert (after[0] - before[0]).min() > 1
    torch.testing.assert_close(after[2], before[2])


def test_an_empty_mask_gives_numbers(model: GarmentEmbedder) -> None:
    x_BCHW, mask_BHW = cuts()
    assert torch.isfinite(model(x_BCHW, mask_BHW * 0)).all()


def test_it_can_be_built_from_its_stored_config_and_read_back(model: GarmentEmbedder, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import dataclasses

    save_file(model.state_dict(), tmp_path / "model.safetensors")
    again = build_model("search", dataclasses.asdict(CONFIG)).eval()
    again.load_state_dict(load_file(tmp_path / "model.safetensors"))
    torch.testing.assert_close(again(*cuts()), model(*cuts()))


def test_a_gradient_reaches_the_map(model: GarmentEmbedder) -> None:
    model(*cuts())[0, 0].backward()
    assert model.project.weight.grad is not None and model.project.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("changes", [{"taps": []}, {"taps": [2, 1]}, {"bands": 0}, {"dim": 1}])
def test_a_network_of_nothing_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        SearchConfig(**changes)  # type: ignore[arg-type]
