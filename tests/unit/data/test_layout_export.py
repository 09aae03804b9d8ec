"""A wardrobe in the layouts of VITON-HD and DressCode reads back as it was, through those data sets' own readers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.data.layout_rows import few_rows, layout_row, write_rows

from fitroom import cli
from fitroom.contracts import PART_FROM_ATR, PART_FROM_CIHP, TryOnSample, labels_of_parts
from fitroom.data.pairs.dresscode import CATEGORIES, DressCode
from fitroom.data.pairs.layout_export import Exported, export_layout
from fitroom.data.pairs.pair_lists import read_list
from fitroom.data.pairs.try_on_pairs import TryOnPairs
from fitroom.data.pairs.viton_hd import VitonHd
from fitroom.data.wardrobe import WardrobeDataset
from fitroom.errors import ConfigError, DataError, FitroomError, RunError
from fitroom.images import decode_labels, decode_rgb_u8

pytestmark = pytest.mark.usefixtures("cache_home")
READERS: dict[str, type[TryOnPairs]] = {"vitonhd": VitonHd, "dresscode": DressCode}
PAGE = Path(__file__).resolve().parents[3] / "docs" / "layouts.md"


@pytest.fixture(scope="module")
def wardrobe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("wardrobe"), few_rows())


@pytest.fixture(scope="module")
def trees(wardrobe: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("trees")
    for layout in ("vitonhd", "dresscode"):
        export_layout(wardrobe, layout, root / layout)
    return {path.name: path for path in root.iterdir()}


def psnr_db(one_u8: np.ndarray, other_u8: np.ndarray) -> float:
    error = np.mean((one_u8.astype(float) - other_u8) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


def merged(parse: np.ndarray) -> np.ndarray:
    """In the parts that both data sets tell apart."""
    for part_of_label in (PART_FROM_CIHP, PART_FROM_ATR):
        parse = np.array(part_of_label)[np.array(labels_of_parts(part_of_label))[parse]]
    return parse


def samples(dataset: TryOnPairs) -> dict[str, TryOnSample]:
    return {re.sub("_0+$", "", dataset[index].ids["person"]): dataset[index] for index in range(len(dataset))}


# ------------------------------------------------------------------------------------------------- the round trip


@pytest.mark.parametrize(("layout", "num"), [("vitonhd", 7), ("dresscode", 10)])
def test_a_case_reads_back_as_the_wardrobe_has_it(
    wardrobe: Path, trees: dict[str, Path], layout: str, num: int
) -> None:
    read = samples(READERS[layout](trees[layout], "test", paired=True))
    rows = {row["case_id"]: row for row in WardrobeDataset(wardrobe, "test")}
    assert len(read) == num
    for case, sample in read.items():
        row = rows[case]
        assert psnr_db(sample.person.image_u8, row["worn"]) >= 40
        assert psnr_db(sample.garment.image_u8, row["garment"]) >= 40
        assert sample.person.parse is not None and sample.person.keypoints is not None
        np.testing.assert_array_equal(merged(sample.person.parse), merged(row["worn_parse"]))
        seen = row["keypoints"][:, 2] > 0
        np.testing.assert_array_equal(sample.person.keypoints[:, 2] > 0, seen)
        assert np.abs(sample.person.keypoints - row["keypoints"])[seen, :2].max() < 0.01
        np.testing.assert_array_equal(sample.repaint_mask, row["repaint_mask"])
        np.testing.assert_array_equal(sample.garment.mask, row["garment_mask"])


def test_both_layouts_agree_where_both_hold_a_case(trees: dict[str, Path]) -> None:
    one, other = (samples(reader(trees[name], paired=True)) for name, reader in READERS.items())
    assert set(one) < set(other)
    for case in one:
        np.testing.assert_array_equal(one[case].person.image_u8, other[case].person.image_u8)
        first, second = (merged(tree[case].person.parse) for tree in (one, other))  # type: ignore[arg-type]
        np.testing.assert_array_equal(first, second)


def test_each_keeps_the_labels_that_it_has(trees: dict[str, Path]) -> None:
    viton = decode_labels(trees["vitonhd"] / "test/image-parse-v3/test-000003-0_00.png")
    dresscode = decode_labels(trees["dresscode"] / "upper_body/label_maps/test-000003-0_4.png")
    assert viton[60, 60] == 7 and dresscode[60, 60] == 4  # a coat, which ATR calls upper clothes
    assert viton[46, 60] == 10 and dresscode[46, 60] == 11  # the neck, which ATR counts as face
    assert viton[145, 50] == 8 and dresscode[145, 50] == 9  # socks
    assert viton[29, 60] == 4 and dresscode[29, 60] == 3  # sunglasses


def test_photos_are_those_of_the_wardrobe_byte_for_byte(wardrobe: Path, trees: dict[str, Path]) -> None:
    cells = WardrobeDataset(wardrobe, "test").cells(0)
    assert (trees["vitonhd"] / "test/image/test-000000-0_00.jpg").read_bytes() == cells["worn"]["bytes"]
    assert (trees["dresscode"] / "upper_body/images/test-000000-0_1.jpg").read_bytes() == cells["garment"]["bytes"]
    assert (trees["vitonhd"] / "test/image/test-000001-0_00.jpg").read_bytes()[:2] == b"\xff\xd8"  # was a PNG


def test_what_is_hidden_is_hidden_in_photo_and_parse(trees: dict[str, Path]) -> None:
    root, stem = trees["vitonhd"] / "test", "test-000000-0_00"
    mask = decode_labels(root / f"agnostic-mask/{stem}_mask.png") > 127
    assert np.abs(decode_rgb_u8(root / f"agnostic-v3.2/{stem}.jpg")[mask].astype(int) - 128).mean() < 3
    parse, hidden = (
        decode_labels(root / f"{name}/{stem}.png") for name in ("image-parse-v3", "image-parse-agnostic-v3.2")
    )
    assert not hidden[mask].any()
    np.testing.assert_array_equal(hidden[~mask], parse[~mask])


def test_dense_maps_and_skeletons_are_pictures_of_the_body(trees: dict[str, Path]) -> None:
    parts = decode_labels(trees["dresscode"] / "upper_body/dense/test-000000-0_5.png")
    assert parts[70, 60] == 2 and parts[60, 35] == 16 and parts[0, 0] == 0  # torso and right upper arm, from the front
    with np.load(trees["dresscode"] / "upper_body/dense/test-000000-0_5_uv.npz") as arrays:
        uv = arrays["uv"]
    assert uv.shape == (2, *parts.shape) and uv.dtype == np.float32
    assert not uv[:, 0, 0].any() and 0 < uv[:, 70, 60].min() <= uv[:, 70, 60].max() < 1
    dense = decode_rgb_u8(trees["vitonhd"] / "test/image-densepose/test-000000-0_00.jpg")
    skeleton = decode_rgb_u8(trees["vitonhd"] / "test/openpose_img/test-000000-0_00_rendered.png")
    assert dense[70, 60].max() > 60 and not dense[0, 0].any()
    assert skeleton[54, 36].max() > 100 and not skeleton[0, 0].any()


# ------------------------------------------------------------------------------------------------------ the lists


def couples(root: Path, name: str) -> list[tuple[str, str]]:
    return [tuple(re.sub(r"_\d+\.jpg", "", word) for word in str(pair).split()[:2]) for pair in read_list(root / name)]  # type: ignore[misc]


def test_unpaired_persons_get_another_garment_of_their_category(trees: dict[str, Path]) -> None:
    expected = [
        ("test-000000-0", "test-000000-1"), ("test-000000-1", "test-000000-2"), ("test-000000-2", "test-000000-0"),
        ("test-000001-0", "test-000002-0"), ("test-000001-1", "test-000002-0"), ("test-000002-0", "test-000003-0"),
        ("test-000003-0", "test-000000-0"),
    ]  # fmt: skip
    for name in ("test_pairs.txt", "test_pairs_unpaired.txt"):
        assert couples(trees["vitonhd"], name) == expected
    bottoms = [("test-000004-0", "test-000004-1"), ("test-000004-1", "test-000004-0")]
    assert couples(trees["dresscode"], "test_pairs_unpaired.txt") == expected + bottoms  # nobody else has a dress
    assert couples(trees["dresscode"], "lower_body/test_pairs_unpaired.txt") == bottoms


def test_a_pair_within_a_group_has_its_answer_in_the_tree(wardrobe: Path, trees: dict[str, Path]) -> None:
    photo = {row["case_id"]: row["plan"]["person"] for row in WardrobeDataset(wardrobe, "test", ["case_id", "plan"])}
    known = [pair for pair in couples(trees["vitonhd"], "test_pairs.txt") if pair[0][:-2] == pair[1][:-2]]
    assert len(known) == 3 and all(photo[person] == photo[garment] for person, garment in known)


def test_others_in_the_group_are_no_answer_where_the_photo_is_another(tmp_path: Path) -> None:
    rows = [layout_row("test-000000", case, garment, person=case) for case, garment in enumerate(("red", "blue"))]
    folder = write_rows(tmp_path / "wardrobe", [*rows, layout_row("test-000001", 0, "green")])
    export_layout(folder, "vitonhd", tmp_path / "out")
    others = dict(couples(tmp_path / "out", "test_pairs.txt"))
    assert others == {
        "test-000000-0": "test-000001-0",
        "test-000000-1": "test-000001-0",
        "test-000001-0": "test-000000-0",
    }


def test_train_lists_are_paired_as_in_the_data_sets(trees: dict[str, Path]) -> None:
    own = [(name, name) for name in ("train-000006-0", "train-000006-1")]
    assert couples(trees["vitonhd"], "train_pairs.txt") == couples(trees["dresscode"], "train_pairs.txt") == own
    assert len(VitonHd(trees["vitonhd"], "train")) == len(DressCode(trees["dresscode"], "train", paired=True)) == 2


def test_all_readers_find_their_unpaired_pairs(trees: dict[str, Path]) -> None:
    assert len(VitonHd(trees["vitonhd"])) == 7
    dataset = DressCode(trees["dresscode"])
    assert [pair.category for pair in dataset.pairs] == ["upper_body"] * 7 + ["lower_body"] * 2
    assert dataset[0].worn_u8 is None and dataset[0].repaint_mask is not None


# --------------------------------------------------------------------------------------------------- the command


def content(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("layout", ["vitonhd", "dresscode"])
def test_the_same_wardrobe_is_always_the_same_bytes(
    layout: str, wardrobe: Path, trees: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "again").mkdir()
    words = ["wardrobe", "export", str(wardrobe), "--layout", layout, "--out", str(tmp_path / "again")]
    assert cli.main(words) == 0
    assert list(content(tmp_path / "again")) == list(content(trees[layout]))
    assert "cases show a photo that is there already" in capsys.readouterr().out


def test_it_says_what_it_wrote_and_what_it_left_out(wardrobe: Path, tmp_path: Path) -> None:
    done = export_layout(wardrobe, "vitonhd", tmp_path / "out", split="test")
    assert done == Exported({("test", "upper_body"): 7}, 1, {"lower_body": 2, "dresses": 1})
    assert not (tmp_path / "out/train").exists()


def test_categories_that_are_empty_need_not_be_named_to_the_reader(tmp_path: Path) -> None:
    rows = [layout_row("test-000000", case, garment) for case, garment in enumerate(("red", "blue"))]
    export_layout(write_rows(tmp_path / "wardrobe", rows), "dresscode", tmp_path / "out")
    assert {pair.category for pair in DressCode(tmp_path / "out").pairs} == {"upper_body"}
    assert all((tmp_path / "out" / name / "images").is_dir() for name in CATEGORIES)


def test_maps_that_the_wardrobe_does_not_keep_are_not_written(tmp_path: Path) -> None:
    rows = [layout_row("test-000000", 0, "red", body_part=None, canonical=None)]
    for layout in ("vitonhd", "dresscode"):
        export_layout(write_rows(tmp_path / layout, rows), layout, tmp_path / f"{layout}-out")
    assert not [path for path in tmp_path.rglob("*dense*")]


def test_a_folder_that_holds_something_is_refused_and_stays(wardrobe: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(RunError, match=r"mine\.txt"):
        export_layout(wardrobe, "vitonhd", tmp_path)
    with pytest.raises(RunError, match="is a file"):
        export_layout(wardrobe, "vitonhd", tmp_path / "mine.txt")
    assert (tmp_path / "mine.txt").read_text() == "keep me"


PLANTED: dict[str, tuple[dict[str, object], str]] = {
    "no truth": ({"worn_parse": None, "keypoints": None}, "nothing in worn_parse, keypoints"),
    "another size": ({"body_part": np.zeros((20, 16), np.uint8)}, r"body_part of shape \(20, 16\)"),
    "a name with a folder": ({"case_id": "../test-000000-1"}, "cannot be a file's"),
    "a name twice": ({"case_id": "test-000000-0"}, "the same name"),
    "another region": ({"region": "hat"}, "known region"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_case_that_cannot_be_written_leaves_nothing_behind(fault: str, tmp_path: Path) -> None:
    changed, said = PLANTED[fault]
    rows = [layout_row("test-000000", 0, "red"), {**layout_row("test-000000", 1, "blue"), **changed}]
    folder = write_rows(tmp_path / "wardrobe", rows)
    with pytest.raises(DataError, match=said):
        export_layout(folder, "dresscode", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache_home"] == ["wardrobe"]


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"layout": "viton-hd"}, ConfigError, "vitonhd"),
        ({"layout": "vitonhd", "split": "validation"}, DataError, "train, test"),
    ],
)
def test_words_that_do_not_fit(
    words: dict[str, str], error: type[FitroomError], said: str, wardrobe: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        export_layout(wardrobe, out=tmp_path / "out", **words)


def test_a_wardrobe_without_tops_is_not_for_viton_hd(tmp_path: Path) -> None:
    folder = write_rows(tmp_path / "wardrobe", [layout_row("test-000000", 0, "jeans", region="bottom")])
    with pytest.raises(DataError, match="1 lower_body"):
        export_layout(folder, "vitonhd", tmp_path / "out")


def test_keypoints_have_the_form_of_each_data_set(trees: dict[str, Path]) -> None:
    viton = json.loads((trees["vitonhd"] / "test/openpose_json/test-000000-0_00_keypoints.json").read_text())
    assert len(viton["people"][0]["pose_keypoints_2d"]) == 75
    dresscode = json.loads((trees["dresscode"] / "upper_body/keypoints/test-000000-0_2.json").read_text())
    assert np.shape(dresscode["keypoints"]) == (18, 4)
    assert dresscode["keypoints"][14] == [0, 0, 0, -1]  # an eye outside the picture
    with Image.open(trees["vitonhd"] / "test/image-parse-v3/test-000000-0_00.png") as parse:
        assert parse.mode == "P" and parse.convert("RGB").getpixel((60, 60)) == (255, 85, 0)


def test_what_the_page_says_works(wardrobe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/wardrobe").symlink_to(wardrobe)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^fitroom (wardrobe export .*?)(?:\s+#.*)?$", text, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        assert cli.main(command.split()) == 0
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        exec(block, {})
