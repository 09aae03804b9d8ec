"""Sheets and card: drawn from what the folder holds, whatever is missing, and refused where there is nothing to see."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from fitroom import cli
from fitroom.errors import ConfigError, DataError
from fitroom.wardrobe.card import render_card
from fitroom.wardrobe.layout import PAPER, Page, Tile, draw
from fitroom.wardrobe.manifest import read_manifest
from fitroom.wardrobe.sheet import contact_sheet, size_sheet, truth_sheet
from fitroom.wardrobe.truth.columns import COLUMNS
from fitroom.wardrobe.truth_tiles import label_colors, tiles, warp


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_contact_sheet(made: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"sheet{suffix}"
    assert contact_sheet(made, out, 3) == "3 cases"
    first = out.read_bytes()
    contact_sheet(made, out, 3)
    assert out.read_bytes() == first
    contact_sheet(made, out, 3, seed=1)
    assert out.read_bytes() != first
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_fewer_cases_than_wanted(made: Path, tmp_path: Path) -> None:
    groups = len({shard for shard in read_manifest(made)["shards"][4]["seeds"]})
    assert contact_sheet(made, tmp_path / "a.png", 99, split="validation") == f"{groups} cases"


def test_all_sizes(made: Path, tmp_path: Path) -> None:
    assert size_sheet(made, tmp_path / "sizes.png") == "1 garments in sizes"


def test_truth_of_what_is_kept(made: Path, tmp_path: Path) -> None:
    assert truth_sheet(made, tmp_path / "truth.png", 2) == "maps of 2 cases"


def test_faults(made: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="format"):
        contact_sheet(made, tmp_path / "sheet.gif")
    with pytest.raises(DataError, match="no case of the nowhere split"):
        contact_sheet(made, tmp_path / "sheet.png", split="nowhere")
    with pytest.raises(DataError, match="no wardrobe"):
        contact_sheet(tmp_path, tmp_path / "sheet.png")
    assert not list(tmp_path.iterdir())
    (tmp_path / "manifest.json").write_text('{"name": "app"}')
    with pytest.raises(DataError, match="no wardrobe"):
        contact_sheet(tmp_path, tmp_path / "sheet.png")
    whole = tmp_path / "whole"
    shutil.copytree(made, whole)
    next(whole.glob("data/*/*.parquet")).write_bytes(b"PAR1")
    with pytest.raises(DataError, match="a shard cannot be read"):
        for split in ("train", "validation", "test"):
            contact_sheet(whole, tmp_path / "sheet.png", split=split)


def test_margins_are_paper() -> None:
    picture = np.zeros((20, 15, 3), np.uint8)
    page = Page("Title", "subtitle", [[Tile([picture, picture], ["a caption that is far too long", "b"])] * 3] * 2)
    sheet = np.asarray(draw(page))
    for border in (sheet[:20], sheet[-20:], sheet[:, :20], sheet[:, -20:]):
        assert (border == PAPER).all()


def test_the_flow_carries_the_photo() -> None:
    photo = np.random.default_rng(0).integers(0, 255, (6, 5, 3), dtype=np.uint8)
    y, x = np.mgrid[0:6, 0:5]
    flow = np.stack([4 - x, y], axis=-1).astype(np.float32) + 0.5
    flow[0, 0] = np.nan
    mirrored = photo[:, ::-1].copy()
    mirrored[0, 0] = 238
    assert (warp(photo, flow) == mirrored).all()


def test_a_tile_for_every_map() -> None:
    rng, shape = np.random.default_rng(0), (12, 9)
    made = {
        "picture": lambda: rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        "mask": lambda: rng.random(shape) < 0.5,
        "parts": lambda: rng.integers(0, 23, shape, dtype=np.uint8),
        "points": lambda: rng.random((17, 3)) * 8,
    }
    depth = {"flow": 2, "canonical": 3, "normal": 3}
    row = {column.name: made[column.kind]() for column in COLUMNS if column.kind in made}
    row |= {name: rng.random((*shape, size)).astype(np.float32) for name, size in depth.items()}
    row["depth"] = np.where(rng.random(shape) < 0.5, rng.random(shape), np.nan).astype(np.float32)
    drawn = tiles(row)
    assert len(drawn) == 15
    assert all(tile.pictures[0].shape == (*shape, 3) and tile.pictures[0].dtype == np.uint8 for tile in drawn)
    assert tiles({**row, "depth": np.full(shape, np.nan, np.float32)})


def test_labels_look_different() -> None:
    colors = label_colors().astype(int)
    assert min(np.abs(a - b).sum() for a, b in itertools.combinations(colors, 2)) > 20


def test_the_card_says_what_there_is(made: Path) -> None:
    manifest = read_manifest(made)
    card = (made / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(card.split("---")[1])
    assert {part["split"] for part in front["configs"][0]["data_files"]} == set(manifest["counts"]["split"])
    for column in COLUMNS:
        assert f"| `{column.name}` |" in card
    for kind, number in manifest["counts"]["kind"].items():
        assert f"| {kind} | {number} |" in card
    assert "| overstretched |" in card and "## Pictures" not in card
    assert "![" in render_card(manifest, ["sheet.jpg"])


class TestDoor:
    def test_show_and_check(self, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["wardrobe", "check", str(made)]) == 0
        assert cli.main(["wardrobe", "show", str(made), "--out", str(tmp_path / "a.png"), "--sizes"]) == 0
        assert "complete and unaltered" in capsys.readouterr().out
        assert Image.open(tmp_path / "a.png").width > 500

    def test_a_plan_of_it(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["wardrobe", "--cases", "100", "--dry-run"]) == 0
        assert "cases in" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["wardrobe"], "--out"),
            (["wardrobe", "shwo", "x"], "did you mean 'fitroom wardrobe show'?"),
            (["wardrobe", "--out", "w", "--sed", "1"], "did you mean 'seed'?"),
            (["wardrobe", "--out", "w", "--workers", "0"], "nobody to work"),
            (["wardrobe", "--dry-run", "--shards", "7000"], "no such shard"),
        ],
    )
    def test_faults_are_for_people(self, words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(words) == 2
        assert said in capsys.readouterr().err
