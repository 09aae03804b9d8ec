"""Latents on disk: known by all that they depend on, and as good as not there where they are damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fitroom.contracts import Preprocessing
from fitroom.data.tryon.latent_store import LatentStore, latents_key, store_folder
from fitroom.errors import DataError

SHAPE = (4, 8, 6)
KEY = latents_key("a" * 64, None, False)


@pytest.fixture
def store(tmp_path: Path) -> LatentStore:
    return LatentStore(tmp_path / "latents", SHAPE)


def test_what_is_kept_is_found_again_to_the_bit(store: LatentStore) -> None:
    latents = torch.randn(SHAPE)
    assert store.find(KEY) is None
    store.keep(KEY, latents)
    found = store.find(KEY)
    assert found is not None and torch.equal(found, latents)
    assert store.find(latents_key("b" * 64, None, False)) is None


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "other shape", "folder"])
def test_what_is_damaged_is_not_there_and_can_be_made_again(store: LatentStore, damage: str) -> None:
    store.keep(KEY, torch.randn(SHAPE))
    (path,) = store.folder.rglob("*.safetensors")
    data = bytearray(path.read_bytes())
    if damage == "bit":
        data[-5] ^= 1
    elif damage == "other shape":
        other = LatentStore(store.folder, (4, 6, 8))
        other.keep(KEY, torch.randn(4, 6, 8))
        data = bytearray(path.read_bytes())
    path.write_bytes(data[: {"cut": len(data) // 2, "empty": 0}.get(damage, len(data))])
    if damage == "folder":
        path.unlink()
        path.mkdir()
        assert store.find(KEY) is None
        return
    assert store.find(KEY) is None
    latents = torch.randn(SHAPE)
    store.keep(KEY, latents)
    found = store.find(KEY)
    assert found is not None and torch.equal(found, latents)


def test_names_depend_on_picture_hidden_part_and_side() -> None:
    grey = np.zeros((64, 48), bool)
    other = grey.copy()
    other[3, 5] = True
    keys = {latents_key(sha, hidden, mirrored) for sha in ("a" * 64, "b" * 64)
            for hidden in (None, grey, other) for mirrored in (False, True)}  # fmt: skip
    assert len(keys) == 12


def test_the_folder_depends_on_autoencoder_frame_precision_and_device(cache_home: Path) -> None:
    square, tall = Preprocessing(64, 64, "pad"), Preprocessing(128, 64, "pad")
    told = [("a", square, "32-true", "cpu"), ("b", square, "32-true", "cpu"), ("a", tall, "32-true", "cpu"),
            ("a", square, "bf16-mixed", "cpu"), ("a", square, "32-true", "cuda")]  # fmt: skip
    assert len({store_folder(*words) for words in told}) == len(told)


def test_a_disk_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(DataError, match="latents cannot be kept"):
        LatentStore(tmp_path / "file", SHAPE).keep(KEY, torch.zeros(SHAPE))
