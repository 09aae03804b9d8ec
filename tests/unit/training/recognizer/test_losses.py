from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from fitroom.contracts import Head
from fitroom.training.recognizer import losses
from fitroom.training.recognizer.losses import head_loss, recognition_loss

NAN = math.nan
SINGLE = Head("category", classes=["a", "b", "c"])
MULTI = Head("season", "multi", ["warm", "cold"])
NUMBER = Head("drape", "regression", low=10, high=30)
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.5, 0.0], [0.0, 0.0, 0.0]])


def log_softmax(row: list[float]) -> list[float]:
    total = math.log(sum(math.exp(value) for value in row))
    return [value - total for value in row]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_single_is_smoothed_cross_entropy_where_labelled(smoothing):
    loss_B, labelled_B = head_loss(SINGLE, LOGITS, torch.tensor([0, 2, -1]), smoothing)
    for row, target in ((0, 0), (1, 2)):
        logs = log_softmax(LOGITS[row].tolist())
        expected = -(1 - smoothing) * logs[target] - smoothing * sum(logs) / 3
        assert float(loss_B[row]) == pytest.approx(expected, abs=1e-6)
    assert float(loss_B[2]) == 0
    assert labelled_B.tolist() == [True, True, False]


def test_multi_is_mean_binary_cross_entropy_where_labelled():
    outputs = torch.tensor([[1.0, -2.0], [0.3, 0.4]])
    loss_B, labelled_B = head_loss(MULTI, outputs, torch.tensor([[1.0, 0.0], [NAN, NAN]]), 0.1)
    expected = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(-2))) / 2
    assert float(loss_B[0]) == pytest.approx(expected, abs=1e-6)
    assert float(loss_B[1]) == 0
    assert labelled_B.tolist() == [True, False]


def test_regression_is_smooth_l1_on_the_scaled_range():
    outputs = torch.tensor([[0.55], [0.9], [0.0]])
    loss_B, labelled_B = head_loss(NUMBER, outputs, torch.tensor([20.0, 20.0, NAN]), 0.1)
    assert float(loss_B[0]) == pytest.approx(0.05**2 / 2 / 0.1, abs=1e-6)
    assert float(loss_B[1]) == pytest.approx(0.4 - 0.1 / 2, abs=1e-6)
    assert float(loss_B[2]) == 0
    assert labelled_B.tolist() == [True, True, False]


