"""The peer is no straw man: the same start, the same frozen parts, the same strength of augmentation."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import torch
from timm.data.auto_augment import rand_augment_transform
from torch import nn

from fitroom.bench.peer import BatchNorm, Loader, PeerTraining, augmentation, fastest_loader
from fitroom.bench.photos import link_photos, make_photos
from fitroom.bench.recognizer import RecognizerBenchConfig
from fitroom.bench.training import BlockSize, OurTraining, released_recipe, training_data
from fitroom.config import load_config, parse_config
from fitroom.data.recognition.augment import AugmentConfig
from fitroom.data.recognition.batches import resolve_heads
from fitroom.training.recognizer.config import RecognizerRunConfig

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
SIZE = BlockSize(1, 2)


@pytest.fixture
def ours(tiny_recipe: list[str], tmp_path: Path) -> OurTraining:
    recipe = parse_config(RecognizerBenchConfig, tiny_recipe).recipe
    manifest = make_photos(tmp_path / "photos", 16)
    heads = resolve_heads(recipe.model.heads, manifest)
    link_photos(manifest, tmp_path / "links", at_least=16)
    torch.manual_seed(0)
    return OurTraining(recipe, training_data(recipe, manifest, heads, SIZE), heads, SIZE, tmp_path / "run")


@pytest.mark.parametrize("batch_norm", get_args(BatchNorm))
def test_it_starts_alike_and_learns_what_we_learn(ours: OurTraining, tmp_path: Path, batch_norm: BatchNorm) -> None:
    peer = PeerTraining(ours, tmp_path / "links", batch_norm, Loader(0, False))
    before = {name: value.clone() for name, value in peer.model.state_dict().items()}
    assert all(torch.equal(before[name], value) for name, value in ours.start.items() if name in before)
    assert {name for name in ours.start if "num_batches" not in name} <= set(before)

    assert peer.block() > 0
    after = peer.model.state_dict()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    statistics = {name for name in after if "running_" in name}
    norms = {
        f"{name}.{tensor}"
        for name, module in peer.model.named_modules()
        if "BatchNorm" in type(module).__name__
        for tensor in ("weight", "bias")
    }
    learned = {name for name in ours.start if name not in ours.frozen_parameters | statistics | norms}
    assert ours.frozen_parameters, "the recipe freezes a stage"
    assert not changed & ours.frozen_parameters
    assert {name for name in learned if "num_batches" not in name} <= changed
    assert bool(changed & statistics) == (batch_norm == "trained")
    assert bool(changed & norms) == (batch_norm != "freeze_batch_norm_2d")


def test_our_block_trains_too(ours: OurTraining) -> None:
    backbone: nn.Module = ours.module.model.backbone
    assert ours.block() > 0
    after = backbone.state_dict()
    changed = {name for name, value in ours.start.items() if not torch.equal(value, after[name])}
    assert changed
    assert not changed & ours.frozen_parameters


def test_randaugment_is_as_strong_and_as_frequent() -> None:
    words = augmentation(AugmentConfig(randaugment_ops=3, randaugment_magnitude=9))["auto_augment"]
    transform = rand_augment_transform(words, {})
    assert transform.num_layers == 3
    # 9 of torchvision's 30 are 3 of timm's 10; torchvision draws "identity" once in 14.
    assert {(op.magnitude, op.prob) for op in transform.ops} == {(3, 0.93)}
    assert augmentation(AugmentConfig(randaugment_ops=0))["auto_augment"] is None


def test_it_keeps_the_fastest_loader(ours: OurTraining, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = PeerTraining(ours, tmp_path / "links", "trained", Loader(0, False))
    monkeypatch.setattr(peer, "block", lambda size: 10.0 * peer.loader.num_workers - peer.loader.prefetcher)
    assert fastest_loader(peer, SIZE) == peer.loader == Loader(2, False)


def test_the_default_recipe_is_the_released_one() -> None:
    released, ours = load_config(RecognizerRunConfig, CONFIGS / "train" / "recognizer_clothing.yaml"), released_recipe()
    for name in ("model", "preprocessing", "augment", "mix", "optim", "batch_size", "label_smoothing", "ema_decay",
                 "precision", "channels_last", "accumulate"):  # fmt: skip
        assert getattr(ours, name) == getattr(released, name), name
    assert (ours.data.num_workers, ours.data.cache) == (released.data.num_workers, released.data.cache)
