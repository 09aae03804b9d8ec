"""Reading VITON-HD in its several spellings, and what is said of a copy that is not whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.data import try_on_trees as trees

from fitroom.contracts import PART_FROM_CIHP
from fitroom.data.pairs.viton_hd import VitonHd
from fitroom.errors import DataError, ImageError

pytestmark = pytest.mark.usefixtures("cache_home")


def names(dataset: VitonHd) -> list[tuple[str, str]]:
    return [(pair.person, pair.garment) for pair in dataset.pairs]


def test_its_own_list_is_the_unpaired_one_and_paired_takes_its_persons(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    assert names(VitonHd(root))[0] == ("00000_00.jpg", "00001_00.jpg")
    assert names(VitonHd(root, paired=True)) == [(f"{i:05d}_00.jpg",) * 2 for i in range(3)]


def test_a_pair_is_a_sample_with_all_that_is_there(tmp_path: Path) -> None:
    sample = VitonHd(trees.viton_hd(tmp_path))[0]
    assert sample.worn_u8 is None
    assert sample.ids == {"person": "00000_00", "garment": "00001_00"}
    assert (sample.garment.category, sample.split, sample.provenance) == ("upper_body", "test", "viton-hd")
    assert sample.repaint_mask is not None and sample.repaint_mask.mean() == 0.5
    assert sample.garment.mask is not None and sample.garment.mask.all()
    assert sample.person.parse is not None
    np.testing.assert_array_equal(sample.person.parse[:, 0], [PART_FROM_CIHP[label] for label in trees.labels()[:, 0]])


def test_keypoints_are_in_the_order_of_coco(tmp_path: Path) -> None:
    points = VitonHd(trees.viton_hd(tmp_path))[0].person.keypoints
    assert points is not None
    assert points[0].tolist() == [10, 20, 2]  # nose
    assert points[5, 0] == 10 + 5 and points[6, 0] == 10 + 2  # left and right shoulder
    assert points[15, 0] == 10 + 14  # left ankle


def test_paired_truth_is_the_person_photo(tmp_path: Path) -> None:
    sample = VitonHd(trees.viton_hd(tmp_path), paired=True)[2]
    np.testing.assert_array_equal(sample.worn_u8, sample.person.image_u8)


@pytest.mark.parametrize("spelling", ["image-parse", "image_parse", "image-parse-v3"])
def test_folders_have_several_spellings(tmp_path: Path, spelling: str) -> None:
    sample = VitonHd(trees.viton_hd(tmp_path, parse=spelling, pose="openpose-json"))[0]
    assert sample.person.parse is not None and sample.person.keypoints is not None


@pytest.mark.parametrize("name", ["test_pairs.txt", "test_pairs_unpaired.txt", "test_pairs_unpaired_1018.txt"])
def test_the_list_has_several_names(tmp_path: Path, name: str) -> None:
    assert names(VitonHd(trees.viton_hd(tmp_path, list_name=name)))[2] == ("00002_00.jpg", "00000_00.jpg")


def test_photos_alone_will_do(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    for folder in ("cloth-mask", "agnostic-mask", "image-parse-v3", "openpose_json"):
        (root / "test" / folder).rename(tmp_path / folder)
    sample = VitonHd(root)[0]
    assert sample.repaint_mask is sample.person.parse is sample.person.keypoints is sample.garment.mask is None


def test_a_folder_of_masks_that_holds_none_of_these_pairs_is_as_good_as_absent(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    for mask in (root / "test/agnostic-mask").iterdir():
        mask.rename(mask.with_name("other" + mask.name))
    assert VitonHd(root)[0].repaint_mask is None


# ------------------------------------------------------------------------------------------------------ faults


def said(root: Path, **options: bool | str) -> str:
    with pytest.raises(DataError) as caught:
        VitonHd(root, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_pairs_that_point_nowhere_are_all_named(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    (root / "test/image/00001_00.jpg").unlink()
    (root / "test/cloth/00000_00.jpg").unlink()
    text = said(root)
    assert "2 files" in text and "person: test/image/00001_00.jpg" in text
    assert "garment: test/cloth/00000_00.jpg" in text


def test_a_mask_that_is_lost_is_named(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    (root / "test/agnostic-mask/00002_00_mask.png").unlink()
    assert "repaint_mask: test/agnostic-mask/00002_00_mask.png" in said(root)


def test_missing_folders(tmp_path: Path) -> None:
    assert "is not there" in said(tmp_path / "none")
    root = trees.viton_hd(tmp_path)
    (root / "test/cloth").rename(tmp_path / "clothes")
    assert str(root / "test/cloth") in said(root)
    assert "there is no such split" in said(root, split="validation")


def test_an_unreadable_photo_is_named_before_anything_is_scored(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    broken = root / "test/cloth/00001_00.jpg"
    broken.write_bytes(broken.read_bytes()[:300])
    dataset = VitonHd(root)
    with pytest.raises(DataError, match=r"test/cloth/00001_00\.jpg"):
        dataset.facts()
    with pytest.raises(ImageError, match=r"00001_00\.jpg"):
        dataset[0]


def test_lists_that_are_of_the_other_kind(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    own = [f"{i:05d}_00.jpg {i:05d}_00.jpg" for i in range(3)]
    trees.put_text(root / "test_pairs_unpaired.txt", own)
    assert "3 of 3 pairs" in said(root)
    (root / "test_pairs.txt").rename(root / "test_pairs_paired.txt")
    assert "00000_00.jpg 00001_00.jpg" in said(root, paired=True)


def test_lines_that_are_no_pairs_and_pairs_that_are_there_twice(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    trees.put_text(root / "test_pairs.txt", ["00000_00.jpg", "../a.jpg b.jpg", "00000_00.jpg 00001_00.jpg"])
    text = said(root)
    assert "line 1: 00000_00.jpg" in text and "line 2: ../a.jpg" in text and "line 3" not in text
    trees.put_text(root / "test_pairs.txt", ["00000_00.jpg 00001_00.jpg"] * 2)
    assert "twice" in said(root)
    (root / "test_pairs.txt").write_text("\n")
    assert "is empty" in said(root)
    (root / "test_pairs.txt").unlink()
    assert "no list of the unpaired pairs" in said(root)


def test_several_lists_that_could_be_meant(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path, list_name="test_pairs_unpaired_a.txt")
    (root / "test_pairs_unpaired_b.txt").write_text("00000_00.jpg 00001_00.jpg\n")
    assert "test_pairs_unpaired_a.txt, test_pairs_unpaired_b.txt" in said(root)


def test_a_coloured_parse_and_one_of_another_size_are_refused(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    path = root / "test/image-parse-v3/00000_00.png"
    trees.put(path, trees.photo(0))
    with pytest.raises(ImageError, match="no picture of labels"):
        VitonHd(root)[0]
    trees.put_palette(path, trees.labels()[:20])
    with pytest.raises(DataError, match="differ in size"):
        VitonHd(root)[0]
    trees.put_palette(path, trees.labels() + 5)
    with pytest.raises(DataError, match="labels that are not known"):
        VitonHd(root)[0]


def test_keypoints_of_another_form_are_refused(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    path = root / "test/openpose_json/00000_00_keypoints.json"
    path.write_text('{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}')
    with pytest.raises(DataError, match="keypoints"):
        VitonHd(root)[0]
    path.write_text('{"people": []}')
    assert VitonHd(root)[0].person.keypoints is None
