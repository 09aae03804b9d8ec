"""Reading VITON, and telling its test persons from those it trains on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.data import try_on_trees as trees

from fitroom.data.pairs.viton import Viton
from fitroom.errors import DataError

pytestmark = pytest.mark.usefixtures("cache_home")


def test_garments_are_numbered_after_persons(tmp_path: Path) -> None:
    root = trees.viton(tmp_path)
    assert str(Viton(root, paired=True).pairs[1]) == "000001_0.png 000001_1.png upper_body"
    assert str(Viton(root).pairs[3]) == "000003_0.png 000000_1.png upper_body"


def test_a_pair_is_a_sample(tmp_path: Path) -> None:
    sample = Viton(trees.viton(tmp_path))[0]
    assert sample.person.parse is not None
    assert sample.person.keypoints is not None
    assert sample.person.keypoints[5, 0] == 10 + 5 and sample.person.keypoints[15, 0] == 10 + 13
    assert sample.worn_u8 is None and sample.repaint_mask is None


def test_clean_leaves_out_train_persons_whatever_their_file(tmp_path: Path) -> None:
    root = trees.viton(tmp_path, repeated=(0, 2))
    dataset = Viton(root, clean=True)
    assert [pair.person for pair in dataset.pairs] == ["000001_0.png", "000003_0.png"]
    assert dataset.num_removed == 2
    assert len(Viton(root)) == 4


def test_clean_leaves_out_train_garments_too(tmp_path: Path) -> None:
    root = trees.viton(tmp_path, garments=(1,))  # which the first test person is to put on
    assert [pair.person for pair in Viton(root, clean=True).pairs] == ["000001_0.png", "000002_0.png", "000003_0.png"]
    assert Viton(root, paired=True, clean=True).num_removed == 1


def test_clean_needs_the_train_split_and_something_left(tmp_path: Path) -> None:
    root = trees.viton(tmp_path, repeated=range(4))
    with pytest.raises(DataError, match="all test pairs"):
        Viton(root, clean=True)
    (root / "train").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="not there"):
        Viton(root, clean=True)
    (root / "train/image").mkdir(parents=True)
    (root / "train/cloth").mkdir()
    with pytest.raises(DataError, match="no train photos"):
        Viton(root, clean=True)


def test_a_broken_train_photo_is_named_not_overlooked(tmp_path: Path) -> None:
    root = trees.viton(tmp_path)
    (root / "train/image/000901_0.bmp").write_bytes(b"BM nothing")
    with pytest.raises(DataError, match=r"000901_0\.bmp"):
        Viton(root, clean=True)


def test_a_name_that_tells_no_garment(tmp_path: Path) -> None:
    root = trees.viton(tmp_path)
    trees.put_text(root / "test_pairs.txt", ["model.png 000001_1.png"])
    with pytest.raises(DataError, match="_0"):
        Viton(root, paired=True)
