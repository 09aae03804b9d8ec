"""What must be known to repeat a run: seed, commit, versions, machine; written as run.json."""

from __future__ import annotations

import json
import os
import platform
import random
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from fitroom import __version__
from fitroom.writing import write_text_atomically

PACKAGES = ("torch", "torchvision", "pytorch-lightning", "timm", "torchmetrics", "accelerate", "diffusers", "numpy")


def seed_everything(seed: int) -> None:
    """Seeds Python, NumPy and, where it is imported, torch.

    Randomness of a *sample* must not use these: see ``data.stream.sample_rng``.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def run_info(seed: int, argv: list[str] | None = None) -> dict[str, Any]:
    """Seed, command, commit (with a flag for uncommitted changes), package versions and machine."""
    return {
        "fitroom": __version__,
        "seed": seed,
        "command": argv if argv is not None else [Path(sys.argv[0]).name, *sys.argv[1:]],
        "started_utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit(),
        "versions": versions(),
        "machine": machine(),
        "world_size": int(os.environ.get("WORLD_SIZE", "1")),
    }


def versions() -> dict[str, str]:
    """Versions of the packages that can change a number, and of Python."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Processor, cores, threads and accelerator; no host name and no path."""
    import torch  # seconds, which workers of a wardrobe need not wait for

    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "gpus": gpus,
    }


def commit() -> dict[str, Any] | None:
    """Commit of the code that runs and whether it was changed since; None outside a git checkout."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", Path(__file__).name)  # else it is the checkout of somebody's own project
        return {"hash": git("rev-parse", "HEAD"), "changed": bool(git("status", "--porcelain", "--", str(here)))}
    except (OSError, subprocess.SubprocessError):
        return None


def write_run_info(folder: Path, info: dict[str, Any]) -> None:
    """Writes ``folder/run.json``."""
    write_text_atomically(folder / "run.json", json.dumps(info, indent=2) + "\n")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
