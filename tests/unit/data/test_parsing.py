"""Photos with their parse: which ones are read, how they are changed, and that all of it can be repeated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from tests.unit.data.tryon_rows import damage_page
from tests.unit.wardrobe.truth.rows import truth_row

from fitroom.contracts import UNKNOWN_PART, Part, Preprocessing
from fitroom.data.parsing.augment import ParseAugment, ParseAugmentConfig
from fitroom.data.parsing.backdrops import Backdrops
from fitroom.data.parsing.loaders import SizedSampler, TrainSize, step_size
from fitroom.data.parsing.photos import (
    ParseDataset,
    ParsedPhotos,
    collate_parses,
    labels_in,
    outputs_of_parts,
    read_photos,
    repeated,
)
from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.truth.encode import encode_mask
from fitroom.wardrobe.truth.rows import encode_row, schema

PLAIN = ParseAugmentConfig(
    flip=0, untouched=1, background=0, recolor=0, clutter=0, light=0, color=0, camera=0
)  # fmt: skip


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([encode_row(row) for row in rows], schema=schema())
    pq.write_table(table, path, compression="zstd", row_group_size=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three cases to learn from, of which two share their person photo; one to look at, one of the test split."""
    root = tmp_path_factory.mktemp("wardrobe")
    cases = [truth_row(i, case_id=f"train-{i}") for i in range(3)]
    cases[1] |= {"person": cases[0]["person"], "person_parse": cases[0]["person_parse"]}
    write(root / "data/train/shard-00000.parquet", cases)
    write(root / "data/validation/shard-00001.parquet", [truth_row(8, case_id="validation-8", split="validation")])
    write(root / "data/test/shard-00002.parquet", [truth_row(9, case_id="test-9", split="test")])
    return root


def person(height: int = 96, width: int = 72) -> tuple[np.ndarray, np.ndarray]:
    """A left arm in red and a right arm in green, before blue."""
    image = np.zeros((height, width, 3), np.uint8)
    parse = np.zeros((height, width), np.uint8)
    image[..., 2] = 200
    for part, channel, columns in ((Part.RIGHT_ARM, 1, slice(8, 24)), (Part.LEFT_ARM, 0, slice(40, 64))):
        image[20:80, columns] = 0
        image[20:80, columns, channel] = 220
        parse[20:80, columns] = part
    return image, parse


def test_each_different_photo_is_read_once_and_splits_stay_apart(folder: Path) -> None:
    photos = read_photos(folder)
    assert list(photos.manifest.table["sample_id"]) == [
        "train-0/person", "train-0/worn", "train-1/worn", "train-2/person", "train-2/worn",
        "validation-8/person", "validation-8/worn",
    ]  # fmt: skip
    fit, select = photos.of_part("fit"), photos.of_part("select")
    assert (len(fit), len(select)) == (5, 2)
    image_u8, parse = fit.pair(2)
    truth = truth_row(1)
    np.testing.assert_array_equal(parse, truth["worn_parse"])
    assert image_u8.shape == truth["worn"].shape
    assert Part.BACKGROUND.name in labels_in(photos)


def test_a_split_without_cases_is_an_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no case in these splits"):
        read_photos(folder, ["nothing"])


def test_a_damaged_page_names_its_shard(tmp_path: Path) -> None:
    write(tmp_path / "shard-00000.parquet", [truth_row()])
    damage_page(tmp_path / "shard-00000.parquet", "worn_parse")
    with pytest.raises(DataError, match=r"(?s)a shard is damaged.*shard-00000\.parquet"):
        read_photos(tmp_path)


def test_targets_are_places_among_the_labels_and_other_parts_are_background(folder: Path) -> None:
    photos = read_photos(folder).of_part("select")
    labels = ["BACKGROUND", "TOP"]
    sample = ParseDataset(photos, labels, Preprocessing(64, 48, "pad"))[0]
    assert sample["target"].shape == (64, 48) and sample["image_u8"].shape == (64, 48, 3)
    assert set(sample["target"].unique().tolist()) <= {0, 1}


def test_a_part_without_a_label_counts_as_what_it_lies_on() -> None:
    outputs = outputs_of_parts(["BACKGROUND", "TOP", "FACE"])
    assert outputs[Part.GLASSES] == outputs[Part.FACE] == 2 and outputs[Part.TOP] == 1
    assert outputs[Part.SKIRT] == outputs[Part.BACKGROUND] == 0 and outputs[UNKNOWN_PART] == UNKNOWN_PART
    assert outputs_of_parts(["TOP", "BACKGROUND"])[Part.GLASSES] == 1
    asked = outputs_of_parts(["BACKGROUND", "FACE", "GLASSES"])
    assert asked[Part.GLASSES] == 2


