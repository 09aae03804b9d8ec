"""One pass over the photos: each decoded once, in order, shown to those that want it, the damaged ones left out."""

import logging
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitroom.evaluation.recognition import photos
from fitroom.evaluation.recognition.photos import Reader, look_through


@pytest.fixture
def paths(tmp_path: Path) -> dict[int, Path]:
    """Photo of row number i is gray of level i."""
    found = {row: tmp_path / f"{row}.png" for row in (3, 5, 8, 13, 21, 34, 55)}
    for row, path in found.items():
        Image.new("RGB", (20, 24), (row, row, row)).save(path)
    return found


def gray(images_u8: list[np.ndarray]) -> list[int]:
    return [int(image_u8[0, 0, 0]) for image_u8 in images_u8]


def test_each_photo_is_decoded_once_and_each_reader_sees_its_own(
    paths: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: Counter[Path] = Counter()
    decode = photos.decode_rgb_u8
    monkeypatch.setattr(photos, "decode_rgb_u8", lambda path: decoded.update([path]) or decode(path))
    everything, few = Reader(frozenset(paths), gray), Reader(frozenset({5, 55}), gray)
    look_through(paths, [everything, few], batch_size=3, what="looking")
    assert everything.found == {row: row for row in paths}
    assert few.found == {5: 5, 55: 55}
    assert set(decoded.values()) == {1} and len(decoded) == len(paths)
    assert everything.wall_s > 0


def test_batches_are_full_but_for_the_last(paths: dict[int, Path]) -> None:
    sizes = []

    def read(images_u8: list[np.ndarray]) -> list[int]:
        sizes.append(len(images_u8))
        return gray(images_u8)

    look_through(paths, [Reader(frozenset(paths), read)], batch_size=3, what=None)
    assert sizes == [3, 3, 1]


def test_a_damaged_photo_is_named_and_left_out(
    paths: dict[int, Path], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos.log, "propagate", True)
    paths[8].write_bytes(b"no photo")
    paths[13].unlink()
    reader = Reader(frozenset(paths), gray)
    with caplog.at_level(logging.WARNING, logger="fitroom"):
        look_through(paths, [reader], batch_size=4, what=None)
    assert set(reader.found) == set(paths) - {8, 13}
    assert str(paths[8]) in caplog.text and str(paths[13]) in caplog.text


def test_a_reader_that_loses_photos_is_caught(paths: dict[int, Path]) -> None:
    with pytest.raises(ValueError, match="zip"):
        look_through(paths, [Reader(frozenset(paths), lambda images: gray(images)[1:])], batch_size=4, what=None)
