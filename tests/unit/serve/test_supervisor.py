"""Worker and spare: who is killed is replaced at once, nothing asked is lost, and nobody gets another's answer."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fitroom.errors import LaunchError
from serve.workers import supervisor as supervisor_module
from serve.workers.supervisor import Supervisor
from serve.workers.work import Made, Outcome, Work, WorkCrashes, WorkFailed, not_loaded

TAKE_OVER_S = 5
HERE = Path(__file__).parent


def fake_run() -> Any:
    """What ``fake_worker`` does, found by a path that a new process is told of too."""
    sys.path[:] = [str(HERE), *(path for path in sys.path if path != str(HERE))]
    return importlib.import_module("fake_worker").run


def few(folder: Path, work_timeout_s: float = 60.0) -> Any:
    """As much of the settings as is needed: with all of them a process would load PyTorch first."""
    return SimpleNamespace(bundles=[folder], work_timeout_s=work_timeout_s)


def word(text: str, **values: Any) -> Work:
    return Work("try-on", "any", {"word": text, **values}, {"image": text.encode()})


def supervised(tmp_path: Path, test: Callable[[Supervisor], Awaitable[None]], **options: Any) -> None:
    """Runs a test beside a supervisor whose worker and spare are ready."""

    async def go() -> None:
        supervisor = Supervisor(few(tmp_path, **options), fake_run())
        await supervisor.start()
        try:
            await until(lambda: supervisor.ready and spare_ready(supervisor))
            await test(supervisor)
        finally:
            await supervisor.stop()

    asyncio.run(go())


def spare_ready(supervisor: Supervisor) -> bool:
    return supervisor.spare is not None and supervisor.spare.state == "ready"


async def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.01)


def words(outcomes: list[Outcome]) -> list[str]:
    for outcome in outcomes:
        assert isinstance(outcome, Made)
        assert outcome.blob == outcome.values["word"].encode()
    return [outcome.values["word"] for outcome in outcomes if isinstance(outcome, Made)]


def test_a_worker_killed_mid_batch_loses_nothing(tmp_path: Path) -> None:
    async def test(supervisor: Supervisor) -> None:
        assert supervisor.active is not None
        first = supervisor.active.pid
        asked = [asyncio.create_task(supervisor.make([word(f"{i}a", sleep_s=0.3), word(f"{i}b")])) for i in range(6)]
        await asyncio.sleep(0.15)
        os.kill(first, signal.SIGKILL)
        start = time.monotonic()
        await until(lambda: not supervisor.ready or (supervisor.active and supervisor.active.pid != first))
        await until(lambda: supervisor.ready)
        assert time.monotonic() - start < TAKE_OVER_S
        for i, outcomes in enumerate(await asyncio.gather(*asked)):
            assert words(outcomes) == [f"{i}a", f"{i}b"]
        assert supervisor.crashes == 1
        await until(lambda: spare_ready(supervisor))  # the next crash would be survived too

    supervised(tmp_path, test)


def test_who_ends_workers_is_refused_and_those_beside_are_answered(tmp_path: Path) -> None:
    async def test(supervisor: Supervisor) -> None:
        innocent = asyncio.create_task(supervisor.make([word("good", sleep_s=0.4)]))
        culprit = asyncio.create_task(supervisor.make([word("bad", die=True)]))
        later = asyncio.create_task(supervisor.make([word("later")]))
        assert isinstance((await culprit)[0], WorkCrashes)
        assert words(await innocent) == ["good"]
        assert words(await later) == ["later"]
        assert words(await supervisor.make([word("after")])) == ["after"]

    supervised(tmp_path, test)


def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    async def test(supervisor: Supervisor) -> None:
        assert supervisor.active is not None
        stopped = supervisor.active.pid
        os.kill(stopped, signal.SIGSTOP)
        (made,) = await supervisor.make([word("patient")])
        assert isinstance(made, Made)
        assert made.values["pid"] != stopped

    supervised(tmp_path, test, work_timeout_s=2.0)


def test_a_worker_that_hangs_before_it_has_read_its_work_is_ended(tmp_path: Path) -> None:
    async def test(supervisor: Supervisor) -> None:
        assert supervisor.active is not None
        stopped = supervisor.active.pid
        os.kill(stopped, signal.SIGSTOP)
        long = Work("garment", "any", {"word": "w"}, {"image": bytes(3_000_000)})  # more than a pipe holds
        (made,) = await asyncio.wait_for(supervisor.make([long]), 60)
        assert isinstance(made, Made) and made.values["pid"] != stopped

    supervised(tmp_path, test, work_timeout_s=2.0)


def test_where_the_system_refuses_a_spare_it_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "_FIRST_PAUSE_S", 0.05)
    start, refusals = supervisor_module.WorkerProcess, [OSError(24, "Too many open files"), RuntimeError("no thread")]

    def refused(*args: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return start(*args)

    async def test(supervisor: Supervisor) -> None:
        assert supervisor.active is not None
        monkeypatch.setattr(supervisor_module, "WorkerProcess", refused)
        supervisor.active.kill()
        assert words(await supervisor.make([word("by the spare")])) == ["by the spare"]
        await until(lambda: spare_ready(supervisor))
        assert not refusals and supervisor.crashes == 1

    supervised(tmp_path, test)


def test_a_fault_in_the_worker_is_no_crash(tmp_path: Path) -> None:
    async def test(supervisor: Supervisor) -> None:
        (failed,) = await supervisor.make([word("x", fail=True)])
        assert isinstance(failed, WorkFailed)
        assert not isinstance(failed, WorkCrashes)
        assert supervisor.crashes == 0

    supervised(tmp_path, test)


def test_a_bundle_corrupted_on_disk_stops_no_worker_that_has_read_it(tmp_path: Path) -> None:
    async def test(supervisor: Supervisor) -> None:
        assert supervisor.active is not None
        (tmp_path / "corrupted").touch()
        supervisor.active.kill()
        assert words(await supervisor.make([word("still")])) == ["still"]  # by the spare
        await until(lambda: supervisor.spare is None)  # no new one opens it
        assert words(await supervisor.make([word("on")])) == ["on"]
        (tmp_path / "corrupted").unlink()
        await until(lambda: spare_ready(supervisor))  # tried again, and well

    supervised(tmp_path, test)


def test_a_bundle_that_does_not_load_at_first_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "corrupted").touch()

    async def go() -> None:
        supervisor = Supervisor(few(tmp_path), fake_run())
        told = asyncio.Event()
        supervisor.on_failure = told.set
        await supervisor.start()
        await asyncio.wait_for(told.wait(), 120)
        assert "altered" in str(supervisor.failure)
        assert not supervisor.ready
        await supervisor.stop()

    asyncio.run(go())


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_large_pictures_pass(tmp_path: Path, size: int) -> None:
    async def test(supervisor: Supervisor) -> None:
        image = os.urandom(size)
        (made,) = await supervisor.make([Work("garment", "any", {"word": "w"}, {"image": image})])
        assert isinstance(made, Made)
        assert made.blob == image

    supervised(tmp_path, test)


def test_a_worker_killed_at_its_start_is_a_failure_that_says_so(tmp_path: Path) -> None:
    async def go() -> None:
        supervisor = Supervisor(few(tmp_path), fake_run())
        told = asyncio.Event()
        supervisor.on_failure = told.set
        await supervisor.start()
        assert supervisor.spare is not None
        supervisor.spare.kill()
        await asyncio.wait_for(told.wait(), 120)
        assert supervisor.failure is not None
        error = not_loaded(supervisor.failure)
        assert isinstance(error, LaunchError) and error.got == "the process was ended by signal 9"
        await supervisor.stop()

    asyncio.run(go())


def test_what_keeps_models_from_loading_is_told_to_people() -> None:
    missing = not_loaded(ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime"))
    assert isinstance(missing, LaunchError) and "onnxruntime" in str(missing.got) and "install" in str(missing.fix)
    assert not_loaded(missing) is missing
    assert not_loaded(MemoryError("no room")).got == "MemoryError: no room"
