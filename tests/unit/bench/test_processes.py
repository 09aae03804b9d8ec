"""The bench of processes: speed is that of the steps after the warm-up, memory that of all below."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fitroom.bench import processes
from fitroom.bench.process_memory import family_mb, looked_at
from fitroom.errors import ConfigError, LaunchError


def test_the_rate_is_that_of_the_steps_after_the_warm_up(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.csv"
    metrics.write_text("step,train/loss,speed/samples_per_s\n2,1.0,1.0\n4,1.0,\n4,,20.0\n6,0.5,5.0\n", encoding="utf-8")
    assert processes._rate(metrics, warmup_steps=2) == pytest.approx(8)  # as long at 20/s as at 5/s, in samples
    with pytest.raises(LaunchError, match="logged no speed"):
        processes._rate(metrics, warmup_steps=6)


def test_memory_is_that_of_the_process_and_of_what_it_starts() -> None:
    hold = "x = bytearray(b'x') * (40 << 20); input()"
    words = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    with (
        subprocess.Popen([sys.executable, "-c", words], stdin=subprocess.PIPE) as process,
        looked_at(lambda: family_mb(process.pid), 0.02) as seen,
    ):
        while max(map(max, seen), default=0) < 40 and process.poll() is None:
            os.sched_yield()
        process.communicate(b"\n")
    assert 40 < max(map(max, seen)) < max(map(sum, seen)) < 40 + 60


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--processes", "[1, 2]", "--threads", "[1, 1, 1]"]])
def test_what_cannot_be_measured_is_refused(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        processes.main(words)


@pytest.mark.slow
def test_the_whole_bench_on_a_tiny_run(tiny_run, tmp_path: Path) -> None:
    words = tiny_run("--epochs", "30")
    out = tmp_path / "processes.json"
    told = ["--train", " ".join(map(str, words)), "--rounds", "1", "--steps", "4", "--warmup_steps", "2"]
    assert processes.main([*told, "--out", str(out)]) == 0
    (table,) = json.loads(out.read_text(encoding="utf-8"))["tables"]
    assert [row["processes"] for row in table["rows"]] == [1, 2]
    assert all(row["samples/s"]["median"] > 0 and row["MiB of all"]["median"] > 100 for row in table["rows"])
