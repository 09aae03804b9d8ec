"""scripts/train.slurm starts one launcher a machine with the right words, and goes on where a run stopped."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKES = {
    "scontrol": "printf 'node-a\\nnode-b\\n'",
    "srun": 'for i in 0 1; do SLURM_NODEID=$i "$@"; done',
    "accelerate": "printf '%s\\n' \"$*\"",
}


@pytest.mark.parametrize("stopped", [False, True])
def test_it_launches_on_every_machine(tmp_path: Path, stopped: bool) -> None:
    for name, line in FAKES.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    if stopped:
        (tmp_path / "runs/big/resume").mkdir(parents=True)
        (tmp_path / "runs/big/resume/last.ckpt").touch()
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "FITROOM_RUNS": str(tmp_path / "runs"),
        "SLURM_JOB_NODELIST": "node-[a-b]",
        "SLURM_NNODES": "2",
        "SLURM_GPUS_ON_NODE": "4",
    }
    words = ["sh", "scripts/train.slurm", "big", "--config", "configs/train/tryon_start.yaml"]
    lines = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    for rank, line in enumerate(lines.splitlines()):
        launcher, run = line.split(" train.py ")
        assert launcher == (
            f"launch --config_file configs/launch/two_nodes.yaml --machine_rank {rank} --num_machines 2 "
            "--num_processes 8 --main_process_ip node-a"
        )
        assert run.startswith(f"--config configs/train/tryon_start.yaml --name big --runs {tmp_path}/runs")
        assert run.rstrip().endswith("--processes 8 --resume" if stopped else "--processes 8")
    assert len(lines.splitlines()) == 2
