"""The benchmark of training on a large base runs from words to report; its plain loop minimises what ours does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from fitroom.bench.large_base import diffusers_loop
from fitroom.bench.large_base.diffusers_loop import DiffusersLoop
from fitroom.bench.large_base.latent_training import OurLatentTraining, untrained
from fitroom.bench.large_base.made_up_pairs import make_pairs_folder
from fitroom.bench.large_base.tables import ENCODED, KEPT, PLAIN, memory_table
from fitroom.bench.large_base.train import SIZES, TrainBenchConfig, main, small_recipe
from fitroom.bench.training import BlockSize
from fitroom.contracts import Preprocessing
from fitroom.data.tryon.photo_batches import collate_photos
from fitroom.data.tryon.photo_sources import PairPhotos
from fitroom.data.tryon.photos import PhotoDataset, sample_noise
from fitroom.errors import ConfigError
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.memory import GIB

TINY = ["--quick", "true", "--recipe.preprocessing.height_px", "64", "--recipe.preprocessing.width_px", "64",
        "--recipe.data.num_workers", "0", "--recipe.threads", "1", "--recipe.accelerator", "cpu"]  # fmt: skip


@pytest.fixture
def recipe() -> LatentTryOnRunConfig:
    return replace(small_recipe(), preprocessing=Preprocessing(64, 64, "pad"), accelerator="cpu", precision="32-true")


@pytest.mark.slow
def test_all_sides_are_measured_in_turn(tmp_path: Path, cache_home: Path) -> None:
    out = tmp_path / "train.json"
    assert main([*TINY, "--out", str(out)]) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    (table,) = report["tables"]  # no GPU, no memory
    rows = {row["side"]: row for row in table["rows"]}
    assert set(rows) == {ENCODED, KEPT, PLAIN}
    for row in rows.values():
        (rate,), (steps,) = row["samples/s"]["values"], row["steps/s"]["values"]
        assert rate > 0 and steps == pytest.approx(rate / 2)
        for other in (ENCODED, PLAIN):
            (of_other,) = rows[other]["samples/s"]["values"]
            assert row[f"times {other}"]["values"] == [pytest.approx(rate / of_other)]
    assert report["settings"]["quick"] and not list(cache_home.rglob("*.safetensors"))


def test_the_plain_loop_has_our_loss(
    recipe: LatentTryOnRunConfig, tmp_path: Path, cache_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_pairs_folder(tmp_path / "pairs", 2, (48, 64))
    photos = PairPhotos(str(folder), "viton-hd", recipe.preprocessing, 0, 0)
    model = untrained(recipe, SIZES["tiny"])
    ours = OurLatentTraining(model, recipe, photos, BlockSize(1, 1), tmp_path / "ours")
    plain = DiffusersLoop(model, recipe, folder, BlockSize(1, 1))
    samples = PhotoDataset(photos, photos.fit, photos.looked_at)
    batch = collate_photos([samples[place] for place in range(2)])
    batch.conditions = torch.zeros_like(batch.conditions)
    noise, even_B = sample_noise(batch.seed, (4, 16, 8))
    scene, worn = ours.module.look_at(batch)
    expected = ours.module._loss(scene, worn, noise, even_B).mean()
    monkeypatch.setattr(diffusers_loop.torch, "randn_like", lambda _: noise)
    monkeypatch.setattr(diffusers_loop.torch, "randint", lambda *_, **__: (even_B * 1000).long())
    got = plain._loss((batch.worn, batch.garment, batch.mask))
    assert got.requires_grad and got.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.slow
def test_memory_stands_beside_the_estimate_of_the_same_levers(recipe: LatentTryOnRunConfig) -> None:
    kept = replace(recipe, memory=replace(recipe.memory, latents_on_disk=True))
    table = memory_table({ENCODED: recipe, KEPT: kept}, SIZES["tiny"], {ENCODED: 2 * GIB, KEPT: GIB})
    (_, held, estimate, share), (_, _, estimate_kept, _) = table.rows
    assert held == 2.0 and share == pytest.approx(2.0 / estimate)  # type: ignore[operator]
    assert estimate > estimate_kept, "nothing is encoded in a step"  # type: ignore[operator]


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to measure"):
        TrainBenchConfig(rounds=0)
    with pytest.raises(ConfigError, match="precision"):
        main([*TINY, "--recipe.precision", "16-mixed"])
