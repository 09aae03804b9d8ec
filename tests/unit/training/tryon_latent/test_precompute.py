"""Latents on disk change nothing of a run: equal samples and losses, whatever chance does, and never a wrong one."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch
from tests.unit.data import try_on_trees as trees
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe
from tests.unit.models.tryon_latent.tiny_bases import inpainting_base

from fitroom.data.tryon import cases as tryon_cases
from fitroom.data.tryon.batches import TryOnModes
from fitroom.data.tryon.photo_changes import PhotoAugment
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.shared import LatentNetwork
from fitroom.training import launch
from fitroom.training.fit import describe, make_plan, run
from fitroom.training.tasks import load_run
from fitroom.training.tryon_latent.config import LatentDataConfig, LatentTryOnRunConfig, MemoryConfig
from fitroom.training.tryon_latent.precompute import PrecomputeLatents

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
epochs: 3
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


def kept_in(cache: Path) -> list[Path]:
    return sorted(cache.rglob("latents/**/*.safetensors"))


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
    config: Path, base: Path, encoded: list[int], cache_home: Path, folder: str
) -> None:
    words = (*ALL_KEPT, *(["--data.layout=viton-hd"] if folder == "v" else []))
    run(make_plan(loaded(config, base, "--name=without", *words, folder=folder)))
    encoded.clear()
    run(make_plan(loaded(config, base, "--name=with", KEPT, *words, folder=folder)))
    pd.testing.assert_frame_equal(losses(config, "with"), losses(config, "without"), rtol=0, atol=1e-5)
    assert encoded and sum(encoded) == len(kept_in(cache_home)), "each is made once, and no step encodes"


def test_what_chance_changes_is_encoded_as_it_comes(
    config: Path, base: Path, encoded: list[int], cache_home: Path
) -> None:
    words = ("--data.modes.masked=2", "--augment.widen_px=2", "--epochs=6")
    run(make_plan(loaded(config, base, "--name=without", *words)))
    all_of_them = sum(encoded)
    plan = make_plan(loaded(config, base, "--name=with", KEPT, *words))
    assert "but for what is moved or hidden anew" in describe(plan)
    encoded.clear()
    run(plan)
    pd.testing.assert_frame_equal(losses(config, "with"), losses(config, "without"), rtol=0, atol=1e-5)
    in_steps = sum(encoded) - len(kept_in(cache_home))
    assert 0 < in_steps < 0.7 * all_of_them


@pytest.mark.parametrize("folder", ["w", "v"])
def test_a_stopped_run_goes_on_with_latents_though_some_are_damaged(
    config: Path, base: Path, encoded: list[int], monkeypatch: pytest.MonkeyPatch, cache_home: Path, folder: str
) -> None:
    shown = (*ALL_KEPT, *(["--data.layout=viton-hd"] if folder == "v" else []))
    run(make_plan(loaded(config, base, "--name=whole", *shown, folder=folder)))
    words = ("--name=parted", *shown)
    with monkeypatch.context() as patch:
        from fitroom.training.tryon_latent.module import LatentTryOnModule

        step = LatentTryOnModule.training_step

        def stopped(self, batch, batch_idx):  # type: ignore[no-untyped-def]
            if self.trainer.global_step == 3:
                raise ZeroDivisionError
            return step(self, batch, batch_idx)

        patch.setattr(LatentTryOnModule, "training_step", stopped)
        with pytest.raises(ZeroDivisionError):
            run(make_plan(loaded(config, base, *words, KEPT, folder=folder)))
    files = kept_in(cache_home)
    for file in files[::2]:
        file.write_bytes(file.read_bytes()[:-3])
    encoded.clear()
    plan = make_plan(loaded(config, base, *words, KEPT, folder=folder), resume=True)
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
    assert len(list(cache_home.glob("**/latents/*"))) == 2 and 2 * sum(encoded) == len(kept_in(cache_home))


@pytest.mark.parametrize("machines", [1, 2])
def test_processes_share_the_work(
    config: Path, base: Path, encoded: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machines: int
) -> None:
    plan = make_plan(loaded(config, base, *ALL_KEPT))
    built = plan.build()
    made = []
    for rank in range(2):
        disk = tmp_path / f"disk{rank % machines}"
        for name, value in {"rank": rank, "world_size": 2, "local_rank": rank // machines,
                            "local_world_size": 2 // machines}.items():  # fmt: skip
            monkeypatch.setattr(launch, name, lambda value=value: value)
        plugin = SimpleNamespace(forward_context=nullcontext)
        strategy = SimpleNamespace(precision_plugin=plugin, barrier=lambda _: None)
        trainer: Any = SimpleNamespace(datamodule=built.data, strategy=strategy)
        encoded.clear()
        PrecomputeLatents(plan.config, disk).on_fit_start(trainer, built.module)  # type: ignore[arg-type]
        made.append((sum(encoded), len(list(disk.rglob("*.safetensors")))))
    assert built.data.fit_set.latents is built.data.select_set.latents is not None  # type: ignore[attr-defined]
    (first, _), (second, whole) = made
    if machines == 1:
        assert 0 < second < whole and first + second == whole, "what one has made, the other finds"
    else:
        assert first == second == whole, "a machine whose disk is its own makes all of them"


def test_a_step_encodes_nothing_only_where_nothing_is_changed() -> None:
    config = LatentTryOnRunConfig(
        name="x",
        data=LatentDataConfig("x"),
        model=LatentTryOnConfig("x"),
        augment=PhotoAugment(move=0, widen_px=0),
        memory=MemoryConfig(latents_on_disk=True),
    )
    assert not config.encodes_in_steps()
    config.augment = PhotoAugment(move=0, widen_px=4)
    assert config.encodes_in_steps()
    config.data = replace(config.data, modes=TryOnModes(1, 0, 0, 0))
    assert not config.encodes_in_steps()
    config.memory = MemoryConfig()
    assert config.encodes_in_steps()
