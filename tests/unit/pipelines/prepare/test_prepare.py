"""``fitroom prepare`` from folder to data set: painted photos, read back by the data sets' own readers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.pipelines.prepare import figures

from fitroom import cli
from fitroom.contracts import Part
from fitroom.data.pairs.dresscode import DressCode
from fitroom.data.pairs.try_on_pairs import TryOnPairs
from fitroom.data.pairs.viton_hd import VitonHd
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.prepare import command

pytestmark = pytest.mark.usefixtures("cache_home")
READERS: dict[str, type[TryOnPairs]] = {"dresscode": DressCode, "vitonhd": VitonHd}


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> figures.ColorParser:
    """Commands look at photos with painted eyes; gives the parser, which counts."""
    parser = figures.ColorParser()
    monkeypatch.setattr(command, "open_eyes", lambda *_: figures.eyes(parser=parser))
    return parser


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    figures.write_photos(tmp_path / "photos")
    return tmp_path / "photos"


def lines(folder: Path) -> dict[str, dict]:
    rows = [json.loads(line) for line in (folder / "prepare.jsonl").read_text().splitlines()]
    return {row["photo"]: row for row in rows}


def words(photos: Path, out: Path, *more: str) -> list[str]:
    return ["prepare", str(photos), "--out", str(out), "--height-px", "256", "--min-px", "96", *more]


@pytest.mark.parametrize("layout", list(READERS))
def test_the_data_set_passes_its_check_and_reads_back(
    layout: str, photos: Path, eyes: figures.ColorParser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "own"
    assert cli.main(words(photos, out, "--layout", layout, "--pair-by", "name")) == 0
    assert cli.main(["data", "check", str(out)]) == 0, capsys.readouterr().out
    paired, unpaired = (READERS[layout](out, "test", paired=kind) for kind in (True, False))
    assert [pair.person.split("_")[0] for pair in paired.pairs] == ["ann"]
    sample = paired[0]
    assert sample.person.image_u8.shape == (256, 192, 3) and sample.garment.image_u8.shape == (256, 192, 3)
    assert sample.person.parse is not None and {Part.TOP, Part.TROUSERS} <= set(np.unique(sample.person.parse))
    assert sample.person.keypoints is not None and (sample.person.keypoints[:, 2] > 0).sum() == 13
    mask, top = sample.repaint_mask, sample.person.parse == Part.TOP
    assert mask is not None and (mask & top).sum() > 0.95 * top.sum() and mask.mean() < 0.8
    garment = sample.garment.mask
    assert garment is not None and garment[128, 96] and 0.2 < garment.mean() < 0.9
    assert len(unpaired) >= 2 and all(pair.garment != pair.person for pair in unpaired.pairs)
    check_report(lines(out), layout)
    with Image.open(out / "prepare-01.png") as sheet:
        assert sheet.width > 640


def check_report(found: dict[str, dict], layout: str) -> None:
    assert len(found) == 9
    refused = {name: row["flags"][0]["code"] for name, row in found.items() if row["outcome"] == "refused"}
    assert refused == {
        "garments/hat.png": "no-place",
        "persons/broken.jpg": "image-unreadable",
        "persons/wall.png": "person-missing",
    }
    assert found["persons/ann.png"]["categories"] == ["upper_body", "lower_body", "dresses"]
    assert found["garments/jeans.png"]["names"] == (["lower_body/jeans"] if layout == "dresscode" else [])
    assert found["garments/dress.png"]["confidence"]["category"] == pytest.approx(0.97)


def test_what_photos_show_tells_person_from_garment(photos: Path, eyes: figures.ColorParser, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    for name in ("persons/ann.png", "garments/dress.png", "garments/jeans.png"):
        (photos / name).rename(mixed / Path(name).name)
    assert cli.main(words(mixed, tmp_path / "own")) == 0
    found = lines(tmp_path / "own")
    assert {name: (row["role"], row["role_by"]) for name, row in found.items()} == {
        "ann.png": ("person", "content"),
        "dress.png": ("garment", "content"),
        "jeans.png": ("garment", "content"),
    }


class FindsAnn:
    """A pose model that finds who wears a green top: nose and mask; whoever else there is, it does not see."""

    hash = "pose"

    def __call__(self, image_u8: np.ndarray) -> Pose | None:
        green = (abs(image_u8.astype(int) - (0, 170, 0)) < 30).all(-1)
        if green.mean() < 0.02 or not (image_u8[: len(image_u8) // 4].mean(-1) < 250).any():  # a top alone has no head
            return None
        points, mask = np.zeros((17, 3), np.float32), np.zeros(green.shape, np.float32)
        columns = np.flatnonzero(green.any(0))
        points[0] = columns.mean(), len(mask) / 8, 2
        mask[:, columns[0] : columns[-1] + 1] = 1
        return Pose(points, mask)


def test_a_pose_model_tells_who_is_a_person_and_what_is_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall taken for a skirt is beyond their mask; a dummy with bare arms is no person."""
    monkeypatch.setattr(command, "open_eyes", lambda *_: figures.eyes(pose=FindsAnn()))
    parse = figures.person_parse().copy()
    parse[100:380, :90] = Part.SKIRT  # joined to the arm
    dummy = np.zeros_like(parse)
    dummy[80:200, 100:200], dummy[30:60, 130:170], dummy[80:200, 80:100] = Part.DRESS, Part.FACE, Part.LEFT_ARM
    for name, shown in (("ann", parse), ("dummy", dummy)):
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(figures.painted(shown)).save(tmp_path / f"photos/{name}.png")
    Image.fromarray(figures.garment_u8(Part.TOP)).save(tmp_path / "photos/tee.png")
    assert cli.main(words(tmp_path / "photos", tmp_path / "own")) == 0
    found = lines(tmp_path / "own")
    assert {name: (row["role"], row["confidence"]["role"]) for name, row in found.items()} == {
        "ann.png": ("person", 0.98),
        "dummy.png": ("garment", 0.85),
        "tee.png": ("garment", 0.98),
    }
    assert found["ann.png"]["keypoints_by"] == "pose"
    labels = np.asarray(Image.open(next((tmp_path / "own").rglob("label_maps/ann*"))))
    assert (labels == 6).mean() > 0.05 and (labels == 5).mean() < 0.001  # trousers and skirt, as ATR numbers them


