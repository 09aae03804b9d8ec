"""Runs on tiny bases of the real form: they learn, can be resumed, ship what was trained alone, and answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe
from tests.unit.models.tryon_latent.tiny_bases import inpainting_base

from fitroom.data.tryon import cases as tryon_cases
from fitroom.errors import ConfigError, RunError, WeightsError
from fitroom.evaluation.tryon.cases.opening import wardrobe_cases
from fitroom.evaluation.tryon.entrants import enter_bundle
from fitroom.evaluation.tryon.protocol import PROTOCOLS
from fitroom.export.command import main as export
from fitroom.pipelines.tryon_latent import LatentTryOnPipeline
from fitroom.training.fit import describe, make_plan, run
from fitroom.training.tasks import load_run

TINY = """\
task: tryon_latent
name: tiny
data: {num_workers: 0, select: 2}
model: {steps: 2, guidance: 1.5}
preprocessing: {height_px: 64, width_px: 64, resize: pad}
precision: 32-true
accelerator: cpu
threads: 1
batch_size: 2
epochs: 2
ema_decay: 0.9
optim: {lr: 1.0e-3}
validate_epochs: 10
logging: {wandb: "off", error_grid: 1, grid_steps: 100, every_steps: 1, sampling_steps: 2}
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return inpainting_base(tmp_path_factory.mktemp("bases") / "sd")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache_home: Path) -> Path:
    monkeypatch.setattr(tryon_cases, "cache_folder", lambda: tmp_path / "cache")
    write_wardrobe(tmp_path / "w", [tryon_row(i) for i in range(4)] + [tryon_row(9, "validation")])
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def loaded(config: Path, base: Path, *words: str):  # type: ignore[no-untyped-def]
    root = config.parent
    given = (f"--data.folder={root / 'w'}", f"--runs={root / 'runs'}", f"--model.base={base}")
    return load_run(config, *given, *words)


def test_a_run_learns_draws_and_ships_its_adapters_alone(config: Path, base: Path, tmp_path: Path) -> None:
    plan = make_plan(loaded(config, base, "--epochs=10", "--optim.lr=1e-2", "--validate_epochs=1"))
    told = describe(plan)
    assert "fit 4, select 1" in told and "GiB on each GPU" in told and "activations" in told
    bundle = run(plan)
    assert bundle is not None and bundle.spec.kind == "tryon_latent"
    metrics = pd.read_csv(tmp_path / "runs/tiny/metrics.csv")
    looks = metrics["select/denoise"].dropna()  # always the same noise
    assert "select/denoise_at_0.9" in metrics.columns and metrics["train/loss"].notna().sum() == 20
    assert looks.iloc[-1] < 0.96 * looks.iloc[0]
    assert list((tmp_path / "runs/tiny/figures").glob("samples_step*.png"))
    names = set(bundle.tensors())
    assert all(".attn1." in name or ".class_embedding." in name for name in names) and len(names) == 25
    assert bundle.spec.model["base_sha256"] and bundle.spec.weights.sha256 == bundle.spec.model["base_sha256"]
    card = (bundle.path / "README.md").read_text(encoding="utf-8")
    assert "not in this bundle" in card and bundle.spec.model["base_sha256"] in card
    checkpoint = torch.load(tmp_path / "runs/tiny/resume/last.ckpt", weights_only=True)
    assert {name.removeprefix("model.") for name in checkpoint["state_dict"]} == names
    row = tryon_row(0)
    pipeline = LatentTryOnPipeline.from_bundle(bundle.path, device="cpu")
    worn = pipeline.worn(row["person"], row["garment"], region="top")
    assert worn.shape == row["person"].shape and worn.dtype == np.uint8
    assert export(["--run", str(bundle.path), "--out", str(tmp_path / "out")]) == 0


