"""Photos of anybody's with their parse: what is read, what is refused, and by which name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.parsing.labelled import LabelledWriter, read_labelled
from fitroom.errors import DataError, ImageError
from fitroom.images import decode_rgb_u8, encode_labels, encode_png, pixel_sha256


def parse(height: int = 40, width: int = 30) -> np.ndarray:
    labels = np.zeros((height, width), np.uint8)
    labels[10:30, 8:20] = Part.SKIRT
    labels[8:10] = UNKNOWN_PART
    return labels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos of two people, one in a folder."""
    rng = np.random.default_rng(0)
    (tmp_path / "labelled").mkdir()
    writer = LabelledWriter(tmp_path / "labelled")
    for name, group in (("b.JPG", "one"), ("more/a.png", "two")):
        photo = tmp_path / name.replace("/", "-")
        Image.fromarray(rng.integers(0, 255, (40, 30, 3)).astype(np.uint8)).save(photo)
        writer.add(name, photo, parse(), group)
    writer.close()
    return tmp_path / "labelled"


def test_what_is_written_is_read(folder: Path) -> None:
    photos = read_labelled(folder)
    table = photos.manifest.table
    assert list(table["sample_id"]) == ["b", "more/a"] and list(table["group"]) == ["one", "two"]
    assert set(table["split"]) == {"train"} and len(photos.of_part("fit")) == 2
    image_u8, labels = photos.pair(0)
    np.testing.assert_array_equal(labels, parse())
    np.testing.assert_array_equal(image_u8, decode_rgb_u8(folder / "photos/b.jpg"))
    assert (folder / "photos/b.jpg").read_bytes() == (folder.parent / "b.JPG").read_bytes(), "copied as it is"
    assert table["sha256"][0] == pixel_sha256(image_u8)


def test_a_palette_is_read_by_its_numbers_and_groups_may_be_missing(folder: Path) -> None:
    colors = np.random.default_rng(1).integers(0, 255, (256, 3)).astype(np.uint8)
    (folder / "parses/b.png").write_bytes(encode_labels(parse(), colors))
    (folder / "groups.csv").unlink()
    photos = read_labelled(folder)
    np.testing.assert_array_equal(photos.pair(0)[1], parse())
    assert list(photos.manifest.table["group"]) == ["b", "more/a"]


def _no_photo(folder: Path) -> None:
    (folder / "photos/b.jpg").unlink()


def _no_parse(folder: Path) -> None:
    (folder / "parses/more/a.png").unlink()


def _other_size(folder: Path) -> None:
    Image.fromarray(parse(41)).save(folder / "parses/b.png")


def _one_name(folder: Path) -> None:
    (folder / "photos/b.png").write_bytes(encode_png(np.zeros((40, 30, 3), np.uint8)))


def _no_part(folder: Path) -> None:
    Image.fromarray(np.full((40, 30), 77, np.uint8)).save(folder / "parses/b.png")


def _no_group(folder: Path) -> None:
    (folder / "groups.csv").write_text("name,group\nb,one\n")


def _no_column(folder: Path) -> None:
    (folder / "groups.csv").write_text("photo,who\nb,one\n")


def _group_table(data: bytes):
    return lambda folder: (folder / "groups.csv").write_bytes(data)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (_no_photo, "missing of b"), (_no_parse, "missing of more/a"),
        (_other_size, "30 x 41 px for a photo of 30 x 40"), (_no_part, "no part.*\n.*b.png"),
        (_one_name, "one name.*\n.*b.jpg"), (_no_group, "no row of more/a"), (_no_column, "photo, who"),
        (_group_table(b""), "got: nothing"), (_group_table(b"name,group\nb,Zo\xeb\nmore/a,two\n"), "cannot be read"),
        (_group_table(b'name,group\nb,"one\nmore/a,two\n'), "cannot be read"),
        (_group_table(b"name,group\nb,one\nmore/a,two, too\n"), "line 3"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_named(folder: Path, planted, said: str) -> None:
    planted(folder)
    with pytest.raises(DataError, match=said):
        read_labelled(folder)


def test_a_coloured_parse_and_an_empty_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "parses/b.png").write_bytes(encode_png(np.zeros((40, 30, 3), np.uint8)))
    with pytest.raises(ImageError, match="no picture of labels"):
        read_labelled(folder)
    with pytest.raises(DataError, match="no photo"):
        read_labelled(tmp_path / "nothing")


def test_photos_of_one_name_are_all_kept(tmp_path: Path) -> None:
    writer, photos = LabelledWriter(tmp_path / "labelled"), {}
    for level, name in enumerate(("pants/x.png", "pants/x.bmp", "pants/x-2.png", "pants/x.webp")):
        photo = tmp_path / f"{level}{Path(name).suffix}"
        Image.fromarray(np.full((40, 30, 3), 60 * level, np.uint8)).save(photo, lossless=True)
        labels = np.full((40, 30), level, np.uint8)
        writer.add(name, photo, labels, f"group {level}")
        photos[f"group {level}"] = level
    writer.close()
    found = read_labelled(tmp_path / "labelled")
    assert set(found.manifest.table["sample_id"]) == {"pants/x", "pants/x-2", "pants/x-2-2", "pants/x-3"}
    for place, group in enumerate(found.manifest.table["group"]):
        image_u8, labels = found.pair(place)
        assert (image_u8 == 60 * photos[group]).all() and (labels == photos[group]).all()
