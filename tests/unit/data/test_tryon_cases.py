"""Decoding of cases: exact flow and light, a cache that is used, shards that are added."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from tests.unit.data.tryon_rows import IN_WORN, LIGHT, RECIPE, SIDE, damage_page, tryon_row, write_wardrobe

from fitroom.data.tryon import cases as tryon_cases
from fitroom.data.tryon.cases import (
    COVER,
    FLAGS,
    FLOW,
    GAIN,
    LAYOUT,
    SHOWN,
    Stacked,
    bleed,
    decode_case,
    read_cases,
)
from fitroom.data.tryon.terms import GAIN_OFFSET, GAIN_SCALE, TARGET
from fitroom.errors import DataError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tryon_cases, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_flow_cover_and_light_are_those_of_the_simulation() -> None:
    _, decoded = decode_case(tryon_row(), RECIPE)
    quarters = decoded["quarters"].astype(np.float32)
    inner = (slice(6, 12), slice(4, 10))
    assert (quarters[COVER][inner] == 1).all() and quarters[COVER][0, 0] == 0
    x = (np.arange(4, 10) * 4 + 2 + 4) * 2 / SIDE - 1
    np.testing.assert_allclose(quarters[FLOW][0][inner], np.broadcast_to(x, (6, 6)), atol=2e-3)
    cloth = decode_case(tryon_row(), RECIPE)[1]["pictures"][1][IN_WORN].mean() / 255 / LIGHT
    expected = GAIN_SCALE * np.log((cloth * LIGHT + GAIN_OFFSET) / (cloth + GAIN_OFFSET))
    assert quarters[GAIN][(slice(None), *inner)].mean() == pytest.approx(expected, abs=0.08)


def test_the_target_is_where_the_flow_says_whatever_its_label() -> None:
    row = tryon_row()
    row["worn_parse"][:] = 9  # outerwear everywhere
    _, decoded = decode_case(row, RECIPE)
    assert ((decoded["maps"][LAYOUT] == TARGET) == np.isfinite(row["flow"]).all(-1)).all()
    assert (((decoded["maps"][FLAGS] & SHOWN) > 0) == row["flow_visible"]).all()


def test_joints_are_shares_of_the_picture_and_may_be_unknown() -> None:
    points = np.zeros((17, 3), np.float32)
    points[:, 1] = SIDE * np.arange(17) / 10
    facts, _ = decode_case(tryon_row(keypoints=points, px_per_cm=0.5), RECIPE)
    assert facts["joints"] == pytest.approx([0.55, 1.15, 1.35, 1.55], abs=1e-6) and facts["frame_cm"] == SIDE / 0.5
    for unknown in ({"keypoints": None}, {"px_per_cm": None}):
        facts, _ = decode_case(tryon_row(**unknown), RECIPE)
        assert facts["joints"] is None and facts["frame_cm"] is None


@pytest.mark.parametrize("depth_px", [1.0, 1.5, 2.0, 2.25, 3.0])
def test_the_garments_inner_is_what_a_distance_transform_says(depth_px: float) -> None:
    rng = np.random.default_rng(0)
    for share in (0.7, 0.95, 1.0):
        inside = rng.random((23, 31)) < share
        depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        np.testing.assert_array_equal(tryon_cases._deeper_than(depth_px, inside), depth > depth_px)


def test_colours_are_bled_beyond_the_edge_and_not_mixed_with_the_backdrop() -> None:
    photo = np.full((64, 64, 3), 255, np.uint8)
    mask = np.zeros((64, 64), bool)
    mask[20:40, 20:40] = True
    photo[mask] = 10
    photo[20, 20:40] = 130  # an edge row, half backdrop
    assert (bleed(photo, mask) == 10).all()
    np.testing.assert_array_equal(bleed(photo, np.zeros_like(mask)), photo)


@pytest.mark.parametrize("name", ["person", "worn", "garment"])
def test_pictures_of_other_proportions_than_the_frames_are_refused(name: str) -> None:
    row = tryon_row()
    row[name] = row[name][: SIDE * 3 // 4]
    with pytest.raises(DataError, match=f"(?s)does not fit the frame.*{name}"):
        decode_case(row, RECIPE)


def test_a_frame_of_another_size_scales_the_flow() -> None:
    small = decode_case(tryon_row(), RECIPE)[1]["quarters"]
    doubled = {
        **tryon_row(),
        **{
            name: np.repeat(np.repeat(tryon_row()[name], 2, 0), 2, 1)
            for name in ("person", "garment", "worn", "worn_parse", "garment_mask", "repaint_mask", "flow_visible")
        },
        "flow": np.repeat(np.repeat(tryon_row()["flow"], 2, 0), 2, 1) * 2,
    }
    large = decode_case(doubled, RECIPE)[1]["quarters"]
    np.testing.assert_allclose(large[FLOW], small[FLOW], atol=0.04)


def test_the_cache_is_read_again_and_a_new_shard_costs_itself_alone(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_wardrobe(tmp_path / "w", [tryon_row(0), tryon_row(1, "validation")])
    first = read_cases(root, RECIPE)
    assert [row["split"] for row in first.rows] == ["train", "validation"]
    assert first.of_split("validation").tolist() == [1]
    counted = []
    monkeypatch.setattr(tryon_cases, "decode_case", lambda *a: counted.append(1) or decode_case(*a))
    again = read_cases(root, RECIPE)
    assert not counted
    np.testing.assert_array_equal(again.pictures[1], first.pictures[1])
    shard = write_wardrobe(tmp_path / "more", [tryon_row(2)]) / "data/train/shard-00000.parquet"
    shard.rename(root / "data/train/shard-00001.parquet")
    assert len(read_cases(root, RECIPE)) == 3 and len(counted) == 1
    assert again.manifest.digest == first.manifest.digest


def test_a_decoding_that_fails_leaves_nothing_behind(tmp_path: Path, cache: Path) -> None:
    root = write_wardrobe(tmp_path / "w", [tryon_row(0), tryon_row(1, flow=None)])
    with pytest.raises(DataError, match="cannot be learned from"):
        read_cases(root, RECIPE)
    assert not list((cache / "tryon").iterdir())


def test_a_damaged_page_names_its_shard(tmp_path: Path, cache: Path) -> None:
    root = write_wardrobe(tmp_path / "w", [tryon_row(0)])
    damage_page(root / "data/train/shard-00000.parquet", "worn")
    with pytest.raises(DataError, match=r"(?s)a shard is damaged.*shard-00000\.parquet"):
        read_cases(root, RECIPE)


def test_no_case_in_the_split_is_said(tmp_path: Path, cache: Path) -> None:
    root = write_wardrobe(tmp_path / "w", [tryon_row(0)])
    with pytest.raises(DataError, match="no case in these splits"):
        read_cases(root, RECIPE, ("test",))


def test_stacked_arrays_are_one() -> None:
    parts = [np.arange(6).reshape(3, 2), np.arange(6, 10).reshape(2, 2)]
    stacked, whole = Stacked(parts), np.concatenate(parts)
    assert len(stacked) == 5
    for i in range(5):
        np.testing.assert_array_equal(stacked[i], whole[i])
        assert stacked[i, 1] == whole[i, 1]
