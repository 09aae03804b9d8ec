"""Reading ahead: in order, not further ahead than told, and an error comes where its key's turn is."""

from __future__ import annotations

import threading

import pytest

from fitroom.evaluation.tryon.ahead import read_ahead


def test_in_order_and_on_another_thread() -> None:
    threads = set()

    def read(key: int) -> int:
        threads.add(threading.get_ident())
        return key * key

    assert list(read_ahead(read, range(7))) == [(key, key * key) for key in range(7)]
    assert threading.get_ident() not in threads
    assert list(read_ahead(read, [])) == []


def test_no_further_ahead_than_told() -> None:
    read: list[int] = []
    pairs = read_ahead(lambda key: read.append(key), range(100), num_ahead=3)
    next(pairs)
    pairs.close()
    assert len(read) <= 4


def test_an_error_comes_at_its_turn() -> None:
    def read(key: int) -> int:
        if key == 2:
            raise ValueError("no such picture")
        return key

    pairs = read_ahead(read, range(5))
    assert [next(pairs), next(pairs)] == [(0, 0), (1, 1)]
    with pytest.raises(ValueError, match="no such picture"):
        next(pairs)
