"""Photos of garments become photos with a parse: who is taken, and what their parse says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.pipelines.prepare.test_garment_mask import iou, photo, shirt

from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.manifest import read_source
from fitroom.data.parsing.labelled import read_labelled
from fitroom.data.source import SourceConfig
from fitroom.errors import DataError
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.prepare import garment_parses
from fitroom.pipelines.prepare.garment_parses import TAKEN, UNSURE, WORN, main, parse_of, write

BLUE, WHITE = (40, 60, 140), (245, 245, 245)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two shirts and a skirt that can be cut out, one shirt that cannot, and a hat, which has no part."""
    root, rng = tmp_path / "photos", np.random.default_rng(0)
    grey = rng.integers(100, 140, (200, 150, 3)).astype(np.uint8)
    shown = {
        "t-shirt/a": photo(shirt(), BLUE, WHITE, 1), "t-shirt/b": photo(shirt(), (180, 60, 60), (150, 130, 100), 12),
        "t-shirt/doubtful": grey, "skirt/c": photo(shirt(), (30, 90, 40), WHITE, 2),
        "hat/d": photo(shirt(), (90, 30, 40), WHITE, 2),
    }  # fmt: skip
    for name, image in shown.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(root / f"{name}.png")
    return root


def test_the_cut_is_the_garment_and_its_rim_is_not_known() -> None:
    parse = parse_of(photo(shirt(), BLUE, WHITE, 1), Part.DRESS)
    assert parse is not None and set(np.unique(parse)) == {Part.BACKGROUND, Part.DRESS, UNKNOWN_PART}
    assert not (parse == Part.DRESS)[~shirt()].any() and not (parse == Part.BACKGROUND)[shirt()].any()
    assert iou(parse == Part.DRESS, shirt()) > 0.8 and (parse == UNKNOWN_PART).mean() < 0.15


@pytest.mark.parametrize("workers", [1, 2])
def test_what_can_be_learned_from_is_written(photos: Path, tmp_path: Path, workers: int) -> None:
    manifest, _ = read_source(SourceConfig(str(photos)))
    assert write(manifest, tmp_path / "out", workers=workers) == {TAKEN: 3, UNSURE: 1}
    made = read_labelled(tmp_path / "out")
    assert list(made.manifest.table["sample_id"]) == ["skirt/c", "t-shirt/a", "t-shirt/b"]
    assert list(made.manifest.table["group"]) == [f"{name}.png" for name in made.manifest.table["sample_id"]]
    parts = [set(np.unique(made.pair(i)[1])) - {UNKNOWN_PART} for i in range(3)]
    assert parts == [{Part.BACKGROUND, Part.SKIRT}, {Part.BACKGROUND, Part.TOP}, {Part.BACKGROUND, Part.TOP}]


def test_who_wears_something_is_left_out(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(image_u8: np.ndarray) -> Pose | None:
        red, _, blue = (int(value) for value in image_u8[100, 75])
        return Pose(np.zeros((17, 3))) if blue > red + 60 else None  # who wears blue

    monkeypatch.setattr(garment_parses, "_opened", lambda _: found)
    manifest, _ = read_source(SourceConfig(str(photos)))
    assert write(manifest, tmp_path / "out", pose=Path("some")) == {TAKEN: 2, UNSURE: 1, WORN: 1}


def test_the_command_writes_a_new_folder_or_nothing(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main([str(photos), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.split()[:2] == ["3", "taken"]
    with pytest.raises(DataError, match="there already"):
        main([str(photos), "--out", str(tmp_path / "out")])
    for name in ("skirt/c", "t-shirt/a", "t-shirt/b"):
        (photos / f"{name}.png").unlink()
    with pytest.raises(DataError, match="can be learned from"):
        main([str(photos), "--out", str(tmp_path / "other")])
    assert not (tmp_path / "other").exists() and not list(tmp_path.glob(".other*"))
