"""Photos cut to their garments are a source like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.data.deepfashion_tree import deepfashion, put_list

from fitroom.data.manifest import read_source
from fitroom.data.recognition.crop import main
from fitroom.data.source import SourceConfig
from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_rgb_u8

pytestmark = pytest.mark.usefixtures("cache_home")


def words(root: Path, out: Path, *more: str) -> list[str]:
    return ["--source.root", str(root), "--out", str(out), *more]


def test_labels_stay_and_pictures_are_those_of_the_boxes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = deepfashion(tmp_path / "set"), tmp_path / "crops"
    assert main(words(root, out, "--margin", "0")) == 0
    assert "6 photos" in capsys.readouterr().out
    before, _ = read_source(SourceConfig(str(root)))
    labels = {name: name for name in before.labels}
    after, report = read_source(SourceConfig(str(out), label_columns=labels))
    assert report.problems == []
    columns = ["split", "group", *before.labels]
    assert after.table[columns].equals(before.table[columns])
    assert after.table["width_px"].tolist() == [31 - i for i in range(6)]
    assert set(after.table["height_px"]) == {39}
    cut = decode_rgb_u8(after.path(after.table["sample_id"][3]))
    whole = decode_rgb_u8(before.path(before.table["sample_id"][3]))
    assert np.abs(cut.astype(int) - whole[2:41, 3:31]).mean() < 12, "noise, saved as JPEG twice"


def test_a_margin_ends_at_the_photos_edge(tmp_path: Path) -> None:
    root, out = deepfashion(tmp_path / "set"), tmp_path / "crops"
    main(words(root, out, "--margin", "0.2"))
    crops, _ = read_source(SourceConfig(str(out)))
    assert crops.table.loc[0, ["width_px", "height_px"]].tolist() == [39, 48]


def test_two_photos_that_differ_in_their_ending_alone_stay_two(tmp_path: Path) -> None:
    root, out = deepfashion(tmp_path / "set"), tmp_path / "crops"
    old, new = "img/Item_0_Name/img_00000001.jpg", "img/Item_0_Name/img_00000000.png"
    Image.open(root / "Img" / old).save(root / "Img" / new)
    (root / "Img" / old).unlink()
    for table in root.rglob("*.txt"):
        table.write_text(table.read_text().replace(old, new))
    main(words(root, out))
    crops, report = read_source(SourceConfig(str(out)))
    assert report.problems == [] and len(crops) == 6
    assert {"img_00000000.png.jpg", "img_00000000.jpg.jpg"} < {Path(name).name for name in crops.table["sample_id"]}


def test_what_cannot_be_cut_is_named_and_leaves_nothing(tmp_path: Path, image_folder) -> None:
    out = tmp_path / "crops"
    with pytest.raises(DataError, match="knows no boxes"):
        main(words(image_folder(), out))
    root = deepfashion(tmp_path / "set")
    name = "img/Item_0_Name/img_00000000.jpg"
    put_list(root / "Anno_coarse/list_bbox.txt", "x", [f"{name} 40 1 50 9"])
    with pytest.raises(DataError, match=r"5 photos have no box(.|\n)*img_00000005"):
        main(words(root, out))
    rest = [f"img/Item_{i // 2}_Name/img_{i:08d}.jpg 1 1 9 9" for i in range(1, 6)]
    put_list(root / "Anno_coarse/list_bbox.txt", "x", [f"{name} 40 1 50 9", *rest])
    with pytest.raises(DataError, match=r"1 boxes lie outside(.|\n)*img_00000000"):
        main(words(root, out))
    with pytest.raises(ConfigError, match="margin"):
        main(words(root, out, "--margin", "-1"))
    assert sorted(path.name for path in tmp_path.iterdir() if "crops" in path.name) == []
    out.mkdir()
    with pytest.raises(DataError, match="there already"):
        main(words(root, out))