def test_a_head_alone_is_flagged_as_unsure_and_outfits_and_small_photos_are_refused(
    eyes: figures.ColorParser, tmp_path: Path
) -> None:
    figures.write_photos(tmp_path / "photos")
    parse = figures.person_parse()
    for place in ("outfit.png", "lower_body/outfit.png"):
        (tmp_path / "photos/garments" / place).parent.mkdir(exist_ok=True)
        Image.fromarray(figures.painted(parse)).save(tmp_path / "photos/garments" / place)
    Image.fromarray(figures.painted(parse[::5, ::5])).save(tmp_path / "photos/persons/far.png")
    headless = parse.copy()
    headless[:78] = 0
    Image.fromarray(figures.painted(headless)).save(tmp_path / "photos/odd.png")
    assert cli.main(words(tmp_path / "photos", tmp_path / "own")) == 0
    found = lines(tmp_path / "own")
    assert found["garments/outfit.png"]["flags"][0]["code"] == "whole-outfit"
    of_outfit = found["garments/lower_body/outfit.png"]
    assert of_outfit["categories"] == ["lower_body"] and of_outfit["outcome"] == "flagged"
    with Image.open(tmp_path / f"own/lower_body/images/{Path(of_outfit['names'][0]).name}_1.jpg") as picture:
        trousers, top = (
            int((abs(np.asarray(picture).astype(int) - figures.COLORS[part]) < 30).all(-1).sum())
            for part in (Part.TROUSERS, Part.TOP)
        )
    assert trousers > 3 * top, "what the folder says, and not the top above it"
    assert found["persons/far.png"]["flags"][0]["code"] == "too-small"
    assert found["odd.png"]["role"] == "garment" and found["odd.png"]["outcome"] == "flagged"
    assert found["odd.png"]["flags"][0]["code"] == "role-unsure" and found["odd.png"]["confidence"]["role"] < 0.75


