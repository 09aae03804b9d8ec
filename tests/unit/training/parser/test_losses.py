from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from fitroom.contracts import UNKNOWN_PART
from fitroom.models.parser import Parser, ParserConfig
from fitroom.training.parser.config import ParserLossConfig
from fitroom.training.parser.losses import near_boundary, parser_loss


@pytest.fixture
def case() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Folded outputs, the same unfolded by the network, and targets with an edge."""
    torch.manual_seed(0)
    model = Parser(ParserConfig("test_efficientnet", 0, [8, 12], 4, ["BACKGROUND", "FACE", "TOP"])).eval()
    x_BCHW = torch.randn(2, 3, 64, 32).to(memory_format=torch.channels_last)
    target = torch.zeros(2, 64, 32, dtype=torch.uint8)
    target[:, 31:] = 2
    target[1, :, 7:20] = 1
    return model.folded(x_BCHW) * 30, model(x_BCHW)["logits"] * 30, target


def test_without_weights_it_is_plain_cross_entropy(case):
    folded, logits, target = case
    losses = parser_loss(folded, target, ParserLossConfig(boundary=0, dice=0))
    assert list(losses) == ["cross_entropy"]
    torch.testing.assert_close(losses["cross_entropy"], F.cross_entropy(logits, target.long()))


def test_pixels_near_a_boundary_count_more(case):
    folded, logits, target = case
    weight = 1 + 3 * near_boundary(target, 2).float()
    loss = F.cross_entropy(logits, target.long(), reduction="none")
    expected = (loss * weight).sum() / weight.sum()
    found = parser_loss(folded, target, ParserLossConfig(boundary=3, boundary_px=2, dice=0))["cross_entropy"]
    torch.testing.assert_close(found, expected)


def test_near_means_within_so_many_pixels():
    target = torch.zeros(1, 20, 20, dtype=torch.uint8)
    target[:, 10:] = 1
    assert near_boundary(target, 2)[0, :, 5].nonzero()[:, 0].tolist() == [8, 9, 10, 11]
    assert not near_boundary(target, 0).any()


def test_dice_is_that_of_its_formula(case):
    folded, logits, target = case
    p, truth = logits.softmax(1), F.one_hot(target.long(), 3).permute(0, 3, 1, 2)
    dice = (2 * (p * truth).sum((0, 2, 3)) + 1) / (p.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    found = parser_loss(folded, target, ParserLossConfig(dice=0.5))["dice"]
    torch.testing.assert_close(found, 0.5 * (1 - dice.mean()))


def test_what_nobody_knows_counts_nothing(case):
    folded, logits, target = case
    target[0, 20:40, 5:] = UNKNOWN_PART
    known = target != UNKNOWN_PART
    losses = parser_loss(folded, target, ParserLossConfig(boundary=0, dice=1))
    plain, truth = logits.permute(0, 2, 3, 1)[known], target[known].long()
    torch.testing.assert_close(losses["cross_entropy"], F.cross_entropy(plain, truth))
    p, hot = plain.softmax(1), F.one_hot(truth, 3)
    dice = (2 * (p * hot).sum(0) + 1) / (p.sum(0) + hot.sum(0) + 1)
    torch.testing.assert_close(losses["dice"], 1 - dice.mean())


def test_an_edge_of_what_nobody_knows_is_no_boundary():
    target = torch.zeros(1, 20, 20, dtype=torch.uint8)
    target[:, 10:] = UNKNOWN_PART
    assert not near_boundary(target, 2).any()
    target[:, 12:] = 1
    assert near_boundary(target, 2)[0, :, 5].nonzero()[:, 0].tolist() == [10, 11], "0 and 1 both within two px"


def test_a_perfect_answer_costs_nothing_and_a_wrong_one_a_lot():
    target = torch.zeros(1, 4, 4, dtype=torch.uint8)
    target[:, 2:] = 1
    sure = 30 * F.one_hot(target.long(), 2).float()
    folded = sure.view(1, 2, 2, 2, 2, 2).permute(0, 2, 4, 5, 1, 3).reshape(1, 4, 2, 2, 2)
    right = sum(parser_loss(folded, target, ParserLossConfig()).values())
    wrong = sum(parser_loss(folded, 1 - target, ParserLossConfig()).values())
    assert right < 1e-3 and wrong > 10
