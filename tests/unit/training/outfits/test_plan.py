"""A run of the outfit network: from files to a bundle that has learned, and the same batches whoever asks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.unit.data.outfits.closet import styled

from fitroom.config import load_config
from fitroom.data.outfits.encoding import Coder, vocabulary_of
from fitroom.data.outfits.jsonl import write_jsonl
from fitroom.data.outfits.outfit_loaders import Chances, OutfitDataset, collate_outfits
from fitroom.data.stream import SampleKey
from fitroom.errors import ConfigError
from fitroom.training.fit import make_plan, run
from fitroom.training.outfits.config import OutfitRunConfig

ROOT = Path(__file__).resolve().parents[4]


def config(folder: Path, **changes: object) -> OutfitRunConfig:
    words = {"data.folder": folder, "runs": folder / "runs", "epochs": 12, "model.width": 32, "model.layers": 1}
    return load_config(
        OutfitRunConfig, ROOT / "configs/train/outfits.yaml", *(f"--{k}={v}" for k, v in (words | changes).items())
    )


def test_a_run_learns_what_goes_together_and_ships_it(tmp_path: Path) -> None:
    for part, count, seed in (("train", 500, 0), ("valid", 60, 1)):
        outfits = styled(count, seed)
        write_jsonl(tmp_path / f"{part}.jsonl", outfits.pieces.values(), outfits.outfits)
    bundle = run(make_plan(config(tmp_path, **{"ema_decay": 0.9, "optim.lr": 3e-3})))
    assert bundle is not None and bundle.size_bytes() < 3_000_000
    measured = bundle.spec.measured
    assert measured["select part, AUC of outfits against mixed ones"] > 0.65  # 0.5 is chance
    assert measured["select part, blanks filled rightly, of 12"] > 0.16  # one in twelve is chance
    assert "office" in bundle.spec.model["vocabulary"]["for_occasion"]
    assert "An outfit network" in (bundle.path / "README.md").read_text()


def test_what_a_step_drops_depends_on_the_step_alone_and_every_process_looks_at_the_whole_select_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("train", "valid"):
        outfits = styled(20, len(part))
        write_jsonl(tmp_path / f"{part}.jsonl", outfits.pieces.values(), outfits.outfits)
    built: Any = make_plan(config(tmp_path, **{"model.dropout": 0.5})).build()
    module, (fit, select) = built.module.train(), built.data.parts()
    monkeypatch.setattr(module, "_log_step", lambda: None)
    batch = built.data.collate([fit[SampleKey(k, 0)] for k in range(8)])
    first, other, again = (float(module.training_step(batch, step)) for step in (3, 4, 3))
    assert first == again != other
    built.data.trainer = SimpleNamespace(world_size=2, global_rank=1)
    (loader,) = built.data.val_dataloader()
    assert sum(len(part.present_BN) for part in loader) == len(select)


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no outfits to learn from"):
        make_plan(config(tmp_path))


def test_a_sample_depends_on_epoch_and_number_alone() -> None:
    outfits = styled(10)
    dataset = OutfitDataset(outfits, Coder(vocabulary_of(outfits), 0, 1, 0), Chances(), 5, 0)
    one, again, later = (dataset[SampleKey(3, epoch)] for epoch in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one.candidates, again.candidates, strict=True))
    assert not torch.equal(one.candidates.words, later.candidates.words)
    batch = collate_outfits([dataset[k] for k in range(4)])
    assert batch.candidates.words.shape[:2] == (4, 5)
    assert torch.equal(batch.present_BN.sum(1), batch.rest_present_BN.sum(1) + 1)
    words, present = batch.pieces.words, batch.present_BN
    assert (words[..., 0, 0][present] > 0).all() and (words[~present] == 0).all()
