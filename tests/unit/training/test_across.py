"""Losses over shares of a batch, put together by real processes over gloo, are the loss over the whole of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.distributed as dist

from fitroom.data.tryon.terms import DIFFUSED, LAYERS, TARGET
from fitroom.models.tryon.hem import HemGuess
from fitroom.training.across import gathered, rows_of_all, summed
from fitroom.training.body_photo.losses import reading_loss
from fitroom.training.parser.config import ParserLossConfig
from fitroom.training.parser.losses import parser_loss
from fitroom.training.search.losses import info_nce
from fitroom.training.tryon.losses import flow_loss, hem_loss, layers_loss

NUM_PROCESSES = 2


def parse_case() -> tuple[torch.Tensor, Callable[[torch.Tensor, slice], torch.Tensor]]:
    """Outputs of four pictures, and their loss: labels that one half has alone, and boundaries of unequal length."""
    torch.manual_seed(0)
    outputs = torch.randn(4, 4, 3, 8, 8)
    target = torch.zeros(4, 16, 16, dtype=torch.long)
    target[0, 4:12, 4:12], target[3, 2:6] = 1, 2
    config = ParserLossConfig(boundary=2.0, boundary_px=2, dice=1.0)
    return outputs, lambda x, part: torch.stack(list(parser_loss(x, target[part], config).values())).sum()


def flow_case() -> tuple[torch.Tensor, Callable[[torch.Tensor, slice], torch.Tensor]]:
    """The finest flow of four pictures, and its loss: much cloth in the first, a little in the last."""
    torch.manual_seed(0)
    flow, truth, cover = torch.randn(4, 2, 16, 16), torch.randn(4, 2, 16, 16), torch.zeros(4, 1, 16, 16)
    cover[0], cover[3, :, :3, :3] = 1, 1

    def loss(x: torch.Tensor, part: slice) -> torch.Tensor:
        flows = [torch.nn.functional.avg_pool2d(x, 16 // n) for n in (2, 4, 8, 16)]
        return flow_loss(flows, truth[part], cover[part], cover[part])

    return flow, loss


def layers_case() -> tuple[torch.Tensor, Callable[[torch.Tensor, slice], torch.Tensor]]:
    """Layers of four pictures, and their loss: the person's own pixels everywhere in half of them."""
    torch.manual_seed(0)
    outputs = torch.randn(4, DIFFUSED + 3 * len(LAYERS), 16, 16)
    layout, source = torch.zeros(4, 16, 16, dtype=torch.long), torch.ones(4, 16, 16, dtype=torch.long)
    layout[:, 4:9], source[2:] = 5, 2
    truth = torch.randn(4, DIFFUSED, 16, 16)

    def loss(x: torch.Tensor, part: slice) -> torch.Tensor:
        batch: Any = SimpleNamespace(layout=layout[part], source=source[part], clean=truth[part])
        return layers_loss(x, batch)

    return outputs, loss


def hem_case() -> tuple[torch.Tensor, Callable[[torch.Tensor, slice], torch.Tensor]]:
    """Guesses of four hems, and their loss: one half has a garment and joints, the other two without."""
    torch.manual_seed(0)
    layout, joints = torch.zeros(4, 16, 16, dtype=torch.long), torch.rand(4, 4)
    layout[:3, 4:12], joints[2:] = TARGET, torch.nan
    tucks = torch.tensor([[1, 1], [0, torch.nan], [1, torch.nan], [1, 0]])

    def loss(x: torch.Tensor, part: slice) -> torch.Tensor:
        known = {"layout": layout[part], "joints": joints[part], "tucks": tucks[part]}
        batch: Any = SimpleNamespace(**known, frame_cm=torch.full((len(x),), 200.0))
        rows, off, tucks_B2, joints_BJ, depths, reach = x.split([2, 2, 2, 4, 4, 1], 1)
        return hem_loss(HemGuess(rows, off.exp(), tucks_B2, joints_BJ, depths, reach[:, 0]), batch)

    return torch.randn(4, 15), loss


def readings_case() -> tuple[torch.Tensor, Callable[[torch.Tensor, slice], torch.Tensor]]:
    """Readings of four photos by two members, and their loss: photos of unequal weight."""
    torch.manual_seed(0)
    truth, fold, weight = torch.randn(4, 5), torch.tensor([0, 1, 1, 2]), torch.tensor([1.0, 0.2, 3.0, 1.0])
    return torch.randn(4, 2, 5), lambda x, part: reading_loss(x, truth[part], fold[part], weight[part])


def search_case() -> tuple[torch.Tensor, Callable[[torch.Tensor, slice], torch.Tensor]]:
    """Four garments and their products, of which two halves show one, and how well they find each other."""
    torch.manual_seed(0)
    which = torch.tensor([0, 1, 0, 2])

    def loss(x: torch.Tensor, part: slice) -> torch.Tensor:
        worn, product = rows_of_all(torch.nn.functional.normalize(x, dim=-1)).unbind(1)
        return info_nce(worn, product, rows_of_all(which[part]), 0.3)

    return torch.randn(4, 2, 6), loss


CASES = {
    "parse": parse_case, "flow": flow_case, "layers": layers_case, "hem": hem_case, "readings": readings_case,
    "search": search_case,
}  # fmt: skip


def of_part(case: str, part: slice) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss, and the gradient at the outputs."""
    outputs, loss = CASES[case]()
    x = outputs[part].clone().requires_grad_()
    value = loss(x, part)
    value.backward()
    assert x.grad is not None
    return value.detach(), x.grad


def work(rank: int, folder: str) -> None:
    """One process's part; the file's end starts it."""
    dist.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=NUM_PROCESSES)
    parts = {case: of_part(case, slice(2 * rank, 2 * rank + 2)) for case in CASES}
    assert gathered(rank) == [0, 1]
    assert rows_of_all(torch.zeros(2, 0, 3)).shape == (4, 0, 3), "a network without a second stage has no codes"
    torch.save({case: list(values) for case, values in parts.items()}, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, list[torch.Tensor]]]:
    folder: Path = tmp_path_factory.mktemp("across")
    started = [subprocess.Popen([sys.executable, __file__, str(rank), folder]) for rank in range(NUM_PROCESSES)]
    assert [process.wait(300) for process in started] == [0, 0]
    return [torch.load(folder / f"{rank}.pt") for rank in range(NUM_PROCESSES)]


@pytest.mark.parametrize("case", CASES)
def test_two_halves_are_the_whole(case: str, halves: list[dict[str, list[torch.Tensor]]]) -> None:
    loss, gradient = of_part(case, slice(0, 4))
    for value, _ in (half[case] for half in halves):
        assert float(value) == pytest.approx(float(loss), rel=1e-6), "all processes know the loss of the whole"
    mean = torch.cat([half[case][1] for half in halves]) / NUM_PROCESSES  # as DistributedDataParallel does
    assert torch.allclose(mean, gradient, rtol=1e-4, atol=1e-7)
    alone = [of_part(case, slice(0, 2)), of_part(case, slice(2, 4))]
    assert abs(sum(value for value, _ in alone) / 2 - loss) > 1e-3, "means of halves would not do"


def test_one_process_has_it_all() -> None:
    values = torch.ones(2, requires_grad=True)
    assert summed(values) is values and gathered("x") == ["x"] and rows_of_all(values) is values


if __name__ == "__main__":
    work(int(sys.argv[1]), sys.argv[2])