def batch(seed: int = 0, num: int = 8) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Outputs and targets of three heads, some labels missing."""
    generator = torch.Generator().manual_seed(seed)
    outputs = {
        "category": torch.randn(num, 3, generator=generator),
        "season": torch.randn(num, 2, generator=generator),
        "drape": torch.rand(num, 1, generator=generator),
    }
    targets = {
        "category": torch.randint(-1, 3, (num,), generator=generator),
        "season": torch.randint(0, 2, (num, 2), generator=generator).float(),
        "drape": 10 + 20 * torch.rand(num, generator=generator),
    }
    targets["season"][1::3] = NAN
    targets["drape"][::2] = NAN
    return outputs, targets


def test_each_head_is_the_weighted_mean_over_its_labelled_photos():
    heads = [SINGLE, MULTI, Head("drape", "regression", low=10, high=30, weight=0.25)]
    outputs, targets = batch()
    found = recognition_loss(heads, outputs, targets, 0.1)
    assert list(found) == ["category", "season", "drape"]
    for head in heads:
        loss_B, labelled_B = head_loss(head, outputs[head.name], targets[head.name], 0.1)
        assert 0 < labelled_B.sum() < 8
        torch.testing.assert_close(found[head.name], head.weight * loss_B[labelled_B].mean())


def test_a_head_without_a_single_label_costs_nothing_and_has_no_gradient():
    output = torch.randn(4, 3, requires_grad=True)
    loss = recognition_loss([SINGLE], {"category": output}, {"category": torch.full((4,), -1)}, 0.1)["category"]
    loss.backward()
    assert float(loss.detach()) == 0
    assert output.grad is not None and output.grad.abs().max() == 0


def test_a_missing_label_changes_nothing_for_the_others():
    outputs, targets = batch()
    labelled = targets["category"] >= 0
    alone = recognition_loss(
        [SINGLE], {"category": outputs["category"][labelled]}, {"category": targets["category"][labelled]}
    )
    torch.testing.assert_close(recognition_loss([SINGLE], outputs, targets)["category"], alone["category"])


def test_mixed_pairs_count_both_targets_by_their_share():
    logits = LOGITS[[0, 1, 2, 0]]
    target, own = torch.tensor([0, 1, 2, -1]), torch.tensor([0.7, 0.7, 0.4, 0.4])
    found = recognition_loss([SINGLE], {"category": logits}, {"category": target}, 0.0, torch.tensor([1, 0, 3, 2]), own)
    logs = [log_softmax(row) for row in logits.tolist()]
    total = -(0.7 * logs[0][0] + 0.3 * logs[0][1] + 0.7 * logs[1][1] + 0.3 * logs[1][0])
    # The last photo has no label of its own, nor its partner a second.
    total += -(0.4 * logs[2][2]) - (0.6 * logs[3][2])
    assert float(found["category"]) == pytest.approx(total / (1 + 1 + 0.4 + 0.6), abs=1e-6)


def test_unmixed_pairs_cost_what_they_cost_alone():
    outputs, targets = batch()
    partner, own = torch.arange(8) ^ 1, torch.ones(8)
    plain = recognition_loss([SINGLE, MULTI, NUMBER], outputs, targets, 0.1)
    mixed = recognition_loss([SINGLE, MULTI, NUMBER], outputs, targets, 0.1, partner, own)
    for name in plain:
        torch.testing.assert_close(mixed[name], plain[name])


@pytest.mark.parametrize("mixed", [False, True])
def test_the_mean_over_ranks_is_the_loss_of_one_process(mixed, monkeypatch):
    outputs, targets = batch(num=12)
    for output in outputs.values():
        output.requires_grad_()
    own = torch.tensor([1.0, 1.0, 0.3, 0.3, 0.8, 0.8] * 2) if mixed else None
    heads = [SINGLE, MULTI, NUMBER]

    def share(rank: int | None) -> dict[str, torch.Tensor]:
        rows = slice(None) if rank is None else slice(6 * rank, 6 * rank + 6)
        part = ({k: v[rows] for k, v in values.items()} for values in (outputs, targets))
        pairs = (torch.arange(12 if rank is None else 6) ^ 1, own[rows]) if own is not None else (None, None)
        return recognition_loss(heads, *part, 0.1, *pairs)

    whole = share(None)
    inputs = list(outputs.values())
    whole_gradients = torch.autograd.grad(sum(whole.values()), inputs)
    # The counts of both ranks, as a first pass over them would report; then a pass that sees their sum.
    counts: list[list[float]] = []
    group = SimpleNamespace(is_available=lambda: True, is_initialized=lambda: True, get_world_size=lambda: 2)
    monkeypatch.setattr(losses, "dist", group)
    for rank in range(2):
        seen: list[float] = []
        group.all_reduce = lambda count, seen=seen: seen.append(float(count))
        share(rank)
        counts.append(seen)
    assert counts[0] != counts[1], "otherwise nothing would depend on the reduction"
    ranks = []
    for _ in range(2):
        totals = iter([sum(pair) for pair in zip(*counts, strict=True)])
        group.all_reduce = lambda count, totals=totals: count.fill_(next(totals))
        ranks.append(share(len(ranks)))
    for name in whole:
        torch.testing.assert_close((ranks[0][name] + ranks[1][name]) / 2, whole[name])
    mean = sum(sum(rank.values()) for rank in ranks) / 2
    for found, expected in zip(torch.autograd.grad(mean, inputs), whole_gradients, strict=True):
        torch.testing.assert_close(found, expected)
