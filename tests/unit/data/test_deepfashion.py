"""DeepFashion Category and Attribute as photos with labels, and what is said of lists that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests.unit.data.deepfashion_tree import FINE, deepfashion, put_list

from fitroom.contracts import Head
from fitroom.data.check import main
from fitroom.data.manifest import Manifest, read_source
from fitroom.data.recognition.batches import encode_targets, resolve_heads
from fitroom.data.recognition.deepfashion import read_boxes
from fitroom.data.source import SourceConfig, list_source
from fitroom.errors import ConfigError, DataError

pytestmark = pytest.mark.usefixtures("cache_home")

COARSE = "Anno_coarse/list_category_img.txt"
PHOTO = "img/Item_0_Name/img_00000000.jpg"


def listed(root: Path, **settings: object) -> pd.DataFrame:
    return list_source(SourceConfig(str(root), **settings)).rows  # type: ignore[arg-type]


def edit(path: str, change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def plant(root: Path) -> None:
        lines = (root / path).read_text(encoding="utf-8").splitlines()
        (root / path).write_text("\n".join(change(lines)) + "\n", encoding="utf-8")

    return plant


def test_photos_come_with_category_attributes_item_and_official_split(tmp_path: Path) -> None:
    rows = listed(deepfashion(tmp_path))
    assert list(rows.columns) == [
        "sample_id", "group", "split", "category", "texture", "fabric", "shape", "part", "style",
    ]  # fmt: skip
    assert rows.iloc[0].dropna().to_dict() == {
        "sample_id": f"Img/{PHOTO}", "group": "Item_0_Name", "split": "train", "category": "Blouse",
        "texture": "floral", "fabric": "|", "part": "|", "style": "|",
    }  # fmt: skip
    assert rows["texture"][1] == "abstract chevron print|floral" and pd.isna(rows["texture"][2])
    assert rows["split"].tolist() == ["train", "validation", "test"] * 2


def test_types_become_heads(tmp_path: Path) -> None:
    manifest, report = read_source(SourceConfig(str(deepfashion(tmp_path))))
    assert report.problems == []
    heads = resolve_heads([Head("category"), Head("texture", "multi"), Head("fabric", "multi")], manifest)
    assert heads[0].classes == ["Blouse", "Dress", "Jeans"] and heads[1].classes == ["abstract chevron print", "floral"]
    targets = encode_targets(manifest, heads)
    assert targets["category"].tolist()[:3] == [0, 2, 1]
    assert targets["texture"][:2].tolist() == [[0, 1], [1, 1]] and targets["texture"][2].isnan().all()
    assert targets["fabric"][:3].flatten().tolist() == [0, 0, 1]


def test_the_fine_annotation_has_types_of_its_own(tmp_path: Path) -> None:
    rows = listed(deepfashion(tmp_path, anno="Anno_fine", attributes=FINE))
    assert list(rows.columns)[4:] == ["texture", "sleeve", "length", "neckline", "fabric", "fit"]
    assert rows["sleeve"][0] == "long_sleeve" and rows["fit"][1] == "tight"


@pytest.mark.parametrize("anno", ["Anno", "Anno_fine", "anno", "Anno-coarse"])
@pytest.mark.parametrize("photos", ["Img/img", "img", "img/img"])
def test_folders_have_several_spellings(tmp_path: Path, anno: str, photos: str) -> None:
    manifest, _ = read_source(SourceConfig(str(deepfashion(tmp_path, anno=anno, photos=photos))))
    assert len(manifest) == 6


def test_two_annotations_must_be_told_apart(tmp_path: Path) -> None:
    root = deepfashion(deepfashion(tmp_path), anno="Anno_fine", attributes=FINE)
    with pytest.raises(DataError, match=r"several annotations(.|\n)*Anno_fine/list_category_img.txt"):
        listed(root)
    assert "style" in listed(root, table=COARSE).columns
    assert "sleeve" in listed(root, table="Anno_fine/list_category_img.txt").columns


def test_labels_can_be_chosen_and_named(tmp_path: Path) -> None:
    rows = listed(deepfashion(tmp_path), label_columns={"category": "category", "cloth": "fabric"})
    assert list(rows.columns) == ["sample_id", "group", "split", "category", "cloth"]
    with pytest.raises(DataError, match=r"no column 'fabrik'(.|\n)*did you mean 'fabric'"):
        listed(tmp_path, label_columns={"category": "fabrik"})
    with pytest.raises(ConfigError, match=r"cannot be called"):
        SourceConfig("x", label_columns={"group": "fabric"})


def test_a_blank_more_a_mark_of_byte_order_and_foreign_line_ends_do_not_matter(tmp_path: Path) -> None:
    before = listed(deepfashion(tmp_path))
    for path in (tmp_path / "Anno_coarse").iterdir():
        text = path.read_text(encoding="utf-8").replace("\n", " \r\n").replace(" ", "\t ")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    pd.testing.assert_frame_equal(listed(tmp_path), before)


def test_categories_alone_will_do(tmp_path: Path) -> None:
    root = deepfashion(tmp_path)
    (root / "Anno_coarse/list_attr_img.txt").unlink()
    (root / "Eval/list_eval_partition.txt").unlink()
    rows = listed(root)
    assert list(rows.columns)[3:] == ["category"] and rows["split"].isna().all()


def test_boxes_of_the_garments(tmp_path: Path) -> None:
    boxes = read_boxes(deepfashion(tmp_path), tmp_path / COARSE)
    assert boxes.loc["Img/img/Item_1_Name/img_00000003.jpg"].to_dict() == {
        "x1_px": 3, "y1_px": 2, "x2_px": 30, "y2_px": 40,
    }  # fmt: skip
    edit("Anno_coarse/list_bbox.txt", lambda lines: [*lines[:2], f"{PHOTO} 9 9 8 20", *lines[3:]])(tmp_path)
    with pytest.raises(DataError, match=r"line 3: .*a box without an inside"):
        read_boxes(tmp_path, tmp_path / COARSE)


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        (COARSE, lambda lines: ["7", *lines[1:]], ["count", "line 1", "7 for 6 rows"]),
        (COARSE, lambda lines: lines[:-1], ["count", "6 for 5 rows"]),
        (COARSE, lambda lines: [*lines[:2], f"{PHOTO} 9", *lines[3:]], ["line 3", "'9' is no number from 1 to 3"]),
        (COARSE, lambda lines: [*lines[:3], lines[2], *lines[4:]], ["line 4", "there twice"]),
        ("Anno_coarse/list_attr_img.txt", lambda lines: [*lines[:3], lines[3] + " 1", *lines[4:]],
         ["1 rows", "line 4", "9 words instead of 8"]),
        ("Anno_coarse/list_attr_img.txt", lambda lines: [line.replace("-1", "2") for line in lines],
         ["6 rows", "line 3", "line 8", "'2' is none of -1, 0, 1"]),
        ("Anno_coarse/list_attr_img.txt", lambda lines: [*lines, "img/x.jpg -1 -1 -1 -1 -1 -1 -1"],
         ["line 9", "img/x.jpg", "list_category_img.txt does not list"]),
        ("Anno_coarse/list_attr_cloth.txt", lambda lines: [line.replace("5", "8") for line in lines], ["types", "8"]),
        ("Anno_coarse/list_category_cloth.txt", lambda lines: [*lines[:2], "Blouse", *lines[3:]], ["line 3", "Blouse"]),
        ("Eval/list_eval_partition.txt", lambda lines: [*lines, "img/x.jpg train"], ["line 9", "does not list"]),
        ("Eval/list_eval_partition.txt", lambda lines: [line.replace("val", "dev") for line in lines],
         ["line 4", "none of train, val, test"]),
        ("Anno_coarse/list_category_cloth.txt", lambda lines: [], ["count", "nothing for 0 rows"]),
    ],
)  # fmt: skip
def test_a_list_that_does_not_fit_is_answered_with_its_lines(tmp_path: Path, file: str, change, words) -> None:
    root = deepfashion(tmp_path)
    edit(file, change)(root)
    with pytest.raises(DataError) as error:
        listed(root)
    assert all(word in str(error.value) for word in [*words, file]), error.value


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    root = deepfashion(tmp_path)
    (root / "Anno_coarse/list_category_cloth.txt").unlink()
    with pytest.raises(DataError, match=r"list_category_cloth.txt"):
        listed(root)


def test_a_list_that_is_wrong_throughout_is_not_said_throughout(tmp_path: Path) -> None:
    root = deepfashion(tmp_path, 60)
    put_list(root / "Eval/list_eval_partition.txt", "x", [f"a{i}.jpg train" for i in range(60)])
    with pytest.raises(DataError, match=r"60 rows(.|\n)*and 40 more"):
        listed(root)


def test_the_check_says_what_it_is_and_names_lost_photos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = deepfashion(tmp_path / "set"), tmp_path / "manifest.parquet"
    assert main([str(root), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert f"{root}: DeepFashion Category and Attribute\n" in text and "texture: 2 values on 4 of 6 photos" in text
    assert Manifest.read(out).labels == ["category", "texture", "fabric", "shape", "part", "style"]
    (root / "Img" / PHOTO).unlink()
    assert main([str(root)]) == 3
    assert f"  Img/{PHOTO}: No such file" in capsys.readouterr().out
