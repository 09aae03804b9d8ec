"""The readers learn from made-up figures in seconds, ship with a law, and each member keeps away from its own share."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from fitroom.bundles.format import SHORT_HASH, open_bundle
from fitroom.data.figures import FigureDataset, Figures, fold_of, moved
from fitroom.data.manifest import Manifest
from fitroom.data.stream import SampleKey
from fitroom.training import fit
from fitroom.training.body_photo import plan
from fitroom.training.body_photo.losses import reading_loss

TWO = ["chest", "hip"]


def figures(split: str, num_bodies: int, per_body: int = 3) -> Figures:
    """Bars whose widths are the measures, in clothes that hide some of it."""
    rng = np.random.default_rng(len(split))
    logs_BK = rng.normal([-0.6, -0.5], 0.12, (num_bodies, 2))
    rows, shares, logs = [], [], []
    for body in range(num_bodies):
        for number in range(per_body):
            wide = np.exp(logs_BK[body] + rng.normal(0, 0.03, 2)) * 20
            one = np.zeros((2, 32, 24), np.uint8)
            for channel, width in enumerate(wide):
                left = round(12 - width / 2)
                one[channel, 16 * channel : 16 * channel + 16, left : left + round(width)] = 255
            shares.append(one)
            logs.append(logs_BK[body])
            digest = hashlib.sha256(f"{split} {body} {number}".encode()).hexdigest()
            rows.append((f"{split}-{body}/{number}", digest, 1, 1, f"{split}{body}", split))
    columns = ["sample_id", "sha256", "width_px", "height_px", "group", "split"]
    table = pd.DataFrame(rows, columns=columns).astype({"sample_id": "str", "sha256": "str", "group": "str"})
    return Figures(Manifest(Path(), table, []), np.stack(shares), np.array(logs), np.full(len(rows), 170.0))


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figures]:
    parts = {"train": figures("train", 40), "validation": figures("validation", 12)}
    monkeypatch.setattr(plan, "read_figures", lambda folder, split, *_: parts[split])
    monkeypatch.setattr(plan.ParsePipeline, "from_bundle", lambda path: None)
    return parts


def words(runs: Path, *more: str) -> list[str]:
    given = {
        "task": "body_photo", "name": "tiny", "runs": runs, "data.folder": "wardrobes", "epochs": 25, "batch_size": 30,
        "threads": 1, "accelerator": "cpu", "logging.wandb": "off", "ema_decay": 0.8, "validate_epochs": 25,
        "model.rows": 32, "model.columns": 24, "model.members": 3,
        "model.measures": "[chest, hip]", "model.groups": "[[TOP], [TROUSERS]]", "optim.lr": 0.01,
    }  # fmt: skip
    return [word for key, value in given.items() for word in (f"--{key}", str(value))] + list(more)


def test_it_learns_and_ships_a_law(made_up: dict[str, Figures], tmp_path: Path) -> None:
    assert fit.main(words(tmp_path)) == 0
    bundle = open_bundle(tmp_path / "tiny" / "bundle")
    assert bundle.spec.kind == "body_photo"
    assert bundle.trained_on() == {
        sha[:SHORT_HASH] for part in made_up.values() for sha in part.manifest.table["sha256"]
    }
    measured = bundle.spec.measured or {}
    spread_cm = 170 * float(np.exp(made_up["validation"].logs_NK).std())
    for part in ("law", "select"):
        assert measured[f"{part} part, people not met, chest, error in cm"] < 0.6 * spread_cm
    law = bundle.build_model().config.law  # type: ignore[union-attr]
    assert np.diag(np.array(law.gain)).min() > 3, "a reading follows its measure, in units of a tenth"
    assert np.linalg.eigvalsh(np.array(law.covariance)).min() > 0
    assert "Limits" in (bundle.path / "README.md").read_text()


def test_a_member_hears_nothing_of_its_share() -> None:
    read_BMK = torch.zeros(2, 3, 1, requires_grad=True)
    reading_loss(read_BMK, torch.ones(2, 1), torch.tensor([0, 2]), torch.ones(2)).backward()
    assert (read_BMK.grad != 0)[:, :, 0].tolist() == [[False, True, True], [True, True, False]]


def test_the_loss_weighs_photos() -> None:
    read_BMK = torch.tensor([[[1.0], [3.0]], [[0.0], [0.0]]])
    weight_B = torch.tensor([1.0, 3.0])
    loss = reading_loss(read_BMK, torch.zeros(2, 1), torch.tensor([0, 1]), weight_B)
    assert float(loss) == pytest.approx((1 * 9 + 3 * 0) / 4)


def test_shares_of_bodies_are_even_and_all_photos_of_a_body_are_in_one() -> None:
    folds = [fold_of(f"body{number}", 4) for number in range(2000)]
    assert np.abs(np.bincount(folds) - 500).max() < 75
    part = figures("train", 10)
    assert all(len({fold for fold, body in zip(part.share_of(4), part.bodies_N, strict=True) if body == one}) == 1
               for one in set(part.bodies_N))  # fmt: skip


def test_bodies_weigh_alike() -> None:
    part = figures("train", 3)
    fewer = Figures(part.manifest.subset(np.arange(9) < 7), part.shares_u8[:7], part.logs_NK[:7], part.height_cm_N[:7])
    totals = [fewer.weight_N[fewer.bodies_N == body].sum() for body in sorted(set(fewer.bodies_N))]
    assert totals == pytest.approx([totals[0]] * 3) and fewer.weight_N.mean() == pytest.approx(1.0)


def test_how_a_figure_is_moved_depends_on_seed_epoch_and_index_alone() -> None:
    part = figures("train", 4)
    first, second = (FigureDataset(part, [0.0] * 2, [1.0] * 2, 2, 7, True) for _ in range(2))
    assert torch.equal(first[SampleKey(3, 1)].shares, second[SampleKey(3, 1)].shares)
    assert any(not torch.equal(first[SampleKey(n, 0)].shares, first[SampleKey(n, 1)].shares) for n in range(8))
    plain = FigureDataset(part, [0.0] * 2, [1.0] * 2, 2, 7, False)
    assert torch.equal(plain[2].shares * 255, torch.from_numpy(part.shares_u8[2]).float())
    assert np.array_equal(moved(moved(part.shares_u8[0], 0, True), 0, True), part.shares_u8[0])
    assert np.array_equal(moved(part.shares_u8[0], 2, False)[:, :, 2:], part.shares_u8[0][:, :, :-2])
