"""Whole-picture samples of real pairs: what is shown in which mode, and that chance is the sample's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.unit.data import try_on_trees as trees

from fitroom.contracts import Preprocessing
from fitroom.data.tryon import photo_sources as tryon_photo_sources
from fitroom.data.tryon.batches import TryOnModes
from fitroom.data.tryon.conditions import NUM_SIZES, REGIONS
from fitroom.data.tryon.photo_sources import PairPhotos
from fitroom.data.tryon.photos import PhotoAugment, PhotoDataset, collate_photos, sample_noise
from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_rgb_u8

SPEC = Preprocessing(64, 64, "pad")
MASKED, FREE = TryOnModes(0, 0, 1, 0), TryOnModes(1, 0, 0, 0)


@pytest.fixture
def root(tmp_path: Path, cache_home: Path) -> Path:
    return trees.viton_hd(tmp_path / "v", 4, split="train")


def test_masked_the_person_is_grey_inside_and_the_photo_is_the_truth(root: Path) -> None:
    photos = PairPhotos(str(root), "viton-hd", SPEC, select=1, limit=0)
    assert len(photos.fit) == 3 and len(photos.select) == 1 and not set(photos.fit) & set(photos.select)
    assert len(photos.files()) == 8
    sample = PhotoDataset(photos, photos.fit, photos.looked_at)[0]
    inside = sample.mask.bool().expand(3, -1, -1)
    assert inside.any() and not inside.all()
    assert not sample.person[inside].any() and torch.equal(sample.person[~inside], sample.worn[~inside])
    assert sample.conditions[2 * NUM_SIZES + len(REGIONS)] == 1
    with pytest.raises(ConfigError, match="cannot be shown in any mode"):
        photos.modes(FREE)


def test_a_photo_that_is_shown_twice_is_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = PairPhotos(str(root), "viton-hd", SPEC, 0, 0)
    read: list[Path] = []
    monkeypatch.setattr(tryon_photo_sources, "decode_rgb_u8", lambda path: read.append(path) or decode_rgb_u8(path))
    PhotoDataset(photos, photos.fit, MASKED, PhotoAugment(move=1, mirror=1))[0]
    assert sorted(path.parent.name for path in read) == ["cloth", "image"]


def test_mask_free_a_made_picture_stands_for_the_person(root: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    persons = sorted((root / "train/image").iterdir())
    for person in persons[:-1]:
        trees.put(made / f"{person.stem}.png", np.full((32, 24, 3), 200, np.uint8))
    with pytest.raises(DataError, match="1 persons have no made picture"):
        PairPhotos(str(root), "viton-hd", SPEC, 0, 0, str(made))
    shutil.copyfile(made / f"{persons[0].stem}.png", made / f"{persons[-1].stem}.png")
    photos = PairPhotos(str(root), "viton-hd", SPEC, 0, 0, str(made))
    assert photos.modes(TryOnModes(1, 1, 1, 1)) == TryOnModes(1, 1, 1, 1)
    sample = PhotoDataset(photos, photos.fit, FREE)[0]
    assert (sample.mask == 1).all() and sample.conditions[2 * NUM_SIZES + len(REGIONS)] == 0
    assert not torch.equal(sample.person, sample.worn)


def test_chance_follows_from_seed_epoch_and_sample(root: Path) -> None:
    photos = PairPhotos(str(root), "viton-hd", SPEC, 0, 0)
    data = PhotoDataset(photos, photos.fit, MASKED, PhotoAugment(move=1, mirror=0.5), seed=3)
    first, again, later = (collate_photos([data[(i, epoch)] for i in range(3)]) for epoch in (0, 0, 1))
    for name in vars(first):
        assert torch.equal(getattr(first, name), getattr(again, name))
    assert not torch.equal(first.person, later.person) and not torch.equal(first.seed, later.seed)
    noise, even = sample_noise(first.seed, (4, 8, 8))
    alone, _ = sample_noise(first.seed[1:2], (4, 8, 8))
    assert torch.equal(noise[1:2], alone) and ((even >= 0) & (even < 1)).all()
    moved = first.mask.bool().expand(-1, 3, -1, -1)
    assert not first.person[moved].any()
