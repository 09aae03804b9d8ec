"""A wardrobe through the one door: simulated, checked, looked at, and read back in three ways."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from datasets import load_dataset
from PIL import Image

from fitroom import cli
from fitroom.contracts import Part
from fitroom.data.wardrobe import SAMPLE_COLUMNS, WardrobeDataset, to_sample

ROOT = Path(__file__).resolve().parents[2]
MINI = ROOT / "configs" / "wardrobe" / "mini.yaml"
SHAPE = (128, 96)
KINDS = "{paired: 0, counterfactual_garment: 1, counterfactual_size: 1, size_across_bodies: 0, leak: 0}"
WORDS = [
    "--cases=8", "--cases_per_shard=4", "--seed=1", f"--kinds={KINDS}", "--splits={train: 1, validation: 0, test: 0}",
    "--simulation.spacing_cm=2.2", "--simulation.samples=1",
    *(f"--simulation.{prefix}height_px={SHAPE[0]}" for prefix in ("", "photo_")),
    *(f"--simulation.{prefix}width_px={SHAPE[1]}" for prefix in ("", "photo_")),
]  # fmt: skip


@pytest.fixture(scope="module")
def wardrobe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mini wardrobe, made smaller still: two garments on one person, and one garment in six sizes."""
    out = tmp_path_factory.mktemp("wardrobe") / "mini"
    assert cli.main(["wardrobe", "--config", str(MINI), "--out", str(out), "--workers", "1", *WORDS]) == 0
    return out


def test_it_is_complete_and_every_case_is_accounted_for(wardrobe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["wardrobe", "check", str(wardrobe)]) == 0
    assert "complete and unaltered" in capsys.readouterr().out
    manifest = json.loads((wardrobe / "manifest.json").read_text())
    assert manifest["cases"] + sum(manifest["rejected"].values()) == 8
    assert not manifest["failed_groups"]
    assert (wardrobe / "README.md").is_file() and (wardrobe / "registry.json").is_file()


@pytest.mark.parametrize("words", [[], ["--sizes"], ["--truth"]], ids=["cases", "sizes", "truth"])
def test_there_is_a_sheet_of(words: list[str], wardrobe: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    assert cli.main(["wardrobe", "show", str(wardrobe), "--out", str(out), "--n", "2", *words]) == 0
    assert np.asarray(Image.open(out).convert("L")).std() > 10


def test_rows_hold_pictures_and_exact_truth(wardrobe: Path) -> None:
    rows = WardrobeDataset(wardrobe)
    for row in (rows[index] for index in range(len(rows))):
        garment = {"bottom": {Part.TROUSERS, Part.SKIRT}, "dress": {Part.DRESS}, "outerwear": {Part.OUTERWEAR}}
        parts = garment.get(row["region"], {Part.TOP})
        worn = np.isin(row["worn_parse"], [int(part) for part in parts])
        assert row["person"].shape == row["worn"].shape == (*SHAPE, 3)
        assert worn.sum() > 100, "the garment is in the picture"
        unchanged = ~row["repaint_mask"] & ~worn
        assert np.abs(row["person"][unchanged].astype(int) - row["worn"][unchanged]).mean() < 4
        assert np.isfinite(row["flow"][row["flow_visible"]]).all() and row["flow_visible"].any()
        assert set(row["fit"]["overall"].split()) <= {"tight", "regular", "loose"}
        assert row["ease_cm"].keys() <= row["fit"].keys()
    sizes = [row for row in (rows[index] for index in range(len(rows))) if row["kind"] == "counterfactual-size"]
    assert len({row["person_id"] for row in sizes}) == len({row["garment_id"] for row in sizes}) == 1
    waists_cm = [row["garment_cm"]["waist"] for row in sorted(sizes, key=lambda row: row["case_id"])]
    assert waists_cm == sorted(set(waists_cm)), "larger sizes are larger"


def test_rows_are_samples_of_try_on(wardrobe: Path) -> None:
    sample = to_sample(WardrobeDataset(wardrobe, names=SAMPLE_COLUMNS)[0])
    assert sample.worn_u8 is not None and sample.worn_u8.shape == (*SHAPE, 3)
    assert sample.split == "train"


def test_hugging_face_reads_the_same_rows(wardrobe: Path, tmp_path: Path) -> None:
    loaded = load_dataset(str(wardrobe), split="train", cache_dir=str(tmp_path))
    rows = WardrobeDataset(wardrobe, names=["case_id", "worn"])
    assert loaded["case_id"] == [rows[index]["case_id"] for index in range(len(rows))]
    assert (np.asarray(loaded[0]["worn"].convert("RGB")) == rows[0]["worn"]).all()