def test_a_second_run_does_only_what_is_new(photos: Path, eyes: figures.ColorParser, tmp_path: Path) -> None:
    out = tmp_path / "own"
    assert cli.main(words(photos, out)) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    eyes.asked = 0
    assert cli.main(words(photos, out, "--overwrite")) == 0
    assert eyes.asked == 0
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    Image.fromarray(figures.garment_u8(Part.SKIRT)).save(photos / "garments/skirt.png")
    assert cli.main(words(photos, out, "--overwrite")) == 0
    assert eyes.asked == 1 and (out / "lower_body/images/skirt_1.jpg").is_file()


def test_a_killed_run_leaves_no_data_set_and_goes_on(
    photos: Path, eyes: figures.ColorParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real, count = tmp_path / "own", command.prepare, []

    def killed(*told: object) -> object:
        count.append(1)
        if len(count) == 4:
            raise KeyboardInterrupt
        return real(*told)  # type: ignore[arg-type]

    monkeypatch.setattr(command, "prepare", killed)
    assert cli.main(words(photos, out)) == cli.EXIT_INTERRUPTED
    assert not out.exists() and len(list((tmp_path / "own.work").glob("*.npz"))) == 3
    damaged = next((tmp_path / "own.work").glob("*.npz"))
    damaged.write_bytes(damaged.read_bytes()[:200])
    monkeypatch.setattr(command, "prepare", lambda *told: count.append(1) or real(*told))  # type: ignore[func-returns-value]
    count.clear()
    assert cli.main(words(photos, out)) == 0 and len(count) == 7
    assert {path.name for path in tmp_path.iterdir() if path.name.startswith(".")} == set()


def test_what_is_there_is_not_written_over(
    photos: Path, eyes: figures.ColorParser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    foreign = tmp_path / "own"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("mine")
    assert cli.main(words(photos, foreign, "--overwrite")) == 4
    assert (foreign / "letter.txt").read_text() == "mine" and "not empty" in capsys.readouterr().err
    assert cli.main(words(photos, photos / "own")) == 4


def test_the_old_data_set_outlives_a_new_one_that_fails_and_holds_no_photos(
    photos: Path, eyes: figures.ColorParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "own"
    assert cli.main(words(photos, out)) == 0
    shutil.copytree(photos, out / "photos")
    assert cli.main(words(out / "photos", out, "--overwrite")) == 4
    shutil.rmtree(out / "photos")
    before, rename = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}, Path.rename

    def full(self: Path, target: Path) -> Path:
        if target == out and self.name != "old":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    assert cli.main(words(photos, out, "--overwrite")) == 4
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_no_pair_is_an_error_that_leaves_the_report(
    photos: Path, eyes: figures.ColorParser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words(photos / "garments", tmp_path / "own")) == 3
    assert "no pair" in capsys.readouterr().err and not (tmp_path / "own").exists()
    assert len(lines(tmp_path / "own.work")) == 5


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--layout", "vitonhdd"], 2, "did you mean 'vitonhd'"),
        (["--split", "validation"], 2, "train, test"),
        (["--height-px", "30"], 2, "--height-px 64"),
        (["--pairs", "none.csv"], 3, "cannot be read"),
    ],
)
def test_wrong_words(
    more: list[str], code: int, said: str, photos: Path, eyes: figures.ColorParser, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert cli.main([*words(photos, tmp_path / "own"), *more]) == code
    assert said in capsys.readouterr().err and not (tmp_path / "own").exists()


def test_a_dresses_picture_is_turned_as_exif_says(eyes: figures.ColorParser, tmp_path: Path) -> None:
    figures.write_photos(tmp_path / "photos")
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to see it upright
    turned = Image.fromarray(figures.painted(figures.person_parse())).transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "photos/persons/turned.png", exif=exif)
    assert cli.main(words(tmp_path / "photos", tmp_path / "own")) == 0
    row = lines(tmp_path / "own")["persons/turned.png"]
    assert row["size_px"] == [400, 300] and row["num_joints"] == 13
