"""Places of a garment and the second stage: what the mask hides, what each answer depends on, and what it does not."""

from __future__ import annotations

import pytest
import torch

from fitroom.errors import ConfigError
from fitroom.models.search.config import SearchConfig
from fitroom.models.search.network import Coded, GarmentEmbedder
from fitroom.models.search.places import NUM_POSITION, num_channels, places_of

CONFIG = SearchConfig("tf_efficientnet_lite0", taps=[0, 1], bands=2, dim=8, code_dim=12, places=192, compare_dim=10)


@pytest.fixture(scope="module")
def model() -> GarmentEmbedder:
    torch.manual_seed(0)
    return GarmentEmbedder(CONFIG).eval()


def cuts(count: int, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    x_BCHW = torch.randn(count, 3, 64, 48, generator=torch.Generator().manual_seed(seed))
    mask_BHW = torch.zeros(count, 64, 48)
    mask_BHW[:, 8:56, 8:40] = 1
    return x_BCHW, mask_BHW


def judged(model: GarmentEmbedder, worn: Coded, product: Coded) -> torch.Tensor:
    """(Q, M) of all with all."""
    count = len(worn.embedding_BD)
    codes, shares = (part[None].expand(count, *part.shape) for part in (product.code_BPD, product.share_BP))
    similarity_QM = worn.embedding_BD @ product.embedding_BD.T
    logit_QM: torch.Tensor = model.matcher(worn.code_BPD, worn.share_BP, codes, shares, similarity_QM)
    return logit_QM


def test_a_place_is_the_mean_and_spread_of_its_own_garment() -> None:
    fine_BCHW, deep_BCHW = torch.zeros(1, 2, 8, 4), torch.arange(8.0).reshape(1, 1, 4, 2)
    fine_BCHW[0, 0, :2, :2] = torch.tensor([[1.0, 3.0], [50.0, 50.0]])
    mask_BHW = torch.ones(1, 8, 4)
    mask_BHW[0, 1, :2] = 0  # hides the 50s
    places = places_of([fine_BCHW, deep_BCHW], mask_BHW, 8)
    assert places.features_BPC.shape == (1, 8, num_channels([2, 1])) and places.where_BPX.shape == (1, 8, NUM_POSITION)
    torch.testing.assert_close(places.share_BP[0, :2], torch.tensor([0.5, 1.0]))
    share, deep, mean, _, spread, _ = places.features_BPC[0, 0].tolist()
    assert (share, deep) == (0.5, 0.0)
    assert mean == pytest.approx(2, abs=0.01) and spread == pytest.approx(1, abs=0.02)
    assert places.features_BPC[0, :, 1].tolist() == list(range(8))
    fewer = places_of([fine_BCHW, deep_BCHW], mask_BHW, 7)  # without the first, half of which is hidden
    assert sorted(fewer.features_BPC[0, :, 1].tolist()) == list(range(1, 8)) and fewer.share_BP.min() == 1


def test_positions_run_through_the_garments_own_box() -> None:
    mask_BHW = torch.zeros(1, 8, 8)
    mask_BHW[0, 2:6, 4:8] = 1
    where_BPX = places_of([torch.zeros(1, 1, 8, 8)], mask_BHW, 64).where_BPX.reshape(8, 8, NUM_POSITION)
    assert where_BPX[2:6, 4, 0].tolist() == [0.125, 0.375, 0.625, 0.875]
    assert where_BPX[2, 4:8, 1].tolist() == [-0.75, -0.25, 0.25, 0.75]


def test_both_stages_see_one_garment_alike(model: GarmentEmbedder) -> None:
    found = model.coded(*cuts(3))
    torch.testing.assert_close(found.embedding_BD, model(*cuts(3)))
    assert found.code_BPD.shape == (3, 192, 12) and found.share_BP.shape == (3, 192)


def test_an_answer_depends_on_its_own_candidate_alone(model: GarmentEmbedder) -> None:
    worn, product = model.coded(*cuts(2)), model.coded(*cuts(4, seed=2))
    whole_QM = judged(model, worn, product)
    order = torch.tensor([3, 1, 0])
    part_QK = judged(model, worn, Coded(*(part[order] for part in product)))
    torch.testing.assert_close(part_QK, whole_QM[:, order])
    torch.testing.assert_close(judged(model, Coded(*(part[:1] for part in worn)), product), whole_QM[:1])


def test_what_is_no_garment_does_not_count(model: GarmentEmbedder) -> None:
    worn, product = model.coded(*cuts(1)), model.coded(*cuts(2, seed=2))
    other = product.code_BPD.clone()
    other[product.share_BP == 0] = 7.0
    assert (product.share_BP == 0).any()
    changed = judged(model, worn, product._replace(code_BPD=other))
    torch.testing.assert_close(changed, judged(model, worn, product))


def test_an_empty_garment_gives_numbers(model: GarmentEmbedder) -> None:
    x_BCHW, mask_BHW = cuts(2)
    nothing = model.coded(x_BCHW, mask_BHW * 0)
    assert torch.isfinite(judged(model, nothing, nothing)).all()


def test_without_a_second_stage_there_are_no_codes() -> None:
    model = GarmentEmbedder(SearchConfig(taps=[0], dim=8)).eval()
    assert model.coded(*cuts(2)).code_BPD.shape == (2, 0, 0)
    assert not any(name.startswith(("coder", "matcher")) for name in model.state_dict())


@pytest.mark.parametrize("changes", [{"code_dim": -1}, {"compare_dim": 0}, {"places": 0}])
def test_a_second_stage_of_nothing_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="second stage"):
        SearchConfig(**changes)  # type: ignore[arg-type]
