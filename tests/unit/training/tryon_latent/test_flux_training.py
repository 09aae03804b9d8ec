"""Runs on tiny FLUX bases in both forms: they learn, go on exactly, ship what was trained alone, and answer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe
from tests.unit.models.tryon_latent.test_low_rank_file import NAME, by_diffusers
from tests.unit.models.tryon_latent.tiny_bases import flux_base

from fitroom.data.tryon import cases as tryon_cases
from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.errors import ConfigError, WeightsError
from fitroom.evaluation.tryon.cases.opening import wardrobe_cases
from fitroom.evaluation.tryon.entrants import enter_bundle
from fitroom.evaluation.tryon.protocol import PROTOCOLS
from fitroom.export.command import main as export
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.low_rank_file import read_low_rank
from fitroom.models.tryon_latent.network import on_base
from fitroom.pipelines.tryon_latent import LatentTryOnPipeline
from fitroom.training.fit import make_plan, run
from fitroom.training.tasks import load_run
from fitroom.training.tryon_latent.config import LatentOptimConfig
from fitroom.training.tryon_latent.losses import denoise_loss
from fitroom.training.tryon_latent.module import LatentTryOnModule
from fitroom.training.tryon_latent.optimizer import make_optimizer

FORMS = ("flux-fill", "flux-kontext")
each_form = pytest.mark.parametrize("form", FORMS)


def quickly(quick: str) -> pytest.MarkDecorator:
    """Each form, of which only one is tried where time is short."""
    others = [pytest.param(form, marks=pytest.mark.slow) for form in FORMS if form != quick]
    return pytest.mark.parametrize("form", [quick, *others])


TINY = """\
task: tryon_latent
name: tiny
data: {num_workers: 0, select: 1}
model: {steps: 2, guidance: 1.5, tryon_rank: 2, prompt_tokens: 3}
preprocessing: {height_px: 64, width_px: 64, resize: pad}
precision: 32-true
accelerator: cpu
threads: 1
batch_size: 2
epochs: 2
ema_decay: 0.9
optim: {lr: 1.0e-3}
validate_epochs: 10
logging: {wandb: "off", error_grid: 0, every_steps: 1}
"""


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {form: flux_base(tmp_path_factory.mktemp("bases") / form, form) for form in FORMS}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache_home: Path) -> Path:
    monkeypatch.setattr(tryon_cases, "cache_folder", lambda: tmp_path / "cache")
    write_wardrobe(tmp_path / "w", [tryon_row(i) for i in range(4)] + [tryon_row(9, "validation")])
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def loaded(config: Path, bases: dict[str, Path], form: str, *words: str) -> Any:
    root = config.parent
    given = (f"--data.folder={root / 'w'}", f"--runs={root / 'runs'}", f"--model.base={bases[form]}")
    return load_run(config, *given, f"--model.form={form}", *words)


@each_form
def test_the_loss_of_one_repeated_batch_falls(bases: dict[str, Path], form: Any, cache_home: Path) -> None:
    torch.manual_seed(0)
    model: Any = on_base(LatentTryOnConfig(str(bases[form]), form, tryon_rank=4, fit_rank=4))
    optimizer = make_optimizer(model, LatentOptimConfig(lr=1e-2, fit_rate=1))
    person, garment, worn = (torch.randn(2, 16, 8, 8) for _ in range(3))
    scene = model.see(person, torch.ones(2, 1, 64, 64), garment, torch.randn(2, NUM_CONDITIONS))
    clean = model.clean(worn, scene)
    noised = model.noised(clean, torch.randn_like(clean), torch.tensor([0.3, 0.7]), 5.0)
    losses = []
    for _ in range(25):
        answer = model.predict(noised.noisy, noised.level_B, scene)
        losses.append(denoise_loss(model, answer, noised, 1.0).mean())
        optimizer.zero_grad()
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < 0.9 * losses[0]


@quickly("flux-fill")
def test_a_run_ships_its_adapters_and_answers_everywhere(
    config: Path, bases: dict[str, Path], form: str, tmp_path: Path
) -> None:
    bundle = run(
        make_plan(loaded(config, bases, form, "--epochs=1", "--logging.error_grid=1", "--logging.sampling_steps=2"))
    )
    assert bundle is not None and bundle.spec.kind == "tryon_latent" and bundle.spec.model["form"] == form
    assert list((tmp_path / "runs/tiny/figures").glob("samples_step*.png"))
    names = set(bundle.tensors())
    assert all(any(part in name for part in (".tryon.", ".sizes.", "prompt.")) for name in names) and len(names) == 29
    card = (bundle.path / "README.md").read_text(encoding="utf-8")
    assert "Low-rank parts (rank 2) of the attention of the base's transformer, 3 prompt tokens" in card
    assert bundle.spec.model["base_sha256"] in card
    row = tryon_row(0)
    pipeline = LatentTryOnPipeline.from_bundle(bundle.path, device="cpu")
    for mask in (None, row["person"][..., 0] > 100):
        worn = pipeline.worn(row["person"], row["garment"], region="top", repaint_mask=mask)
        assert worn.shape == row["person"].shape and worn.dtype == np.uint8
        assert mask is None or np.array_equal(worn[~mask], row["person"][~mask])
    cases = wardrobe_cases(tmp_path / "w", "validation")
    entrant = enter_bundle(bundle.path, PROTOCOLS["wardrobe-counterfactual@3"](), torch.device("cpu"))
    assert entrant.num_seen(cases) == len(cases) > 0 and entrant.draw(cases.cases[0], row) is not None
    assert export(["--run", str(bundle.path), "--out", str(tmp_path / "out")]) == 0


@quickly("flux-kontext")
def test_a_stopped_run_goes_on_exactly(
    config: Path, bases: dict[str, Path], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(make_plan(loaded(config, bases, form, "--name=whole", "--epochs=1.5")))
    words = (config, bases, form, "--name=parted", "--epochs=1.5", "--checkpoint_steps=1")
    step = LatentTryOnModule.training_step

    def stopped(self: Any, batch: Any, batch_idx: int) -> torch.Tensor:
        if batch_idx == 2:
            raise ZeroDivisionError
        return step(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(LatentTryOnModule, "training_step", stopped)
        with pytest.raises(ZeroDivisionError):
            run(make_plan(loaded(*words)))
    plan = make_plan(loaded(*words), resume=True)
    assert plan.start_step == 2
    parted = run(plan)
    assert whole is not None and parted is not None
    assert all(torch.equal(parted.tensors()[name], value) for name, value in whole.tensors().items())


@pytest.mark.slow
def test_one_stage_keeps_the_other_ones_adapter(config: Path, bases: dict[str, Path], tmp_path: Path) -> None:
    words = ("--epochs=1", "--model.fit_rank=2")
    fit = run(make_plan(loaded(config, bases, "flux-kontext", "--name=fit", "--train=[fit]", *words)))
    start = f"--start={tmp_path / 'runs/fit'}"
    texture = run(make_plan(loaded(config, bases, "flux-kontext", "--name=texture", "--train=[tryon]", start, *words)))
    assert fit is not None and texture is not None
    before, after = fit.tensors(), texture.tensors()
    of_fit = {name for name in before if ".fit." in name or ".sizes." in name}
    assert any(before[name].any() for name in of_fit if ".lora_B." in name or ".second." in name)
    assert all(torch.equal(before[name], after[name]) for name in of_fit)
    assert any(not torch.equal(before[name], after[name]) for name in before if name not in of_fit)
    with pytest.raises(ConfigError, match="another network"):
        make_plan(loaded(config, bases, "flux-fill", "--name=third", start, *words))


@pytest.mark.slow
@each_form
def test_all_levers_take_a_step(config: Path, bases: dict[str, Path], form: Any) -> None:
    words = ("--precision=bf16-mixed", "--memory.base_dtype=bfloat16", "--memory.gradient_checkpointing=true",
             "--memory.average_on_cpu=true", "--memory.attention=math", "--memory.latents_on_disk=true",
             "--accumulate=2", "--epochs=0.5")  # fmt: skip
    bundle = run(make_plan(loaded(config, bases, form, *words)))
    assert bundle is not None and all(value.isfinite().all() for value in bundle.tensors().values())
    weights = on_base(LatentTryOnConfig(str(bases[form]), form, tryon_rank=2), dtype=torch.bfloat16)
    dtypes = {p.dtype for name, p in weights.named_parameters() if p.ndim > 1 and name not in weights.state_dict()}
    assert dtypes == {torch.bfloat16} and {v.dtype for v in weights.state_dict().values()} == {torch.float32}


@pytest.mark.slow
@each_form
def test_latents_on_disk_and_recomputed_activations_change_no_loss(
    config: Path, bases: dict[str, Path], form: str, tmp_path: Path
) -> None:
    words = ("--augment.move=0", "--augment.widen_px=0")
    levers = ("--memory.latents_on_disk=true", "--memory.gradient_checkpointing=true")
    run(make_plan(loaded(config, bases, form, "--name=without", *words)))
    run(make_plan(loaded(config, bases, form, "--name=with", *words, *levers)))
    losses = [pd.read_csv(tmp_path / "runs" / name / "metrics.csv")["train/loss"] for name in ("without", "with")]
    pd.testing.assert_series_equal(*losses, rtol=0, atol=1e-5)


def test_a_run_goes_on_from_a_released_adapter(config: Path, bases: dict[str, Path], tmp_path: Path) -> None:
    """Its rank and layers come from the file, stand in the bundle, and are there when the run is resumed."""
    released = by_diffusers(bases["flux-fill"], tmp_path / "released", lora_alpha=8)
    (config.parent / "tiny.yaml").write_text(TINY.replace("tryon_rank: 2, ", ""), encoding="utf-8")
    words = (config, bases, "flux-fill", f"--attention={released}", "--epochs=0.5", "--optim.lr=1e-9", "--ema_decay=0")
    bundle = run(make_plan(loaded(*words)))
    assert bundle is not None and bundle.spec.model["tryon_rank"] == 4
    assert "transformer_blocks.*.ff.net.2" in bundle.spec.model["tryon_layers"]
    card = (bundle.path / "README.md").read_text(encoding="utf-8")
    assert f"released {NAME} (SHA-256" in card and "(rank 4) of 15 kinds of layers" in card
    told = read_low_rank(released)
    for name, (low, high) in told.pairs.items():
        for half, tensor in (("A", low), ("B", high)):
            got = bundle.tensors()[f"network.{name}.lora_{half}.tryon.weight"]
            torch.testing.assert_close(got.float(), tensor, rtol=1e-3, atol=1e-4)
    shutil.rmtree(bundle.path)
    plan = make_plan(loaded(*words), resume=True)
    assert plan.start_step == 1 and plan.config.model.tryon_layers == told.layers  # type: ignore[attr-defined]
    again = run(plan)
    assert again is not None and again.spec.revision == bundle.spec.revision
    with pytest.raises(WeightsError, match="not the one that the config describes"):
        make_plan(loaded(*words, "--name=other", "--model.tryon_rank=8"))
