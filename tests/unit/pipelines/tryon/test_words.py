"""Try-on from the shell, through the door: a picture or none, warnings on stderr, exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.unit.pipelines.tryon.photos import MakePhoto, blocks_u8

from fitroom import cli
from fitroom.bundles import Bundle
from fitroom.images import decode_rgb_u8, encode_png
from fitroom.pipelines.tryon import TryOnPipeline


@pytest.fixture
def words(make_photo: MakePhoto, tmp_path: Path, tryon_bundle: Bundle) -> list[str]:
    """That work; the output is worn.png."""
    (tmp_path / "tee.yaml").write_text("M: {chest: 112}\n")
    person, garment = make_photo("ann.png", 0), make_photo("tee.png", 1)
    out, bundle = tmp_path / "worn.png", str(tryon_bundle.path)
    return [str(person), str(garment), "-o", str(out), "--bundle", bundle, "--device", "cpu"]


def test_a_picture_is_written(
    words: list[str], tmp_path: Path, tryon_bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = np.zeros((160, 120, 3), np.uint8)
    mask[40:120] = 255
    (tmp_path / "mask.png").write_bytes(encode_png(mask))
    more = ["--size", "m", "--chart", str(tmp_path / "tee.yaml"), "--category", "t-shirt", "--steps", "3"]
    more += ["--body", "chest=96", "height=170", "--drape", "0.4", "--mask", str(tmp_path / "mask.png"), "--seed", "5"]
    more += ["--guidance", "1.5", "--garment-cache", str(tmp_path / "cache")]
    assert cli.main(["try-on", *words, *more]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"wrote {tmp_path / 'worn.png'}: t-shirt, ") and "(unchecked)" in said.err
    expected = TryOnPipeline.from_bundle(tryon_bundle.path, "cpu").worn(
        blocks_u8(),
        blocks_u8(seed=1),
        category="t-shirt",
        garment_cm={"chest": 112.0},
        body_cm={"chest": 96.0, "height": 170.0},
        drape_coefficient=0.4,
        repaint_mask=mask[..., 0] > 0,
        steps=3,
        guidance=1.5,
        seed=5,
    )
    np.testing.assert_array_equal(decode_rgb_u8(tmp_path / "worn.png"), expected)
    assert len(list((tmp_path / "cache").glob("*/*.safetensors"))) == 1


def test_a_turned_photo_is_answered_upright(words: list[str], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    stored, buffer = Image.fromarray(np.rot90(blocks_u8()).copy()), io.BytesIO()
    stored.save(buffer, "PNG", exif=exif)
    assert stored.size == (160, 120)
    straight = tmp_path / "straight.png"
    assert cli.main(["try-on", *words[:3], str(straight), *words[4:]]) == 0
    Path(words[0]).write_bytes(buffer.getvalue())
    assert cli.main(["try-on", *words]) == 0
    np.testing.assert_array_equal(decode_rgb_u8(tmp_path / "worn.png"), decode_rgb_u8(straight))


def test_nothing_is_written_over_unasked(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "worn.png").write_bytes(b"mine")
    assert cli.main(["try-on", *words]) == 2
    assert (tmp_path / "worn.png").read_bytes() == b"mine" and "--overwrite" in capsys.readouterr().err
    assert cli.main(["try-on", *words, "--overwrite"]) == 0
    assert decode_rgb_u8(tmp_path / "worn.png").shape == (160, 120, 3)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--size", "M"], 2, "without a chart"),
        (["--size", "XL", "--chart", "tee.yaml"], 2, "one of M"),
        (["--chart", "none.csv", "--size", "M"], 3, "cannot be read"),
        (["--category", "tshirt"], 2, "did you mean 't-shirt'?"),
        (["--body", "chst=96"], 2, "did you mean 'chest'?"),
        (["--body", "chest=960"], 2, "60 to 180 cm"),
        (["--fabric", "denin"], 2, "did you mean 'denim'?"),
        (["--drape", "2"], 2, "0 to 1"),
        (["--fabric", "denim", "--drape", "0.5"], 2, "same thing"),
        (["--steps", "100"], 2, "1 to 64"),
        (["--guidance", "99"], 2, "0 to 10"),
        (["--mask", "tee.png"], 2, "does not fit"),
        (["--mask", "none.png"], 3, "cannot be read"),
        (["--parser", "none.such"], 6, "neither a bundle"),
        (["--gidance", "1"], 2, "did you mean '--guidance'?"),
    ],
)
def test_faults_leave_no_picture(
    words: list[str],
    more: list[str],
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    make_photo: MakePhoto,
) -> None:
    monkeypatch.chdir(tmp_path)
    make_photo("tee.png", 1, 80, 80)
    before = {entry.name for entry in tmp_path.iterdir()}
    assert cli.main(["try-on", *words, *more]) == code
    assert said in capsys.readouterr().err
    assert {entry.name for entry in tmp_path.iterdir()} == before


def test_a_batch(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "jobs.csv", tmp_path / "out"
    table.write_text("person,garment,size,chart\nann.png,tee.png,M,tee.yaml\neve.png,tee.png,,\n")
    batch = ["try-on-batch", str(table), "--out", str(out), *words[4:], "--parser", "none"]
    assert cli.main([*batch, "--price-per-hour", "0.5", "--category", "t-shirt"]) == 3
    said = capsys.readouterr()
    assert "2 rows: 1 made, 0 kept from before, 1 failed" in said.out and "for 1,000 pictures at 0.5" in said.out
    assert "line 3, 3-eve-tee" in said.err
    names = {"pictures", "done.jsonl", "results.csv", "sheet-01.png", "summary.json"}
    assert {entry.name for entry in out.iterdir()} == names
    summary = json.loads((out / "summary.json").read_text())
    assert summary["cost_per_1000"] == pytest.approx(1000 * 0.5 / summary["pictures_per_hour"], rel=1e-3)
    table.write_text("person,garment,size,chart\nann.png,tee.png,M,tee.yaml\n")
    assert cli.main([*batch, "--category", "t-shirt"]) == 0
    assert "1 rows: 0 made, 1 kept" in capsys.readouterr().out


def test_a_batch_says_a_wrong_price_first(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "jobs.csv", tmp_path / "out"
    table.write_text("person,garment\nann.png,tee.png\n")
    assert cli.main(["try-on-batch", str(table), "--out", str(out), *words[4:], "--price-per-hour", "-1"]) == 2
    assert "price" in capsys.readouterr().err and not out.exists()
