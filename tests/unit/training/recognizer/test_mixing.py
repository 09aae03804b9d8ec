from __future__ import annotations

import pytest
import torch

from fitroom.errors import ConfigError
from fitroom.training.recognizer.config import MixConfig
from fitroom.training.recognizer.mixing import is_on, mix_pairs

BOTH = MixConfig(mixup=0.4, cutmix=1.0, probability=0.7)


def photos(num: int = 32, side_px: int = 16) -> torch.Tensor:
    """Each photo is one number everywhere: what became of it can be read from any pixel."""
    return torch.arange(1.0, num + 1).view(num, 1, 1, 1).expand(num, 3, side_px, side_px).clone()


def mixed(config: MixConfig, num: int = 32, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return mix_pairs(photos(num), torch.arange(num) + 100, torch.zeros(num, dtype=torch.int64), config, seed)


def test_neighbours_are_partners_and_share_their_weight():
    _, partner_B, own_B = mixed(BOTH)
    assert partner_B.tolist() == [i ^ 1 for i in range(32)]
    assert torch.equal(own_B, own_B[partner_B])
    assert own_B.min() >= 0 and own_B.max() == 1


@pytest.mark.parametrize("config", [MixConfig(mixup=0.4, probability=1), MixConfig(cutmix=1.0, probability=1), BOTH])
def test_own_and_partners_share_make_the_photo(config):
    x_BCHW, partner_B, own_B = mixed(config)
    before = photos()
    # On photos of one number the mean over the pixels is the mixture by area: own weight and mask agree.
    expected = own_B.view(-1, 1) * before.mean((2, 3)) + (1 - own_B).view(-1, 1) * before[partner_B].mean((2, 3))
    torch.testing.assert_close(x_BCHW.mean((2, 3)), expected)
    assert (own_B < 1).any()


def test_cutmix_pastes_one_rectangle_of_the_partner():
    x_BCHW, _, own_B = mixed(MixConfig(cutmix=1.0, probability=1))
    before = photos()
    pasted_BHW = (x_BCHW != before)[:, 0]
    for i in range(32):
        rows, columns = pasted_BHW[i].any(1), pasted_BHW[i].any(0)
        assert pasted_BHW[i].sum() == rows.sum() * columns.sum()
        assert float(own_B[i]) == pytest.approx(1 - float(pasted_BHW[i].float().mean()))
        assert torch.equal(x_BCHW[i][:, pasted_BHW[i]], before[i ^ 1][:, pasted_BHW[i]])
    assert torch.equal(pasted_BHW[::2], pasted_BHW[1::2])


def test_mixup_is_the_same_everywhere():
    x_BCHW, _, own_B = mixed(MixConfig(mixup=0.4, probability=1))
    assert x_BCHW.flatten(1).std(1).max() < 1e-5
    assert own_B.min() > 0 and own_B.unique().numel() > 10


def test_probability_is_the_share_of_pairs_mixed():
    own_B = mixed(MixConfig(mixup=1.0, probability=0.3), num=2000)[2]
    assert 0.25 < float((own_B < 1).float().mean()) < 0.35
    x_BCHW, _, own_B = mixed(MixConfig(mixup=1.0, cutmix=1.0, probability=0.0))
    assert torch.equal(x_BCHW, photos()) and own_B.min() == 1


def test_both_kinds_take_turns():
    x_BCHW, _, _own_B = mixed(MixConfig(mixup=1.0, cutmix=1.0, probability=1), num=400)
    uniform = x_BCHW.flatten(1).std(1) < 1e-5
    assert 0.35 < float(uniform.float().mean()) < 0.65


@pytest.mark.parametrize("num_ranks", [2, 4])
def test_ranks_mix_as_one_process_does(num_ranks):
    index_B, epoch_B = torch.randperm(32), torch.arange(32) // 20
    whole, _, own_B = mix_pairs(photos(), index_B, epoch_B, BOTH, 5)
    share = 32 // num_ranks
    for rank in range(num_ranks):
        rows = slice(rank * share, (rank + 1) * share)
        part, _, own = mix_pairs(photos()[rows], index_B[rows], epoch_B[rows], BOTH, 5)
        assert torch.equal(part, whole[rows]) and torch.equal(own, own_B[rows])


def test_what_is_drawn_depends_on_seed_epoch_and_index():
    def draw(seed: int, epoch: int, index: int) -> float:
        pair = torch.tensor([index, 0])
        return float(
            mix_pairs(photos(2), pair, torch.tensor([epoch, 0]), MixConfig(mixup=1, probability=1), seed)[2][0]
        )

    assert draw(0, 0, 0) == draw(0, 0, 0)
    assert len({draw(seed, epoch, index) for seed in (0, 1) for epoch in (0, 1) for index in (5, 6)}) == 8


def test_the_memory_layout_stays():
    x = photos().to(memory_format=torch.channels_last)
    zeros = torch.zeros(32, dtype=torch.int64)
    assert mix_pairs(x, zeros, zeros, BOTH, 0)[0].is_contiguous(memory_format=torch.channels_last)


def test_an_odd_batch_is_refused():
    with pytest.raises(ConfigError, match="whole pairs"):
        mixed(BOTH, num=5)


@pytest.mark.parametrize(
    ("config", "on"),
    [
        (MixConfig(), False),
        (MixConfig(mixup=0.2), True),
        (MixConfig(cutmix=0.2), True),
        (MixConfig(mixup=0.2, cutmix=0.2, probability=0), False),
    ],
)
def test_is_on(config, on):
    assert is_on(config) == on
