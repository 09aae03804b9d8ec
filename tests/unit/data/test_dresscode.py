"""Reading DressCode: categories, both places of its lists, and what is said where a pair lies nowhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.data import try_on_trees as trees

from fitroom.contracts import PART_FROM_ATR
from fitroom.data.pairs.dresscode import CATEGORIES, DressCode
from fitroom.errors import DataError

pytestmark = pytest.mark.usefixtures("cache_home")


@pytest.mark.parametrize("lists_at_root", [False, True])
@pytest.mark.parametrize("paired", [False, True])
def test_pairs_of_all_categories(tmp_path: Path, lists_at_root: bool, paired: bool) -> None:
    dataset = DressCode(trees.dresscode(tmp_path, lists_at_root=lists_at_root), paired=paired)
    assert [pair.category for pair in dataset.pairs] == [name for name in CATEGORIES for _ in range(2)]
    garment = "000000_1.jpg" if paired else "000001_1.jpg"
    assert (dataset.pairs[2].person, dataset.pairs[2].garment) == ("000000_0.jpg", garment)


@pytest.mark.parametrize("lists_at_root", [False, True])
def test_some_categories_only_need_not_have_the_others(tmp_path: Path, lists_at_root: bool) -> None:
    root = trees.dresscode(tmp_path, lists_at_root=lists_at_root)
    (root / "upper_body").rename(tmp_path / "elsewhere")
    dataset = DressCode(root, categories=("dresses",))
    assert {pair.category for pair in dataset.pairs} == {"dresses"}


def test_a_list_without_a_column_of_categories_is_told_by_the_folders(tmp_path: Path) -> None:
    root = trees.dresscode(tmp_path)
    for category in CATEGORIES:
        for path in (root / category).glob("*.txt"):
            path.unlink()
    for stem in ("000007_0", "000007_1"):
        trees.put(root / f"dresses/images/{stem}.jpg", trees.photo(7))
    trees.put_palette(root / "dresses/label_maps/000007_4.png", trees.labels())
    (root / "dresses/keypoints/000000_2.json").rename(root / "dresses/keypoints/000007_2.json")
    trees.put_text(root / "test_pairs_paired.txt", ["000007_0.jpg 000007_1.jpg"])
    assert DressCode(root, paired=True).pairs[0].category == "dresses"
    trees.put_text(root / "test_pairs_paired.txt", ["000000_0.jpg 000000_1.jpg"])  # lies in all three
    with pytest.raises(DataError, match="lie in no category") as caught:
        DressCode(root, paired=True)
    assert "000000_0.jpg 000000_1.jpg" in str(caught.value)


def test_a_pair_is_a_sample_with_parse_and_scaled_keypoints(tmp_path: Path) -> None:
    sample = DressCode(trees.dresscode(tmp_path), paired=True)[4]
    assert sample.garment.category == "dresses"
    np.testing.assert_array_equal(sample.worn_u8, sample.person.image_u8)
    assert sample.person.parse is not None and sample.person.keypoints is not None
    np.testing.assert_array_equal(sample.person.parse[:, 0], [PART_FROM_ATR[label] for label in trees.labels()[:, 0]])
    np.testing.assert_allclose(sample.person.keypoints[3], [5 * 32 / 512, 6 * 32 / 512, 2])
    assert sample.repaint_mask is None


def test_masks_by_third_parties_are_read(tmp_path: Path) -> None:
    root = trees.dresscode(tmp_path)
    for i in range(2):
        trees.put(root / f"dresses/agnostic_masks/{i:06d}_0.png", trees.half_mask())
    sample = DressCode(root, categories=("dresses",))[0]
    assert sample.repaint_mask is not None and sample.repaint_mask[-1].all() and not sample.repaint_mask[0].any()


def test_unknown_categories_name_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="did you mean 'dresses'"):
        DressCode(trees.dresscode(tmp_path), categories=("dress",))


def test_a_lost_photo_is_named_with_its_category(tmp_path: Path) -> None:
    root = trees.dresscode(tmp_path)
    (root / "lower_body/images/000001_1.jpg").unlink()
    with pytest.raises(DataError, match=r"garment: lower_body/images/000001_1\.jpg"):
        DressCode(root)
