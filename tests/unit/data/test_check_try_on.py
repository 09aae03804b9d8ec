"""Every kind of defect of a try-on data set is found by name, all at once, and what a folder is, is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.unit.data import try_on_trees as trees
from tests.unit.data.tryon_rows import SIDE, tryon_row, write_wardrobe

from fitroom.data.audit import MEANING, AuditReport
from fitroom.data.check import main
from fitroom.data.findings import FIXES, WARNINGS
from fitroom.data.layouts import recognise
from fitroom.data.pairs.audit import READERS, audit_pairs
from fitroom.data.wardrobe_audit import audit_wardrobe
from fitroom.errors import ConfigError
from fitroom.wardrobe.manifest import sha256_of

pytestmark = pytest.mark.usefixtures("cache_home")

Found = set[tuple[str, str]]
_SHARD = "data/train/shard-00000.parquet"


def found(root: Path) -> Found:
    report = audit(root)
    return {(problem.kind, problem.sample_id) for problem in report.problems}


def audit(root: Path) -> AuditReport:
    layout = recognise(root)
    return (audit_wardrobe(root) if layout == "wardrobe" else audit_pairs(root, READERS[layout])).report


def whole_wardrobe(root: Path, **changes: object) -> Path:
    """Two train cases of one person and a test case of another one."""
    rows = [wardrobe_row(0, "train", "M"), wardrobe_row(0, "train", "L"), wardrobe_row(1, "test", "M", **changes)]
    return write_wardrobe(root, rows)


def wardrobe_row(case: int, split: str, size: str, **changes: object) -> dict[str, object]:
    parts, mask = np.zeros((SIDE, SIDE), np.uint8), np.ones((SIDE, SIDE), bool)
    person = np.full((SIDE, SIDE, 3), 40 + 9 * case, np.uint8)
    same = {"person": person, "person_parse": parts, "body_part": parts, "agnostic": person, "flow_visible": mask}
    return tryon_row(case, split, size, kind="counterfactual-size", **{**same, **changes})


def overwrite(path: str, data: bytes) -> Callable[[Path], object]:
    return lambda root: (root / path).write_bytes(data)


def cut(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_bytes((root / path).read_bytes()[:-200])


def lose(path: str) -> Callable[[Path], object]:
    return lambda root: shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()


def add_line(path: str, line: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text((root / path).read_text() + line + "\n")


def copy(source: str, target: str) -> Callable[[Path], object]:
    return lambda root: shutil.copyfile(root / source, root / target)


def smaller(path: str) -> Callable[[Path], object]:
    return lambda root: trees.put(root / path, trees.photo(77, (20, 24)))


# ------------------------------------------------------------------------------------------------- what it is


@pytest.mark.parametrize(
    ("make", "layout"),
    [
        (trees.viton_hd_whole, "viton-hd"),
        (trees.viton, "viton"),
        (trees.dresscode, "dresscode"),
        (lambda root: trees.dresscode(root, lists_at_root=True), "dresscode"),
        (whole_wardrobe, "wardrobe"),
    ],
)
def test_a_whole_set_is_recognised_and_without_a_problem(tmp_path: Path, make, layout: str) -> None:
    root = make(tmp_path / "set")
    assert recognise(root) == layout
    assert audit(root).problems == []


@pytest.mark.parametrize("lost", ["test_pairs.txt", "test/cloth", "test/image", "train", "test/image-parse-v3"])
def test_what_is_not_whole_is_recognised_still(tmp_path: Path, lost: str) -> None:
    root = trees.viton_hd_whole(tmp_path)
    lose(lost)(root)
    assert recognise(root) == "viton-hd"


def test_photos_with_labels_stay_photos(image_folder, tmp_path: Path) -> None:
    assert recognise(image_folder(("image", "hat"), 1, splits=("train", "test"))) == "photos"
    assert recognise(image_folder(("dresses", "upper_body"), 2, name="more")) == "photos"
    root = trees.viton_hd(tmp_path / "with table")
    (root / "labels.csv").write_text("path,label\n")
    assert recognise(root) == "photos"
    assert recognise(tmp_path / "gone") == "photos"


def test_it_is_counted_by_split_and_category(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(trees.viton_hd_whole(tmp_path))], lambda layout, root: [f"protocols of {layout} {root}"]) == 0
    text = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    assert ["upper_body: persons", "3", "2", "5"] in rows and ["with densepose", "3", "2", "5"] in rows
    assert f"{tmp_path}: VITON-HD\n" in text and "person photos: 32 x 24 px" in text
    assert f"protocols of viton-hd {tmp_path}\n" in text and "45 pictures, no problems" in text


def test_dresscode_is_counted_by_category(tmp_path: Path) -> None:
    counts = audit_pairs(trees.dresscode(tmp_path), READERS["dresscode"]).counts
    assert counts["dresses: persons"] == {"test": 2} and counts["lower_body: pairs in lists"] == {"test": 4}


def test_a_wardrobe_is_counted_by_category_and_kind(tmp_path: Path) -> None:
    counts = audit_wardrobe(whole_wardrobe(tmp_path)).counts
    assert counts["t-shirt: cases"] == counts["kind counterfactual-size"] == {"train": 2, "test": 1}


def test_settings_of_photos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="VITON-HD has no such settings"):
        main([str(trees.viton_hd(tmp_path)), "--out", str(tmp_path / "manifest.parquet")])


# --------------------------------------------------------------------------------------------------- defects

_PERSON, _PARSE = "test/image/00001_00.jpg", "test/image-parse-v3/00001_00.png"
_KEYPOINTS = "test/openpose_json/00001_00_keypoints.json"


@pytest.mark.parametrize(
    ("plant", "kind", "name", "detail"),
    [
        (lose(_PERSON), "points-nowhere", "test_pairs.txt, line 2", f"person {_PERSON} is not there"),
        (lose("test/cloth/00000_00.jpg"), "points-nowhere", "test_pairs.txt, line 3", "garment test/cloth/00000_00"),
        (add_line("test_pairs.txt", "00000_00.jpg 9.jpg"), "points-nowhere", "test_pairs.txt, line 4", "9.jpg"),
        (lose("test/agnostic-mask/00001_00_mask.png"), "missing-file", "test/agnostic-mask/00001_00_mask.png", _PERSON),
        (lose("test/cloth-mask/00001_00.jpg"), "missing-file", "test/cloth-mask/00001_00.jpg", "garment mask"),
        (lose(_PARSE), "missing-file", _PARSE, "parse of"),
        (lose(_KEYPOINTS), "missing-file", _KEYPOINTS, "keypoints of"),
        (lose("train/image-densepose/00050_00.jpg"), "missing-file", "train/image-densepose/00050_00.jpg", "densepose"),
        (cut(_PERSON), "corrupt", _PERSON, "cut short"),
        (overwrite("test/cloth/00002_00.jpg", b""), "empty", "test/cloth/00002_00.jpg", ""),
        (overwrite("test/agnostic-v3.2/00001_00.jpg", b"words"), "not-an-image", "test/agnostic-v3.2/00001_00.jpg", ""),
        (smaller("test/agnostic-mask/00001_00_mask.png"), "size-mismatch", "test/agnostic-mask/00001_00_mask.png",
         f"20 x 24 px, its photo {_PERSON} has 32 x 24 px"),
        (smaller("test/cloth-mask/00001_00.jpg"), "size-mismatch", "test/cloth-mask/00001_00.jpg", "20 x 24"),
        (smaller("test/agnostic-v3.2/00001_00.jpg"), "size-mismatch", "test/agnostic-v3.2/00001_00.jpg", "agnostic of"),
        (lambda root: trees.put_palette(root / _PARSE, trees.labels()[:20]), "size-mismatch", _PARSE, "parse of"),
        (lambda root: trees.put_palette(root / _PARSE, trees.labels() + 5), "bad-labels", _PARSE, "not known (22)"),
        (lambda root: trees.put(root / _PARSE, trees.photo(9)), "bad-labels", _PARSE, "no picture of labels"),
        (overwrite(_KEYPOINTS, b"{"), "bad-keypoints", _KEYPOINTS, "cannot be read"),
        (overwrite(_KEYPOINTS, b'{"people": ["x"]}'), "bad-keypoints", _KEYPOINTS, "not of the form"),
        (add_line("test_pairs.txt", "00000_00.jpg"), "bad-line", "test_pairs.txt", "line 4: 00000_00.jpg"),
        (add_line("test_pairs.txt", "00000_00.jpg 00001_00.jpg"), "bad-line", "test_pairs.txt", "there twice"),
        (lose("train_pairs.txt"), "no-list", ".", "no list of the"),
        (overwrite("test_pairs.txt", b"\n"), "no-list", "test_pairs.txt", "it is empty"),
        (overwrite("test_pairs.txt", b"\xff\xfe"), "no-list", "test_pairs.txt", "cannot be read"),
        (copy("train_pairs.txt", "train_pairs_unpaired_a.txt"), "", "", ""),
        (copy("test_pairs.txt", "test_pairs_paired.txt"), "wrong-list", "test_pairs_paired.txt", "holds other ones"),
        (lose("test/cloth"), "no-folder", "test/cloth", "is not there"),
        (copy("train/image/00050_00.jpg", _PERSON), "duplicate-across-splits", _PERSON, "train/image/00050_00.jpg"),
        (copy("test/cloth/00000_00.jpg", "test/cloth/00001_00.jpg"), "duplicate", "test/cloth/00001_00.jpg", "same"),
        (copy(_PERSON, "test/image/7.jpg"), "unlisted", "test/image/7.jpg", "in no list"),
    ],
)  # fmt: skip
def test_a_defect_of_viton_hd_is_named(tmp_path: Path, plant, kind: str, name: str, detail: str) -> None:
    root = trees.viton_hd_whole(tmp_path)
    plant(root)
    named = [str(problem) for problem in audit(root).problems if (problem.kind, problem.sample_id) == (kind, name)]
    assert any(detail in line for line in named) if kind else not audit(root).problems, audit(root)


def test_a_person_of_another_size_is_named(tmp_path: Path) -> None:
    root = trees.viton_hd(tmp_path)
    for folder in ("cloth-mask", "agnostic-mask", "image-parse-v3", "openpose_json"):
        lose(f"test/{folder}")(root)
    smaller(_PERSON)(root)
    assert found(root) == {("odd-size", _PERSON)}


def test_a_photo_saved_again_in_another_format_is_the_same_photo(tmp_path: Path) -> None:
    root = trees.viton(tmp_path, repeated=(2,), garments=(1,))
    assert found(root) == {
        ("duplicate-across-splits", "test/image/000002_0.png"),
        ("duplicate-across-splits", "test/cloth/000001_1.png"),
    }


def test_a_persons_own_garment_is_missed_too(tmp_path: Path) -> None:
    root = trees.viton(tmp_path)
    trees.put_text(root / "test_pairs.txt", ["000000_0.png 000001_1.png", "model.png 000001_1.png"])
    lose("test/cloth/000000_1.png")(root)
    assert {("missing-file", "test/cloth/000000_1.png"), ("bad-line", "test_pairs.txt")} <= found(root)


@pytest.mark.parametrize(
    ("plant", "kind", "name"),
    [
        (lose("dresses/images/000001_0.jpg"), "points-nowhere", "dresses/test_pairs_paired.txt, line 2"),
        (lose("dresses/label_maps/000001_4.png"), "missing-file", "dresses/label_maps/000001_4.png"),
        (smaller("lower_body/images/000000_0.jpg"), "size-mismatch", "lower_body/label_maps/000000_4.png"),
        (lose("dresses/images"), "no-folder", "dresses/images"),
        (copy("dresses/test_pairs_paired.txt", "dresses/test_pairs_unpaired.txt"), "wrong-list",
         "dresses/test_pairs_unpaired.txt"),
        (copy("dresses/images/000000_0.jpg", "upper_body/images/000001_0.jpg"), "duplicate",
         "upper_body/images/000001_0.jpg"),
        (lambda root: trees.put_text(root / "dresses/train_pairs.txt", ["000000_0.jpg 000000_1.jpg"]),
         "duplicate-across-splits", "dresses/images/000000_0.jpg"),
    ],
)  # fmt: skip
def test_a_defect_of_dresscode_is_named(tmp_path: Path, plant, kind: str, name: str) -> None:
    root = trees.dresscode(tmp_path)
    plant(root)
    assert (kind, name) in found(root), audit(root)


def test_a_category_whose_lists_are_lost_is_named(tmp_path: Path) -> None:
    root = trees.dresscode(tmp_path)
    for kind in ("paired", "unpaired"):
        lose(f"dresses/test_pairs_{kind}.txt")(root)
    assert found(root) == {("no-list", "dresses")}


def test_pairs_of_no_category_are_named(tmp_path: Path) -> None:
    root = trees.dresscode(tmp_path, lists_at_root=True)
    trees.put_text(root / "test_pairs_paired.txt", ["x_0.jpg x_1.jpg", "000000_0.jpg 000000_1.jpg 7"])
    assert {("points-nowhere", "test_pairs_paired.txt, line 1"), ("bad-line", "test_pairs_paired.txt")} <= found(root)


def test_a_category_that_is_not_there_keeps_no_other_from_being_checked(tmp_path: Path) -> None:
    root = trees.dresscode(tmp_path, lists_at_root=True)
    lose("dresses")(root)
    lose("upper_body/label_maps/000000_4.png")(root)
    assert found(root) == {
        ("missing-file", "upper_body/label_maps/000000_4.png"),
        *(
            ("points-nowhere", f"test_pairs_{kind}.txt, line {line}")
            for kind in ("paired", "unpaired")
            for line in (5, 6)
        ),
    }


# -------------------------------------------------------------------------------------------------- wardrobes


def with_manifest(root: Path) -> Path:
    shards = [{"file": _SHARD, "sha256": sha256_of(root / _SHARD)}]
    (root / "manifest.json").write_text(json.dumps({"shards": shards}))
    return root


def other_size(name: str) -> dict[str, object]:
    value = wardrobe_row(0, "train", "M")[name]
    return {name: value[:20]}  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "kind", "name"),
    [
        (other_size("person_parse"), "size-mismatch", "test-000001-M person_parse"),
        (other_size("repaint_mask"), "size-mismatch", "test-000001-M repaint_mask"),
        (other_size("garment_mask"), "size-mismatch", "test-000001-M garment_mask"),
        (other_size("agnostic"), "size-mismatch", "test-000001-M agnostic"),
        ({"worn": None}, "missing-file", "test-000001-M worn"),
        (other_size("person"), "odd-size", "test-000001-M person"),
        ({"person": wardrobe_row(0, "train", "M")["person"]}, "duplicate-across-splits", "test-000001-M person"),
        ({"case_id": "train-000000-M"}, "repeated-case", "train-000000-M"),
    ],
)
def test_a_defect_of_a_wardrobe_is_named(tmp_path: Path, changes: dict[str, object], kind: str, name: str) -> None:
    assert (kind, name) in found(whole_wardrobe(tmp_path, **changes))


def test_a_shard_that_is_not_as_it_was_written_is_named(tmp_path: Path) -> None:
    root = with_manifest(whole_wardrobe(tmp_path))
    assert found(root) == set()
    copy(_SHARD, "data/train/shard-00001.parquet")(root)
    cut(_SHARD)(root)
    assert found(root) == {
        ("altered", _SHARD),
        ("altered", "data/train/shard-00001.parquet"),
        ("corrupt", _SHARD),
    }
    lose(_SHARD)(root)
    assert ("missing-file", _SHARD) in found(root)


@pytest.mark.parametrize("text", ["{", "{}", '{"shards": [1]}'])
def test_a_manifest_of_another_form_is_named(tmp_path: Path, text: str) -> None:
    (whole_wardrobe(tmp_path) / "manifest.json").write_text(text)
    assert found(tmp_path) == {("altered", "manifest.json")}


def test_a_wardrobe_without_shards(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text("{}")
    assert found(tmp_path) == {("no-folder", "data")}


# ------------------------------------------------------------------------------------------------- what is said


def test_all_is_said_at_once_sorted_with_the_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = trees.viton_hd_whole(tmp_path)
    for plant in (lose(_PARSE), lose("test/cloth-mask/00000_00.jpg"), cut(_PERSON), lose("train_pairs.txt")):
        plant(root)
    assert main([str(root)]) == 3
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("missing-file (2): listed, but not there or not readable")
    assert lines[place + 1 : place + 4] == [
        f"  fix: {FIXES['missing-file']}",
        "  test/cloth-mask/00000_00.jpg: garment mask of test/cloth/00000_00.jpg",
        f"  {_PARSE}: parse of {_PERSON}",
    ]
    assert any(line.startswith("corrupt (1)") for line in lines) and any(
        line.startswith("no-list (1)") for line in lines
    )


def test_warnings_stop_nothing(tmp_path: Path) -> None:
    root = trees.viton_hd_whole(tmp_path)
    copy("test/cloth/00000_00.jpg", "test/cloth/00001_00.jpg")(root)
    assert [problem.kind for problem in audit(root).problems] == ["duplicate"]
    assert main([str(root)]) == 0


def test_every_kind_has_a_meaning_and_those_of_try_on_a_fix() -> None:
    assert set(FIXES) <= set(MEANING) and set(WARNINGS) <= set(FIXES)
