"""Every command of docs/data-sets.md runs, on tiny folders of the same layouts; and the page names every kind."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from tests.unit.data import try_on_trees as trees
from tests.unit.data.deepfashion_tree import deepfashion
from tests.unit.data.test_check_try_on import whole_wardrobe

from fitroom import cli
from fitroom.data.findings import FIXES

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/data-sets.md").read_text(encoding="utf-8")
TINY = (
    "--model.backbone test_efficientnet --weights none --preprocessing.height_px 64 --preprocessing.width_px 64 "
    "--data.num_workers 0 --epochs 1 --batch_size 8 --accelerator cpu --precision 32-true --threads 1"
)


def commands() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("fitroom ")]


def test_every_command_runs(
    tmp_path: Path, image_folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "configs/train", "configs/train")
    trees.viton_hd_whole(Path("data/viton-hd"))
    trees.viton(Path("data/viton"))
    trees.dresscode(Path("data/dresscode"))
    whole_wardrobe(Path("data/wardrobe"))
    deepfashion(Path("data/deepfashion"), 24)
    image_folder(("dress", "hat"), 3, name="shop/photos")
    assert len(commands()) == 8
    for line in commands():
        words = shlex.split(line)[1:] + (shlex.split(TINY) if " train " in line else [])
        assert cli.main(words) == 0, f"{line}\n{capsys.readouterr()}"
    assert Path("deepfashion.parquet").is_file() and Path("runs/deepfashion/bundle").is_dir()


def test_every_kind_of_try_on_is_on_the_page() -> None:
    assert set(FIXES) <= set(re.findall(r"`([\w-]+)`", PAGE))
