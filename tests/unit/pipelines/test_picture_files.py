"""Pictures to files: whole or not at all, nothing written over unasked, masks read as painted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitroom.errors import ConfigError, DataError
from fitroom.images import decode_rgb_u8, encode_png
from fitroom.pipelines.picture_files import SUFFIXES, check_picture_path, read_mask, write_picture

GREY = np.full((40, 30, 3), 90, np.uint8)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".PNG"])
def test_written_and_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"worn{suffix}"
    check_picture_path(path, False)
    write_picture(path, GREY)
    assert np.abs(decode_rgb_u8(path).astype(int) - GREY).max() <= (0 if suffix.lower() == ".png" else 3)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"mine")
    (tmp_path / "b.png").mkdir()
    for name, said in (
        ("a.jpgg", "did you mean '.jpg'"),
        ("a", "no suffix"),
        ("none/a.png", "not there"),
        ("a.png", "--overwrite"),
        ("b.png", "a folder of that name"),
    ):
        with pytest.raises(ConfigError) as caught:
            check_picture_path(tmp_path / name, False)
        assert said in str(caught.value)
    check_picture_path(tmp_path / "a.png", True)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    (tmp_path / "a.png").write_bytes(b"mine")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DataError, match="No space left"):
        write_picture(tmp_path / "a.png", GREY)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"mine"


def test_masks(tmp_path: Path) -> None:
    painted = np.zeros((40, 30, 3), np.uint8)
    painted[5:10] = 255
    path = tmp_path / "mask.png"
    path.write_bytes(encode_png(painted))
    np.testing.assert_array_equal(read_mask(path), painted[..., 0] == 255)
    path.write_bytes(encode_png(painted // 4))
    with pytest.raises(ConfigError, match="nothing be painted"):
        read_mask(path)
