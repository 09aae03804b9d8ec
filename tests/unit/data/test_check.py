from __future__ import annotations

import pytest

from fitroom.data.check import main
from fitroom.data.manifest import Manifest
from fitroom.errors import ConfigError, DataError


def test_a_good_folder_is_counted_and_written(image_folder, tmp_path, capsys):
    root = image_folder(("dress", "hat"), 3, splits=("train", "val"), num_groups=4)
    out = tmp_path / "made" / "manifest.parquet"
    assert main(["--source.root", str(root), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    assert rows == [["dress", "3", "3", "6"], ["hat", "3", "3", "6"], ["total", "6", "6", "12"]]
    assert "groups: 4, largest 3 photos; 4 lie in more than one split" in text
    assert "width_px: 40 to 40" in text and "12 photos, no problems" in text
    assert len(Manifest.read(out)) == 12


def test_problems_are_named_and_nothing_is_written(image_folder, tmp_path, capsys):
    root = image_folder(("dress", "hat"), 3)
    (root / "hat" / "cut [1].jpg").write_bytes((root / "hat/0000.jpg").read_bytes()[:-300])
    out = tmp_path / "manifest.parquet"
    assert main([str(root), "--out", str(out)]) == 3
    text = capsys.readouterr().out
    assert "  hat/cut [1].jpg: the image is damaged or cut short" in text
    assert "1 of 7 photos to repair or remove" in text
    assert not out.exists()


def test_skip_bad_writes_the_rest(image_folder, tmp_path, capsys):
    root = image_folder(("dress", "hat"), 3)
    (root / "hat/0000.jpg").write_bytes(b"")
    out = tmp_path / "manifest.parquet"
    assert main([str(root), "--source.skip_bad", "true", "--out", str(out)]) == 0
    assert "1 of 6 photos left out" in capsys.readouterr().out
    assert len(Manifest.read(out)) == 5


def test_nothing_usable_is_a_failure_even_when_skipping(image_folder, capsys):
    root = image_folder(("hat",), 1)
    (root / "hat/0000.jpg").write_bytes(b"")
    assert main([str(root), "--source.skip_bad", "true"]) == 3
    assert "hat/0000.jpg" in capsys.readouterr().out


def test_further_labels_are_summed_up(image_folder, capsys):
    root = image_folder(("dress", "hat"), 2, num_groups=2)
    assert main([str(root), "--source.label_columns", "{who: contributor, category: category}"]) == 0
    assert "who: 2 values on 4 of 4 photos" in capsys.readouterr().out


def test_no_file_of_another_kind_is_written_over(image_folder, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("a,b")
    with pytest.raises(ConfigError, match="a manifest is a Parquet file"):
        main([str(image_folder(("dress", "hat"), 3)), "--out", str(mine)])
    assert mine.read_text() == "a,b"


def test_faults_of_the_user_are_fitroom_errors(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        main([str(tmp_path / "gone")])
    with pytest.raises(ConfigError):
        main([])
    with pytest.raises(ConfigError, match="unknown key"):
        main([str(tmp_path), "--source.tabel", "x"])
