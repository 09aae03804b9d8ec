"""The line: what is computed together is a fair share of what waits, and only of what is alike."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from serve.desk import Desk
from serve.metrics import Metrics
from serve.workers.work import Made, Outcome, Work


class Slow:
    """Answers when it is told to, and remembers what came together."""

    ready, failure, crashes = True, None, 0

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()

    async def make(self, works: list[Work]) -> list[Outcome]:
        self.batches.append([work.values["name"] for work in works])
        await self.open.wait()
        return [Made(work.values) for work in works]


def settings(concurrency: int, max_batch: int) -> Any:
    return SimpleNamespace(at_once=concurrency, max_batch=max_batch, max_waiting=100)


@pytest.mark.parametrize(
    ("concurrency", "max_batch", "batches"),
    [
        (1, 8, [["a0", "a1", "a2", "a3", "a4", "a5"], ["t0"], ["t1"], ["b0"]]),
        (1, 4, [["a0", "a1", "a2", "a3"], ["t0"], ["a4", "a5"], ["t1"], ["b0"]]),
        (2, 8, [["a0", "a1", "a2"], ["t0"], ["a3", "a4"], ["a5"], ["t1"], ["b0"]]),
        (4, 8, [["a0", "a1"], ["t0"], ["a2"], ["a3"], ["a4"], ["a5"], ["t1"], ["b0"]]),
    ],
)
def test_a_batch_is_a_fair_share_of_what_is_alike(concurrency: int, max_batch: int, batches: list[list[str]]) -> None:
    async def go() -> list[list[str]]:
        backend = Slow()
        desk = Desk(backend, settings(concurrency, max_batch), Metrics())  # type: ignore[arg-type]
        works = [Work("recognize", "a", {"name": f"a{i}"}) for i in range(6)]
        works[1:1] = [Work("try-on", "t", {"name": "t0"})]
        works += [Work("try-on", "t", {"name": "t1"}), Work("recognize", "b", {"name": "b0"})]
        jobs = [desk.submit(work) for work in works]
        backend.open.set()
        line = asyncio.create_task(desk.run())
        answers = await asyncio.gather(*(job.made for job in jobs))
        assert [answer.values["name"] for answer in answers] == [work.values["name"] for work in works]
        line.cancel()
        return backend.batches

    assert asyncio.run(go()) == batches
