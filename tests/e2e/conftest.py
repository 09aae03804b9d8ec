"""Training runs as processes of their own, and a browser, for the end-to-end tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.chromium import Page, open_chromium
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe
from tests.unit.models.tryon_latent.tiny_bases import flux_base, inpainting_base

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 600  # a busy machine is no failure


QUICK = {
    "precision": "32-true",
    "accelerator": "cpu",
    "threads": "1",
    "batch_size": "4",
    "epochs": "4",
    "validate_epochs": "2",
    "logging.wandb": "off",
    "logging.error_grid": "1",
    "logging.every_steps": "1",
}


def spelled(given: dict[str, str], *more: str) -> list[str]:
    """Fields of a run as words of a command line."""
    return [word for key, value in given.items() for word in (f"--{key}", value)] + list(more)


class Started:
    """``train.py`` running in a process group of its own, its output in a file."""

    def __init__(self, words: list[str], output: Path, before: tuple[str, ...], cwd: Path) -> None:
        self.output = output
        with output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, *before, str(ROOT / "train.py"), *words],
                cwd=cwd,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A background job of a shell ignores Ctrl-C, and so would its children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def kill_when(self, ready: Callable[[], bool], number: signal.Signals) -> bool:
        """Sends a signal to the whole group, as a terminal does; False where the run was over before."""
        end_s = time.monotonic() + TIMEOUT_S
        while not ready():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < end_s, f"nothing to stop yet:\n{self.output.read_text()}"
            time.sleep(0.005)
        if self.process.poll() is not None:
            return False
        os.killpg(self.process.pid, number)
        return True

    def finish(self, code: int = 0) -> str:
        """Waits for the end, checks the exit code and gives what was printed."""
        got = self.process.wait(TIMEOUT_S)
        printed = self.output.read_text()
        assert got == code, f"exit code {got}, not {code}:\n{printed}"
        return printed


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def start(tmp_path: Path, cache_home: Path) -> Iterator[Callable[..., Started]]:
    """``start(words)`` starts ``python train.py *words``; ``before`` goes between python and train.py."""
    started: list[Started] = []

    def begin(words: list[str], before: tuple[str, ...] = (), cwd: Path = ROOT) -> Started:
        started.append(Started(words, tmp_path / f"output{len(started)}.txt", before, cwd))
        return started[-1]

    yield begin
    for run in started:
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGKILL)
            run.process.wait()


@pytest.fixture
def tryon_run(tmp_path: Path) -> Callable[..., list[str]]:
    """Command-line words of a try-on run of seconds: 9 cases of 64 px to learn from, 5 to look at, a tiny network."""
    wardrobe = small_wardrobe(tmp_path)

    def words(*more: str, name: str = "tiny") -> list[str]:
        given = {
            "task": "tryon",
            "name": name,
            "runs": str(tmp_path / "runs"),
            "data.folder": str(wardrobe),
            "data.num_workers": "0",
            "model.backbone": "test_efficientnet",
            "model.stages": "4",
            "model.widths": "[8, 16, 16, 32]",
            "model.depth": "1",
            "model.denoiser_width": "16",
            "model.detail": "8",
            "preprocessing.height_px": "64",
            "preprocessing.width_px": "64",
            "weights": "none",
            "optim.lr": "3e-3",
            "optim.freeze_stages": "1",
        }
        return spelled(QUICK | given, *more)

    return words


@pytest.fixture
def latent_run(tmp_path: Path) -> Callable[..., list[str]]:
    """The same on a tiny large base: ``words(form, *more)``."""
    wardrobe = small_wardrobe(tmp_path)
    bases = {"inpainting": inpainting_base, "flux-fill": lambda folder: flux_base(folder, "flux-fill")}

    def words(form: str, *more: str, name: str = "tiny") -> list[str]:
        base = tmp_path / form
        given = {
            "task": "tryon_latent",
            "name": name,
            "runs": str(tmp_path / "runs"),
            "data.folder": str(wardrobe),
            "data.num_workers": "0",
            "model.base": str(base if base.exists() else bases[form](base)),
            "model.form": form,
            "model.tryon_rank": "2" if form == "flux-fill" else "0",
            "model.fit_rank": "2",
            "model.prompt_tokens": "3",
            "preprocessing.height_px": "64",
            "preprocessing.width_px": "64",
            "optim.lr": "1e-3",
            "ema_decay": "0.9",
            "logging.sampling_steps": "2",
        }
        return spelled(QUICK | given, *more)

    return words


def small_wardrobe(folder: Path) -> Path:
    """Nine cases of 64 px to learn from, five to look at."""
    return write_wardrobe(folder / "wardrobe", [tryon_row(i, "train" if i < 9 else "validation") for i in range(14)])