def test_evaluation_enters_it_and_knows_what_it_learned_from(config: Path, base: Path, tmp_path: Path) -> None:
    bundle = run(make_plan(loaded(config, base, "--epochs=0.5")))
    assert bundle is not None
    entrant = enter_bundle(bundle.path, PROTOCOLS["wardrobe-counterfactual@3"](), torch.device("cpu"))
    for split in ("train", "validation"):
        cases = wardrobe_cases(tmp_path / "w", split)
        assert entrant.num_seen(cases) == len(cases) > 0
    row = tryon_row(0)
    drawn = entrant.draw(cases.cases[0], row)
    assert drawn is not None and drawn.shape == row["person"].shape


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    config: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(make_plan(loaded(config, base, "--name=whole")))
    words = (config, base, "--name=parted", "--checkpoint_steps=2")
    plan = make_plan(loaded(*words))
    with monkeypatch.context() as patch:
        from fitroom.training.tryon_latent.module import LatentTryOnModule

        step = LatentTryOnModule.training_step

        def stopped(self, batch, batch_idx):  # type: ignore[no-untyped-def]
            if batch_idx == 3:
                raise ZeroDivisionError
            return step(self, batch, batch_idx)

        patch.setattr(LatentTryOnModule, "training_step", stopped)
        with pytest.raises(ZeroDivisionError):
            run(plan)
    plan = make_plan(loaded(*words, "--memory.gradient_checkpointing=true"), resume=True)
    assert plan.start_step == 2
    parted = run(plan)
    assert whole is not None and parted is not None
    for name, value in whole.tensors().items():
        torch.testing.assert_close(parted.tensors()[name], value, rtol=0, atol=2e-3, msg=name)
    shutil.rmtree(parted.path)
    again = run(make_plan(loaded(*words), resume=True))
    assert again is not None and again.spec.revision == parted.spec.revision
    with pytest.raises(RunError, match="finished"):
        make_plan(loaded(*words), resume=True)


def test_one_stage_keeps_the_other_ones_adapter(config: Path, base: Path, tmp_path: Path) -> None:
    fit = run(make_plan(loaded(config, base, "--name=fit", "--train=[fit]", "--model.fit_rank=2")))
    assert fit is not None
    words = ("--name=texture", "--train=[tryon]", "--model.fit_rank=2", f"--start={tmp_path / 'runs/fit'}")
    plan = make_plan(loaded(config, base, *words))
    assert "begins with" in describe(plan)
    texture = run(plan)
    assert texture is not None and texture.trained_on() >= fit.trained_on()
    before, after = fit.tensors(), texture.tensors()
    of_fit = [name for name in before if ".fit." in name or "class_embedding" in name]
    assert of_fit and all(torch.equal(before[name], after[name]) for name in of_fit)
    assert any(not torch.equal(before[name], after[name]) for name in before if name not in of_fit)
    moved = [name for name in of_fit if before[name].any() and ("lora_B" in name or "second" in name)]
    assert moved, "the fit adapter begins at zero, and has learned"
    with pytest.raises(ConfigError, match="another network"):
        make_plan(loaded(config, base, "--name=third", f"--start={tmp_path / 'runs/fit'}"))


def test_another_base_does_not_open_the_bundle(
    config: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = run(make_plan(loaded(config, base, "--epochs=0.5")))
    assert bundle is not None
    monkeypatch.setenv("FITROOM_BASE", str(shutil.copytree(base, tmp_path / "copy")))
    LatentTryOnPipeline.from_bundle(bundle.path, device="cpu")
    monkeypatch.setenv("FITROOM_BASE", str(inpainting_base(tmp_path / "other", seed=1)))
    with pytest.raises(WeightsError, match="not the one that these adapters were trained on"):
        LatentTryOnPipeline.from_bundle(bundle.path, device="cpu")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--optim.kind=adamw8bit"], "8-bit optimizers cannot be had here"),
        (["--memory.base_dtype=bfloat16"], "need a mixed precision"),
        (["--preprocessing.height_px=100"], "the frame cannot be this"),
        (["--train=[]"], "nothing would be learned"),
        (["--data.pseudo=x"], "needs no made pictures"),
        (["--model.base=nowhere/at/all"], "the base is not there"),
        (["--memory.attention=cudnn"], "has not the attention kernel"),
    ],
)
def test_what_cannot_be_is_said_before_a_step(config: Path, base: Path, words: list[str], message: str) -> None:
    with pytest.raises((ConfigError, WeightsError), match=message):
        run(make_plan(loaded(config, base, *words)))


@pytest.mark.slow
def test_half_precision_and_all_levers_take_a_step(config: Path, base: Path) -> None:
    words = ("--precision=bf16-mixed", "--memory.base_dtype=bfloat16", "--memory.gradient_checkpointing=true",
             "--memory.average_on_cpu=true", "--memory.attention=math", "--epochs=0.5", "--accumulate=2",
             "--logging.error_grid=0", "--data.select=1")  # fmt: skip
    bundle = run(make_plan(loaded(config, base, *words)))
    assert bundle is not None and all(value.isfinite().all() for value in bundle.tensors().values())
