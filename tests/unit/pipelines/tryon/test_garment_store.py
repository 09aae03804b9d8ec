"""Garment features on disk: the same answer to the last bit, nothing damaged is believed, the folder stays small."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.unit.pipelines.tryon.photos import blocks_u8

from fitroom.bundles import Bundle
from fitroom.errors import ConfigError
from fitroom.images import pixel_sha256
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.pipelines.tryon.garment_store import GarmentStore


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    log = logging.getLogger("fitroom")
    log.addHandler(caplog.handler)
    yield caplog
    log.removeHandler(caplog.handler)


def opened(bundle: Bundle, folder: Path | None, mb: float = 2000.0) -> TryOnPipeline:
    return TryOnPipeline.from_bundle(bundle.path, device="cpu", garment_cache=folder, garment_cache_mb=mb)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*"))


@pytest.mark.parametrize("size", [(160, 120), (80, 160), (400, 304)])
def test_from_the_store_comes_what_was_kept_to_the_last_bit(
    tryon_bundle: Bundle, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    person, garment = blocks_u8(), blocks_u8(*size, seed=1)
    without = opened(tryon_bundle, None)
    expected, fresh = without.worn(person, garment), without.encode_garment(garment)
    np.testing.assert_array_equal(opened(tryon_bundle, tmp_path).worn(person, garment), expected)
    again = opened(tryon_bundle, tmp_path)
    monkeypatch.setattr(again, "_look_at", lambda image: pytest.fail("it was looked at again"))
    np.testing.assert_array_equal(again.worn(person, garment), expected)
    kept = again.encode_garment(garment)
    for name in ("tokens_BMD", "places_M2", "at_8", "at_4", "summary_BD", "mask_logits_B1HW"):
        mine, theirs = getattr(kept.features, name), getattr(fresh.features, name)
        assert torch.equal(mine, theirs) and mine.stride() == theirs.stride() and mine.dtype == theirs.dtype
    assert torch.equal(kept.texture, fresh.texture) and kept.texture.stride() == fresh.texture.stride()
    assert torch.equal(kept.small, fresh.small) and kept.small.stride() == fresh.small.stride()


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "other"])
def test_a_damaged_file_is_made_again(
    tryon_bundle: Bundle, tmp_path: Path, damage: str, said: pytest.LogCaptureFixture
) -> None:
    garment = blocks_u8(seed=1)
    expected = opened(tryon_bundle, tmp_path).worn(blocks_u8(), garment)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    flipped = whole[:-100] + bytes([whole[-100] ^ 1]) + whole[-99:]
    path.write_bytes({"cut": whole[:-7], "empty": b"", "flipped": flipped, "other": b"PK" * 300}[damage])
    np.testing.assert_array_equal(opened(tryon_bundle, tmp_path).worn(blocks_u8(), garment), expected)
    assert "made again" in said.text
    assert files(tmp_path) == [path] and path.read_bytes() == whole


def test_a_store_that_can_only_be_read_serves(
    tryon_bundle: Bundle, tmp_path: Path, said: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = opened(tryon_bundle, tmp_path).worn(blocks_u8(), blocks_u8(seed=1))

    def denied(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.utime", denied)
    again = opened(tryon_bundle, tmp_path)
    monkeypatch.setattr(again, "_look_at", lambda image: pytest.fail("it was looked at again"))
    np.testing.assert_array_equal(again.worn(blocks_u8(), blocks_u8(seed=1)), expected)
    assert "damaged" not in said.text


def test_another_bundle_has_another_folder(tryon_bundle: Bundle, tmp_path: Path) -> None:
    known = opened(tryon_bundle, tmp_path).encode_garment(blocks_u8())
    cpu, key = torch.device("cpu"), pixel_sha256(blocks_u8())
    assert GarmentStore(tmp_path, tryon_bundle.hash, cpu).read(key) is not None
    other = GarmentStore(tmp_path, "0" * 64, cpu)
    assert other.read(key) is None
    other.write(key, known)
    assert len(files(tmp_path)) == 2


def test_the_longest_unused_goes_first(tryon_bundle: Bundle, tmp_path: Path) -> None:
    pipeline = opened(tryon_bundle, tmp_path)
    for seed in range(3):
        pipeline.encode_garment(blocks_u8(seed=seed))
    store = pipeline._store
    assert store is not None
    paths = [store._path(pixel_sha256(blocks_u8(seed=seed))) for seed in range(3)]
    for age, path in zip((300, 200, 100), paths, strict=True):
        os.utime(path, (1e9 - age, 1e9 - age))
    assert store.read(pixel_sha256(blocks_u8(seed=0))) is not None  # used: the youngest now
    store.limit_bytes = 2 * paths[0].stat().st_size + 10
    store._make_room()
    assert files(tmp_path) == sorted([paths[0], paths[2]])


def test_a_folder_that_cannot_be(tryon_bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        opened(tryon_bundle, tmp_path / "file")
    with pytest.raises(ConfigError, match="too small"):
        opened(tryon_bundle, tmp_path, 0)


def test_a_full_disk_costs_no_answer(
    tryon_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: pytest.LogCaptureFixture
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    pipeline = opened(tryon_bundle, tmp_path)
    monkeypatch.setattr(Path, "write_bytes", full)
    assert pipeline.worn(blocks_u8(), blocks_u8(seed=1)).shape == (160, 120, 3)
    assert "could not be kept" in said.text and not files(tmp_path)