def test_a_sample_depends_on_seed_epoch_and_index_alone(folder: Path) -> None:
    augment = ParseAugment(ParseAugmentConfig(), Backdrops())
    data = ParseDataset(
        read_photos(folder).of_part("fit"), list(Part.__members__), Preprocessing(64, 48, "pad"), augment, seed=3
    )
    first, again, later = data[(1, 0, 64, 32)], data[(1, 0, 64, 32)], data[(1, 1, 64, 32)]
    assert first["image_u8"].shape == (64, 32, 3) and first["target"].shape == (64, 32)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["image_u8"], later["image_u8"])
    batch = collate_parses([first, later])
    assert batch.image_u8.shape == (2, 64, 32, 3) and batch.epoch.tolist() == [0, 1]


def test_nothing_asked_for_is_nothing_changed() -> None:
    image, parse = person()
    same, labels = ParseAugment(PLAIN, Backdrops())(image, parse, parse.shape, seed=0)
    assert np.array_equal(labels, parse) and np.abs(same.astype(int) - image).max() <= 1


def test_a_mirror_swaps_left_and_right() -> None:
    image, parse = person()
    config = ParseAugmentConfig(**{**vars(PLAIN), "flip": 1.0})
    mirrored, labels = ParseAugment(config, Backdrops())(image, parse, parse.shape, seed=0)
    assert (labels[50, 10:30] == Part.RIGHT_ARM).all(), "the arm in red was the left one, and now looks like the right"
    assert (mirrored[50, 10:30, 0] > 200).all()


@pytest.mark.parametrize("seed", range(6))
def test_photo_and_parse_are_moved_together(seed: int) -> None:
    image, parse = person(192, 144)
    config = ParseAugmentConfig(**{**vars(PLAIN), "untouched": 0.0, "flip": 0.5, "warp": 0.01})
    moved, labels = ParseAugment(config, Backdrops())(image, parse, (128, 96), seed)
    is_arm = np.isin(labels, (Part.LEFT_ARM, Part.RIGHT_ARM))
    is_blue = (moved[..., 2] > 190) & (moved[..., :2].max(-1) < 10)
    is_red_or_green = (moved[..., 2] < 10) & (moved[..., :2].max(-1) > 210)
    assert is_arm.any() and is_blue.any() and is_red_or_green.any()
    assert (is_blue & is_arm).mean() < 0.002 and (is_red_or_green[is_arm]).mean() > 0.8


@pytest.mark.parametrize("seed", range(6))
def test_what_nobody_knows_keeps_its_place_and_its_looks(seed: int) -> None:
    image, parse = person(192, 144)
    parse[parse == Part.LEFT_ARM] = UNKNOWN_PART
    moving = ParseAugmentConfig(**{**vars(PLAIN), "untouched": 0.0, "flip": 0.5})
    moved, labels = ParseAugment(moving, Backdrops())(image, parse, (128, 96), seed)
    assert (moved[labels == UNKNOWN_PART][:, 0] > 200).mean() > 0.8, "the arm in red"
    dressing = ParseAugmentConfig(**{**vars(PLAIN), "recolor": 1.0, "background": 1.0})
    changed, same = ParseAugment(dressing, Backdrops())(image, parse, parse.shape, seed)
    inner = np.s_[26:74, 46:58]
    assert np.array_equal(same, parse) and np.abs(changed[inner].astype(int) - image[inner]).max() <= 1


def test_a_garment_that_nobody_wears_stays_where_it_lies() -> None:
    image, parse = person()
    parse[parse > 0] = Part.TOP
    config = ParseAugmentConfig(**{**vars(PLAIN), "background": 1.0})
    same, _ = ParseAugment(config, Backdrops())(image, parse, parse.shape, seed=1)
    assert np.abs(same.astype(int) - image).max() <= 1


class OneColor(Backdrops):
    """Nothing but orange."""

    def draw(self, rng: np.random.Generator, height_px: int, width_px: int) -> np.ndarray:
        return np.full((height_px, width_px, 3), (200, 100, 0), np.uint8)


def test_clothes_get_the_cloth_of_photos_in_their_own_light() -> None:
    image, parse = person(96, 72)
    image[parse > 0] = np.linspace(60, 180, 72).astype(np.uint8)[None, :, None].repeat(96, 0)[parse > 0]
    parse[parse > 0] = Part.TOP
    config = ParseAugmentConfig(**{**vars(PLAIN), "recolor": 1.0, "cloth": 1.0})
    dressed, labels = ParseAugment(config, OneColor())(image, parse, parse.shape, seed=1)
    assert np.array_equal(labels, parse)
    cloth = dressed[parse > 0].astype(float)
    np.testing.assert_allclose(cloth[:, 1] / cloth[:, 0], 0.5, atol=0.03)
    light, shade = dressed[50, 62], dressed[50, 10]
    assert light[0] > 1.8 * shade[0], "brighter where the old cloth was"
    assert np.array_equal(dressed[parse == 0], image[parse == 0])


