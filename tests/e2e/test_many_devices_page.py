"""Every command of docs/many-devices.md runs, on two processes of the CPU, a tiny network and a handful of cases."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contract.test_slurm import FAKES
from tests.e2e.test_processes import free_port

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/many-devices.md").read_text(encoding="utf-8")
TIMEOUT_S = 900
PROCESSES = {"8": "2", "16": "2"}
# What the config asks for beyond a tiny run's fields.
ASIDE = ("--logging.fit_cases", "0", "--small_share", "0", "--epochs", "1")


def commands() -> list[list[str]]:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for line in "".join(blocks).splitlines()]


Fields = Callable[[list[str]], list[str]]
# The config's own levers stay: a base in half precision, latents on disk, the average on the CPU.
ON_A_BASE = ("--data.layout", "wardrobe", "--precision", "bf16-mixed", "--epochs", "1")


@pytest.fixture
def fields(tryon_run: Callable[..., list[str]], latent_run: Callable[..., list[str]]) -> Fields:
    """``fields(command)``: those of a tiny run, without its name."""

    def chosen(command: list[str]) -> list[str]:
        on_a_base = any("latent" in word for word in command)
        words = latent_run("flux-fill", *ON_A_BASE) if on_a_base else tryon_run(*ASIDE)
        at = words.index("--name")
        return [*words[:at], *words[at + 2 :]]

    return chosen


def tiny(words: list[str], fields: list[str], port: str) -> list[str]:
    """The command with this Python, on two processes at most, of a tiny run."""
    if words[0] == "fitroom":
        return [sys.executable, "-m", *words, *fields]
    at = words.index("train.py")
    launcher, run = words[2:at], words[at:]
    if "--processes" in run:
        place = run.index("--processes") + 1
        run[place] = PROCESSES.get(run[place], run[place])
        launcher += ["--num_processes", run[place], "--main_process_port", port]
    launcher = ["127.0.0.1" if word == "node-a" else word for word in launcher]
    return [sys.executable, "-m", "accelerate.commands.launch", *launcher, *run, *fields]


@pytest.mark.slow
def test_every_command_runs(fields: Fields, tmp_path: Path, cache_home: Path) -> None:
    for name in ("configs", "scripts", "train.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def begin(words: list[str], port: str) -> subprocess.Popen[str]:
        if "--resume" in words:  # the run is over: as if it had been killed before its bundle
            shutil.rmtree(tmp_path / "runs/eight/bundle")
        return subprocess.Popen(
            tiny(words, fields(words), port),
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    listed = [words for words in commands() if words[0] != "sbatch"]
    assert len(listed) == 8
    nodes = [words for words in listed if "--machine_rank" in words]
    for words in (words for words in listed if words not in nodes):
        finish(begin(words, free_port()))
    port = free_port()
    for started in [begin(words, port) for words in nodes]:
        finish(started)
    for name in ("eight", "sharded", "nodes", "tryon-start", "latent-flux-sharded"):
        assert (tmp_path / f"runs/{name}/bundle/bundle.json").is_file(), name


def finish(started: subprocess.Popen[str]) -> None:
    printed, _ = started.communicate(timeout=TIMEOUT_S)
    assert started.returncode == 0, f"{started.args}\n{printed}"


def test_the_scheduler_is_asked_as_the_page_says(tmp_path: Path) -> None:
    for name, line in FAKES.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_NODELIST": "node-[a-b]", "SLURM_NNODES": "2"}
    asked = [words for words in commands() if words[0] == "sbatch"]
    assert len(asked) == 2
    for words in asked:
        script = ["sh", *words[words.index("scripts/train.slurm") :]]
        lines = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
        run = "train.py --config configs/train/tryon_start.yaml --data.folder data/wardrobe --name big"
        assert lines.count(run) == 2, "once a machine"
