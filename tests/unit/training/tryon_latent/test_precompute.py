"""Latents on disk change nothing of a run: equal samples and losses, whatever chance does, and never a wrong one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from tests.unit.data import try_on_trees as trees
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe
from tests.unit.models.tryon_latent.tiny_bases import inpainting_base

from fitroom.data import tryon_cases
from fitroom.data.tryon import TryOnModes
from fitroom.data.tryon_photo_changes import PhotoAugment
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.training.fit import describe, make_plan, run
from fitroom.training.tasks import load_run
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig

TINY = """\
task: tryon_latent
name: tiny
data: {num_workers: 0, select: 1}
model: {steps: 2}
preprocessing: {height_px: 64, width_px: 64, resize: pad}
precision: 32-true
accelerator: cpu
threads: 1
batch_size: 2
epochs: 4
optim: {lr: 1.0e-3}
validate_epochs: 2
checkpoint_steps: 2
logging: {wandb: "off", error_grid: 0, every_steps: 1}
"""
ALL_KEPT = ("--augment.move=0", "--augment.widen_px=0")
KEPT = "--memory.latents_on_disk=true"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inpainting_base(tmp_path_factory.mktemp("bases") / "sd")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache_home: Path) -> Path:
    monkeypatch.setattr(tryon_cases, "cache_folder", lambda: tmp_path / "cache")
    write_wardrobe(tmp_path / "w", [tryon_row(i) for i in range(3)] + [tryon_row(9, "validation")])
    trees.viton_hd(tmp_path / "v", 4, split="train")
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def loaded(config: Path, base: Path, *words: str, folder: str = "w") -> Any:
    root = config.parent
    given = (f"--data.folder={root / folder}", f"--runs={root / 'runs'}", f"--model.base={base}")
    return load_run(config, *given, *words)


def losses(config: Path, name: str) -> pd.DataFrame:
    table = pd.read_csv(config.parent / "runs" / name / "metrics.csv")
    return table[["train/loss", "select/denoise"]].dropna(how="all")


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each call of an encoder was given."""
    counts: list[int] = []
    encode = LatentNetwork.encode

    def counting(self: LatentNetwork, pictures: torch.Tensor) -> torch.Tensor:
        counts.append(len(pictures))
        return encode(self, pictures)

    monkeypatch.setattr(LatentNetwork, "encode", counting)
    return counts


@pytest.mark.parametrize("folder", ["w", "v"])
def test_losses_are_equal_with_and_without_and_no_step_encodes(
    config: Path, base: Path, encoded: list[int], folder: str
) -> None:
    words = (*ALL_KEPT, *(["--data.layout=viton-hd"] if folder == "v" else []))
    run(make_plan(loaded(config, base, "--name=without", *words, folder=folder)))
    encoded.clear()
    run(make_plan(loaded(config, base, "--name=with", KEPT, *words, folder=folder)))
    made = sum(encoded)
    pd.testing.assert_frame_equal(losses(config, "with"), losses(config, "without"), rtol=0, atol=1e-5)
    encoded.clear()
    run(make_plan(loaded(config, base, "--name=again", KEPT, *words, folder=folder)))
    assert made and not encoded, "a further run finds all latents on disk"


def test_what_chance_changes_is_encoded_as_it_comes(config: Path, base: Path, encoded: list[int]) -> None:
    words = ("--data.modes.masked=2", "--augment.widen_px=2", "--epochs=8")
    run(make_plan(loaded(config, base, "--name=without", *words)))
    all_of_them = sum(encoded)
    plan = make_plan(loaded(config, base, "--name=with", KEPT, *words))
    assert "but for what is moved or hidden anew" in describe(plan)
    run(plan)
    pd.testing.assert_frame_equal(losses(config, "with"), losses(config, "without"), rtol=0, atol=1e-5)
    encoded.clear()
    run(make_plan(loaded(config, base, "--name=again", KEPT, *words)))
    assert 0 < sum(encoded) < 0.7 * all_of_them


def test_a_stopped_run_goes_on_with_latents_though_some_are_damaged(
    config: Path, base: Path, encoded: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache_home: Path
) -> None:
    run(make_plan(loaded(config, base, "--name=whole", *ALL_KEPT)))
    words = ("--name=parted", *ALL_KEPT)
    with monkeypatch.context() as patch:
        from fitroom.training.tryon_latent.module import LatentTryOnModule

        step = LatentTryOnModule.training_step

        def stopped(self, batch, batch_idx):  # type: ignore[no-untyped-def]
            if self.trainer.global_step == 3:
                raise ZeroDivisionError
            return step(self, batch, batch_idx)

        patch.setattr(LatentTryOnModule, "training_step", stopped)
        with pytest.raises(ZeroDivisionError):
            run(make_plan(loaded(config, base, *words, KEPT)))
    files = sorted(cache_home.rglob("latents/**/*.safetensors"))
    for file in files[::2]:
        file.write_bytes(file.read_bytes()[:-3])
    encoded.clear()
    plan = make_plan(loaded(config, base, *words, KEPT), resume=True)
    assert plan.start_step == 2
    run(plan)
    assert sum(encoded) == len(files[::2]), "damaged ones are made again, and no others"
    ours, whole = losses(config, "parted"), losses(config, "whole")
    assert ours["train/loss"].dropna().iloc[-1] == pytest.approx(whole["train/loss"].dropna().iloc[-1], abs=1e-5)
    assert ours["select/denoise"].dropna().iloc[-1] == pytest.approx(
        whole["select/denoise"].dropna().iloc[-1], abs=1e-5
    )


def test_another_autoencoder_finds_nothing_of_the_first_ones(
    config: Path, base: Path, encoded: list[int], tmp_path: Path, cache_home: Path
) -> None:
    run(make_plan(loaded(config, base, "--name=first", KEPT, *ALL_KEPT, "--epochs=1")))
    other = inpainting_base(tmp_path / "other", seed=5)
    encoded.clear()
    run(make_plan(loaded(config, other, "--name=second", KEPT, *ALL_KEPT, "--epochs=1")))
    assert encoded and len(list(cache_home.glob("**/latents/*"))) == 2
    run(make_plan(loaded(config, other, "--name=plain", *ALL_KEPT, "--epochs=1")))
    pd.testing.assert_frame_equal(losses(config, "second"), losses(config, "plain"), rtol=0, atol=1e-5)


def test_a_step_encodes_nothing_only_where_nothing_is_changed() -> None:
    config = LatentTryOnRunConfig.__new__(LatentTryOnRunConfig)
    from fitroom.training.tryon_latent.config import LatentDataConfig, MemoryConfig

    config.memory, config.data = MemoryConfig(latents_on_disk=True), LatentDataConfig("x")
    config.augment = PhotoAugment(move=0, widen_px=0)
    assert not config.encodes_in_steps()
    config.augment = PhotoAugment(move=0, widen_px=4)
    assert config.encodes_in_steps()
    config.data = replace(config.data, modes=TryOnModes(1, 0, 0, 0))
    assert not config.encodes_in_steps()
    config.memory = MemoryConfig()
    assert config.encodes_in_steps()