@pytest.mark.parametrize("name", ["background", "recolor", "light", "color", "camera"])
def test_looks_change_and_labels_do_not(name: str) -> None:
    image, parse = person()
    config = ParseAugmentConfig(**{**vars(PLAIN), name: 1.0})
    changed, labels = ParseAugment(config, Backdrops())(image, parse, parse.shape, seed=1)
    assert np.array_equal(labels, parse) and not np.array_equal(changed, image)
    if name == "background":
        inner = np.zeros_like(parse, dtype=bool)
        inner[24:76, 44:60] = True
        assert np.abs(changed[inner].astype(int) - image[inner]).max() <= 1, "the person stays"


def test_backgrounds_are_cut_from_photos_where_there_are_some(tmp_path: Path, photo_bytes: Any) -> None:
    with pytest.raises(DataError, match="no photos for backgrounds"):
        Backdrops(str(tmp_path))
    (tmp_path / "a.png").write_bytes(photo_bytes(format="PNG", color=(250, 10, 10)))
    backdrops = Backdrops(str(tmp_path))
    drawn = [backdrops.draw(np.random.default_rng(seed), 20, 30) for seed in range(12)]
    assert all(one.shape == (20, 30, 3) and one.dtype == np.uint8 for one in drawn)
    assert np.array_equal(drawn[3], backdrops.draw(np.random.default_rng(3), 20, 30))


def test_the_size_of_a_step_is_a_function_of_seed_and_step() -> None:
    sizes = [TrainSize(64, 32, 3.0), TrainSize(96, 64)]
    options = {"num_samples": 5, "global_batch_size": 4, "num_steps": 40, "seed": 1}
    whole = list(SizedSampler(sizes, **options))
    assert all(len({key[2:] for key in batch}) == 1 for batch in whole), "one size a batch"
    assert {batch[0][2:] for batch in whole} == {(64, 32), (96, 64)}
    resumed = list(SizedSampler(sizes, **options, start_step=7))
    assert resumed == whole[7:]
    ranks = [list(SizedSampler(sizes, **options, rank=rank, world_size=2)) for rank in (0, 1)]
    assert [a + b for a, b in zip(*ranks, strict=True)] == whole
    assert step_size(sizes, 1, 3) == step_size(sizes, 1, 3)


@pytest.mark.parametrize("values", [(33, 32, 1.0), (64, 64, 0.0), (0, 32, 1.0)])
def test_sizes_that_cannot_be_are_refused(values: tuple[int, int, float]) -> None:
    with pytest.raises(ConfigError, match="at this size"):
        TrainSize(*values)


@pytest.mark.parametrize("change", [{"flip": 1.5}, {"zoom_low": 2.0}, {"warp": 1.0}])
def test_changes_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="out of range"):
        ParseAugmentConfig(**change)


def test_photos_with_rare_parts_come_several_times() -> None:
    def png(*parts: Part) -> bytes:
        return encode_mask(np.array([[Part.BACKGROUND, *parts]], np.uint8))

    parses = [png(Part.TOP)] * 15 + [png(Part.TOP, Part.HAT)]
    photos = ParsedPhotos(None, [b""] * 16, parses)  # type: ignore[arg-type]
    assert repeated(photos, 0.0) == list(range(16)), "each once"
    assert repeated(photos, 1.0) == [*range(15), 15, 15, 15, 15], "sqrt(1 / (1 / 16)) times"


def test_a_view_from_behind_is_something_rare() -> None:
    def png(*parts: Part) -> bytes:
        return encode_mask(np.repeat(np.array(parts, np.uint8), 8).reshape(-1, 8))

    front, behind = png(Part.HAIR, Part.FACE), png(*[Part.HAIR] * 9, Part.FACE)
    photos = ParsedPhotos(None, [b""] * 4, [front] * 3 + [behind])  # type: ignore[arg-type]
    assert repeated(photos, 1.0) == [0, 1, 2, 3, 3], "sqrt(1 / (1 / 4)) times"


def test_a_place_that_is_repeated_is_another_sample(folder: Path) -> None:
    augment = ParseAugment(ParseAugmentConfig(), Backdrops())
    photos, spec = read_photos(folder).of_part("select"), Preprocessing(64, 48, "pad")
    data = ParseDataset(photos, list(Part.__members__), spec, augment, seed=3, places=[0, 1, 1])
    assert len(data) == 3
    assert not torch.equal(data[(1, 0, 64, 32)]["image_u8"], data[(2, 0, 64, 32)]["image_u8"])
