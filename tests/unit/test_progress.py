"""progress.py: passes everything on, and says little where nobody watches."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator

import pytest

from fitroom import progress
from fitroom.progress import log, setup_logging, track


@pytest.fixture(autouse=True)
def logger_as_it_was() -> Iterator[None]:
    handlers, level, propagate = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.level, log.propagate = handlers, level, propagate


@pytest.mark.parametrize("watched", [False, True])
def test_every_item_comes_through_in_order(watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched, raising=False)
    assert list(track([3, 1, 2], "counting")) == [3, 1, 2]
    assert list(track((i for i in range(4)), "counting", total=4)) == [0, 1, 2, 3]
    assert list(track((i for i in range(4)), "counting")) == [0, 1, 2, 3]


@pytest.mark.parametrize(("step_s", "said"), [(0.1, ""), (1.5, "hashing photos: 3 in 4.5 s")])
def test_only_what_took_long_is_logged(
    step_s: float, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: clock[0])
    setup_logging()
    for _ in track(range(3), "hashing photos"):
        clock[0] += step_s
    shown = capsys.readouterr().err
    assert said in shown
    assert bool(shown) == bool(said)


def test_an_error_inside_the_loop_passes_through() -> None:
    with pytest.raises(ValueError, match="stop"):
        for _ in track(range(3), "counting"):
            raise ValueError("stop")


def test_one_handler_however_often_it_is_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    setup_logging()
    setup_logging()
    log.info("once")
    log.debug("not without verbose")
    setup_logging(verbose=True)
    log.debug("with verbose")
    shown = capsys.readouterr().err
    assert [line.split(" ", 1)[1] for line in shown.splitlines()] == ["once", "with verbose"]
    assert log.level == logging.DEBUG
