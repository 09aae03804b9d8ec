from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from PIL import Image

from fitroom.data import files
from fitroom.data.files import FileFacts, inspect_file, inspect_files
from fitroom.images import decode_rgb_u8


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_good_photo_is_known_by_its_bytes(tmp_path, photo_bytes):
    data = photo_bytes(width_px=40, height_px=48)
    facts = inspect_file(put(tmp_path, "a.jpg", data))
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert (facts.width_px, facts.height_px, facts.size_bytes) == (40, 48, len(data))
    assert facts.kind is None and facts.detail == ""


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize(
    ("name", "format"), [("a.jpg", "JPEG"), ("a.tif", "TIFF"), ("a.png", "PNG"), ("a.webp", "WEBP")]
)
def test_sizes_are_upright(tmp_path, photo_bytes, name, format, value):
    path = put(tmp_path, name, photo_bytes(format=format, width_px=400, height_px=480, exif=orientation(value)))
    facts = inspect_file(path)
    assert facts.kind is None
    assert (facts.width_px, facts.height_px) == ((480, 400) if value >= 5 else (400, 480))
    assert decode_rgb_u8(path).shape[:2] == (facts.height_px, facts.width_px)


@pytest.mark.parametrize(("name", "format"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")])
def test_damaged_metadata_is_no_fault_of_the_pixels(tmp_path, photo_bytes, name, format):
    facts = inspect_file(put(tmp_path, name, photo_bytes(format=format, exif=b"Exif\0\0garbage!!xx")))
    assert (facts.kind, facts.width_px, facts.height_px) == (None, 40, 48)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("gray.jpg", {"mode": "L"}),
        ("cmyk.jpg", {"mode": "CMYK"}),
        ("upper.JPG", {}),
        ("four.jpeg", {}),
        ("palette.png", {"format": "PNG", "mode": "P"}),
        ("clear.png", {"format": "PNG", "mode": "P", "transparency": 0}),
        ("alpha.png", {"format": "PNG", "mode": "RGBA"}),
        ("gray_alpha.png", {"format": "PNG", "mode": "LA"}),
        ("bits.png", {"format": "PNG", "mode": "1"}),
        ("wide.png", {"format": "PNG", "mode": "I;16"}),
        ("alpha.webp", {"format": "WEBP", "mode": "RGBA"}),
        ("still.gif", {"format": "GIF"}),
        ("scan.tif", {"format": "TIFF", "mode": "CMYK"}),
        ("plain.bmp", {"format": "BMP"}),
        ("no_extension", {}),
    ],
)
def test_every_color_mode_and_format_is_fine(tmp_path, photo_bytes, name, how):
    facts = inspect_file(put(tmp_path, name, photo_bytes(**how)))
    assert (facts.kind, facts.detail) == (None, "")
    assert (facts.width_px, facts.height_px) == (40, 48)


