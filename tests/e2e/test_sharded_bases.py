"""A large base whose weights are shared out over two processes learns, keeps and ships what two whole ones do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.e2e.conftest import Started
from tests.e2e.test_processes import LAUNCH, curve, free_port

from fitroom.bundles import open_bundle
from fitroom.export.command import main as export

# None of them changes what is learned.
LEVERS = (
    *("--memory.gradient_checkpointing", "true", "--memory.average_on_cpu", "true"),
    *("--memory.latents_on_disk", "true", "--augment.move", "0", "--augment.widen_px", "0"),
)
PLAIN = ("--augment.move", "0", "--augment.widen_px", "0")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["inpainting", "flux-fill"])
def test_a_sharded_base_learns_as_a_whole_one(
    form: str, start: Callable[..., Started], latent_run: Callable[..., list[str]], tmp_path: Path
) -> None:
    for strategy, more in (("ddp", PLAIN), ("fsdp", LEVERS)):
        words = latent_run(form, "--strategy", strategy, "--processes", "2", *more, name=strategy)
        printed = start(words, before=(*LAUNCH, "--main_process_port", free_port())).finish()
        assert printed.count("bundle: ") == 1, f"one process speaks for both:\n{printed}"
    runs = tmp_path / "runs"
    for name in ("train/loss", "select/denoise"):
        whole = curve(runs / "ddp", name)
        assert whole and curve(runs / "fsdp", name) == pytest.approx(whole, rel=1e-3), name
    losses = list(curve(runs / "ddp", "train/loss").values())
    assert len(losses) >= 8 and np.std(losses) > 1e-3, "a flat curve would show nothing"
    checkpoints = [torch.load(runs / name / "resume/last.ckpt", weights_only=True) for name in ("ddp", "fsdp")]
    for states in (
        [checkpoint["state_dict"] for checkpoint in checkpoints],
        [checkpoint["callbacks"]["TrainedAverage"]["average"] for checkpoint in checkpoints],
        [open_bundle(runs / name / "bundle").tensors() for name in ("ddp", "fsdp")],
    ):
        torch.testing.assert_close(states[1], states[0], rtol=1e-2, atol=1e-4)
    assert list((runs / "fsdp/figures").glob("samples_step*.png"))
    assert export(["--run", str(runs / "fsdp"), "--out", str(tmp_path / "out")]) == 0
