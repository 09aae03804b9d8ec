"""Side by side: in order, on as many threads as told, not far ahead, and an error comes where its key's turn is."""

from __future__ import annotations

import threading

import pytest
import torch

from fitroom.evaluation.tryon.measuring.side_by_side import side_by_side


def test_in_order_on_two_threads_at_once() -> None:
    both_there = threading.Barrier(2, timeout=10)

    def work(key: int) -> int:
        both_there.wait()
        return key * key

    assert list(side_by_side(work, range(6), num_threads=2)) == [(key, key * key) for key in range(6)]
    assert list(side_by_side(work, [], num_threads=2)) == []


def test_torch_has_one_thread_inside_and_its_own_again_after() -> None:
    given = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert [inside for _, inside in side_by_side(lambda key: torch.get_num_threads(), range(4))] == [1] * 4
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(given)


def test_not_far_ahead() -> None:
    taken: list[int] = []
    found = side_by_side(taken.append, range(100), num_threads=2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert len(taken) <= 5


def test_an_error_comes_at_its_turn() -> None:
    def work(key: int) -> int:
        if key == 2:
            raise ValueError("no such picture")
        return key

    found = side_by_side(work, range(5), num_threads=2)
    assert [next(found), next(found)] == [(0, 0), (1, 1)]
    with pytest.raises(ValueError, match="no such picture"):
        next(found)
