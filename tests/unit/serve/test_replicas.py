"""Replicas of a cluster that is made up: who ends is survived, who ends them is refused, answers find their asker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fitroom.errors import ImageError, LaunchError
from serve.problems import Problem
from serve.replicas.backend import Replicas
from serve.replicas.cluster import ReplicaGone, State
from serve.workers.wire import pack_outcomes, unpack_works
from serve.workers.work import Made, Outcome, Work, WorkCrashes

BUDGET_S = 60


class MadeUpCluster:
    """Replicas that are numbers; each says the word of its work back, and ends where the work says so.

    Attributes:
        alive: replicas that take work.
        told: words that all were told.
    """

    def __init__(self, alive: int = 2, start_fails: Exception | None = None) -> None:
        self.alive = set(range(alive))
        self.busy: dict[int, asyncio.Event] = {}
        self.told: list[str] = []
        self.failure: Exception | None = None
        self.start_fails, self.stopped = start_fails, False

    def join(self) -> None:
        if self.start_fails:
            raise self.start_fails

    def deploy(self) -> None:
        self.deployed = True

    def state(self) -> State:
        return State(len(self.alive), self.failure)

    async def ask(self, message: bytes) -> bytes:
        number, works = unpack_works(message)
        while not (free := self.alive - set(self.busy)):
            await asyncio.sleep(0.001)
        replica, killed = min(free), asyncio.Event()
        self.busy[replica] = killed
        try:
            for work in works:
                await asyncio.wait({asyncio.ensure_future(killed.wait())}, timeout=work.values.get("sleep_s", 0.001))
                if killed.is_set() or work.values.get("die"):
                    self.alive = (self.alive - {replica}) | {max(self.alive) + 1}
                    raise ReplicaGone(f"replica {replica}")
            return pack_outcomes(number, [outcome(work) for work in works])
        finally:
            del self.busy[replica]

    async def tell_all(self, message: bytes) -> None:
        self.told += [work.values["word"] for work in unpack_works(message)[1]]

    def stop(self) -> None:
        self.stopped = True


def outcome(work: Work) -> Outcome:
    if work.values.get("unusable"):
        return ImageError("the photo cannot be used")
    return Made({"word": work.values["word"]}, work.blobs["image"])


def word(text: str, kind: Any = "try-on", **values: Any) -> Work:
    return Work(kind, "any", {"word": text, **values}, {"image": text.encode()})


def words(outcomes: list[Outcome]) -> list[str]:
    for made in outcomes:
        assert isinstance(made, Made)
        assert made.blob == made.values["word"].encode()
    return [made.values["word"] for made in outcomes if isinstance(made, Made)]


def beside(
    cluster: MadeUpCluster, test: Callable[[Replicas], Awaitable[None]], work_timeout_s: float = BUDGET_S
) -> None:
    """Runs a test beside replicas that are ready."""

    async def go() -> None:
        replicas = Replicas(SimpleNamespace(work_timeout_s=work_timeout_s), cluster)  # type: ignore[arg-type]
        await replicas.start()
        try:
            await until(lambda: replicas.ready or replicas.failure)
            await test(replicas)
        finally:
            await replicas.stop()
        assert cluster.stopped

    asyncio.run(go())


async def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + BUDGET_S
    while not holds():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.005)


def test_a_replica_that_ends_loses_nothing() -> None:
    cluster = MadeUpCluster(alive=2)

    async def test(replicas: Replicas) -> None:
        asked = [asyncio.create_task(replicas.make([word(f"{i}a", sleep_s=0.03), word(f"{i}b")])) for i in range(12)]
        await until(lambda: len(cluster.busy) == 2)
        cluster.busy[min(cluster.busy)].set()
        for i, outcomes in enumerate(await asyncio.gather(*asked)):
            assert words(outcomes) == [f"{i}a", f"{i}b"]
        assert (replicas.crashes, replicas.asked_again) == (1, 2)

    beside(cluster, test)


def test_who_ends_replicas_is_refused_and_the_others_go_on_meanwhile() -> None:
    cluster = MadeUpCluster(alive=2)

    async def test(replicas: Replicas) -> None:
        culprit = asyncio.create_task(replicas.make([word("good"), word("bad", die=True, sleep_s=0.1)]))
        await until(lambda: replicas.crashes == 1)
        assert words(await replicas.make([word("beside")])) == ["beside"]
        assert not culprit.done()
        good, bad = await culprit
        assert words([good]) == ["good"]
        assert isinstance(bad, WorkCrashes)
        assert replicas.crashes == 3

    beside(cluster, test)


def test_it_is_ready_while_a_replica_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serve.replicas.backend._LOOK_S", 0.005)
    cluster = MadeUpCluster(alive=1)

    async def test(replicas: Replicas) -> None:
        assert replicas.running == 1
        cluster.alive.clear()
        await until(lambda: not replicas.ready)
        cluster.alive.add(7)
        await until(lambda: replicas.ready)
        monkeypatch.setattr(cluster, "state", lambda: 1 // 0)  # the cluster's head is away
        await until(lambda: not replicas.ready)
        assert replicas.failure is None

    beside(cluster, test)


@pytest.mark.parametrize("when", ["at the start", "when the models load"])
def test_a_cluster_that_cannot_serve_is_told_once(when: str) -> None:
    error = LaunchError("no replica can load the models")
    cluster = MadeUpCluster(alive=0, start_fails=error if when == "at the start" else None)
    cluster.failure = error

    async def go() -> None:
        replicas, told = Replicas(SimpleNamespace(), cluster), []  # type: ignore[arg-type]
        replicas.on_failure = lambda: told.append(replicas.failure)
        await replicas.start()
        await until(lambda: told)
        assert told == [error]
        assert not replicas.ready
        await replicas.stop()

    asyncio.run(go())


def test_a_registered_garment_is_seen_by_all_replicas_where_it_can_be_used() -> None:
    cluster = MadeUpCluster(alive=2)

    async def test(replicas: Replicas) -> None:
        assert words(await replicas.make([word("tee", "garment")])) == ["tee"]
        assert isinstance((await replicas.make([word("blank", "garment", unusable=True)]))[0], ImageError)
        await replicas.make([word("person")])
        await until(lambda: cluster.told)
        assert cluster.told == ["tee"]

    beside(cluster, test)


def test_who_waits_too_long_is_told_to_come_back() -> None:
    async def test(replicas: Replicas) -> None:
        with pytest.raises(Problem) as caught:
            await replicas.make([word("slow", sleep_s=BUDGET_S)])
        assert caught.value.code == "not-ready"
        assert caught.value.headers == {"Retry-After": "5"}
        assert replicas.asked_again == 0

    beside(MadeUpCluster(), test, work_timeout_s=0.05)