def test_what_is_wrong_has_a_kind(tmp_path, photo_bytes):
    jpeg, png, webp = photo_bytes(), photo_bytes(format="PNG"), photo_bytes(format="WEBP")
    frames = [Image.new("RGB", (40, 48), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    cases = {
        "empty.jpg": (b"", "empty"),
        "page.jpg": (b"<!DOCTYPE html><html>not found</html>", "not-an-image"),
        "header_only.jpg": (jpeg[:30], "corrupt"),
        "header_only.webp": (webp[:14], "corrupt"),
        "sound.webp": (b"RIFF\x24\0\0\0WAVEfmt ", "not-an-image"),
        "cut.jpg": (jpeg[: len(jpeg) * 9 // 10], "corrupt"),
        "cut.png": (png[: len(png) * 9 // 10], "corrupt"),
        "really_png.jpg": (png, "wrong-extension"),
        "really_jpeg.png": (jpeg, "wrong-extension"),
        "really_jpeg.heic": (jpeg, None),
        "phone.heic": (b"\0\0\0\x18ftypheic\0\0\0\0", "unsuitable"),
        "tiny.jpg": (photo_bytes(width_px=15), "unsuitable"),
        "thin.jpg": (photo_bytes(width_px=16, height_px=200), "unsuitable"),
    }
    for name, (data, _) in cases.items():
        put(tmp_path, name, data)
    found = {name: inspect_file(tmp_path / name).kind for name in [*cases, "moves.gif", "gone.jpg"]}
    assert found == {name: kind for name, (_, kind) in cases.items()} | {
        "moves.gif": "unsuitable",
        "gone.jpg": "missing-file",
    }
    assert "PNG called .jpg" in inspect_file(tmp_path / "really_png.jpg").detail


def test_a_folder_or_an_impossible_path_is_a_missing_file(tmp_path):
    assert inspect_file(tmp_path).kind == "missing-file"
    assert inspect_file(tmp_path / "nul\0.jpg").kind == "missing-file"


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("keep", [0.3, 0.9, 0.99])
def test_reduced_decoding_still_sees_a_cut_photo(tmp_path, photo_bytes, progressive, keep):
    data = photo_bytes(width_px=400, height_px=300, progressive=progressive)
    assert inspect_file(put(tmp_path, "whole.jpg", data)).kind is None
    assert inspect_file(put(tmp_path, "cut.jpg", data[: int(len(data) * keep)])).kind == "corrupt"


def test_the_second_look_reads_no_photo(image_folder, cache_home, monkeypatch):
    root = image_folder()
    names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.jpg"))]
    before = sorted(root.rglob("*"))
    first = inspect_files(root, names)
    monkeypatch.setattr(files, "inspect_file", lambda path: pytest.fail(f"{path} was read again"))
    assert inspect_files(root, names) == first
    assert list(first) == names
    assert sorted(root.rglob("*")) == before, "nothing may be written beside the photos"
    assert [path.suffix for path in (cache_home / "fitroom").rglob("*") if path.is_file()] == [".json"]


def test_only_what_changed_is_looked_at_again(image_folder, photo_bytes, monkeypatch):
    root = image_folder()
    names = ["dress/0000.jpg", "dress/0001.jpg", "dress/0002.jpg"]
    first = inspect_files(root, names)
    (root / names[0]).write_bytes(photo_bytes(99))
    stat = (root / names[1]).stat()
    os.utime(root / names[1], ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    looked = []

    def look(path: Path) -> FileFacts:
        looked.append(path.name)
        return inspect_file(path)

    monkeypatch.setattr(files, "inspect_file", look)
    second = inspect_files(root, names)
    assert sorted(looked) == ["0000.jpg", "0001.jpg"]
    assert second[names[0]].sha256 == hashlib.sha256(photo_bytes(99)).hexdigest() != first[names[0]].sha256
    assert second[names[1]].sha256 == first[names[1]].sha256


def test_looking_at_some_photos_forgets_no_others(image_folder, monkeypatch):
    root = image_folder()
    first = inspect_files(root, ["dress/0000.jpg"]) | inspect_files(root, ["hat/0000.jpg"])
    monkeypatch.setattr(files, "inspect_file", lambda path: pytest.fail(f"{path} was read again"))
    assert inspect_files(root, ["dress/0000.jpg", "hat/0000.jpg"]) == first


def test_a_file_that_came_back_is_seen(image_folder):
    root = image_folder()
    data = (root / "dress/0000.jpg").read_bytes()
    (root / "dress/0000.jpg").unlink()
    assert inspect_files(root, ["dress/0000.jpg"])["dress/0000.jpg"].kind == "missing-file"
    (root / "dress/0000.jpg").write_bytes(data)
    assert inspect_files(root, ["dress/0000.jpg"])["dress/0000.jpg"].kind is None


@pytest.mark.parametrize(
    "garbage", [b"{", b"\xff\xfe\x00", b"[1, 2]", b'{"dress/0000.jpg": 5}', b'{"dress/0000.jpg": []}']
)
def test_a_damaged_cache_is_ignored_and_repaired(image_folder, cache_home, garbage):
    root = image_folder()
    first = inspect_files(root, ["dress/0000.jpg"])
    (cache,) = (path for path in cache_home.rglob("*") if path.is_file())
    cache.write_bytes(garbage)
    assert inspect_files(root, ["dress/0000.jpg"]) == first
    assert list(json.loads(cache.read_text())) == ["dress/0000.jpg"]


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(image_folder, cache_home):
    root = image_folder()
    cache_home.write_text("a file where the folder should be")
    assert inspect_files(root, ["dress/0000.jpg"])["dress/0000.jpg"].kind is None
    assert cache_home.read_text() == "a file where the folder should be"
