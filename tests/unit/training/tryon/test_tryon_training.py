"""Losses with known answers, and a run that learns, can be resumed, and ships a bundle that answers."""

from __future__ import annotations

import shutil
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import torch
from tests.unit.data.tryon_rows import tryon_row, write_wardrobe
from tests.unit.evaluation.tryon.planted_parser import PlantedAnswer

from fitroom.contracts import Part, Preprocessing
from fitroom.data.tryon import cases as tryon_cases
from fitroom.data.tryon.terms import GAIN_SCALE, LAYERS, LAYOUT, PAINT, PERSON, TARGET
from fitroom.data.tryon.views import IGNORED
from fitroom.errors import ConfigError, DataError
from fitroom.evaluation.tryon.cases.opening import wardrobe_cases
from fitroom.evaluation.tryon.entrants import enter_bundle
from fitroom.evaluation.tryon.protocol import PROTOCOLS
from fitroom.models.tryon import network
from fitroom.models.tryon.hem import HemGuess
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.tryon import TryOnPipeline
from fitroom.training.fit import describe, make_plan, run
from fitroom.training.tasks import load_run
from fitroom.training.tryon.fit_figures import rows_of
from fitroom.training.tryon.losses import flow_loss, hem_loss, layers_loss, picture_loss, slope_loss, source_loss
from fitroom.training.tryon.module import light_off, noise_levels, windows

CONFIGS = Path(__file__).resolve().parents[4] / "configs" / "train"
TINY = """\
task: tryon
name: tiny
data: {num_workers: 0}
model: {backbone: test_efficientnet, stages: 4, widths: [8, 16, 16, 32], depth: 1, denoiser_width: 16, detail: 8}
preprocessing: {height_px: 64, width_px: 64, resize: pad}
weights: none
precision: 32-true
batch_size: 2
epochs: 4
optim: {lr: 3.0e-3, freeze_stages: 1}
validate_epochs: 10
logging: {wandb: "off", error_grid: 1, grid_steps: 100, every_steps: 1}
"""


def test_the_exact_flow_costs_nothing_and_a_shift_its_length() -> None:
    flow, cover = torch.zeros(1, 2, 16, 16), torch.zeros(1, 1, 16, 16)
    cover[..., 4:12, 4:12] = 1
    flows = [torch.zeros(1, 2, n, n) for n in (2, 4, 8, 16)]
    assert flow_loss(flows, flow, cover, cover) == pytest.approx(0, abs=1e-6)
    moved = [f + torch.tensor([0.3, 0.4])[None, :, None, None] for f in flows]
    assert flow_loss(moved, flow, cover, cover) == pytest.approx(0.5, abs=0.02)
    moved[-1][..., :4, :] = 9.0  # where there is no cloth nobody looks
    assert flow_loss(moved, flow, cover, cover) == pytest.approx(0.5, abs=0.02)


def test_slopes_are_judged_apart_from_places() -> None:
    x = torch.linspace(-1, 1, 33)[:32].expand(1, 2, 32, 32) * torch.tensor([1.0, 0.0])[None, :, None, None]
    cover = torch.zeros(1, 1, 32, 32)
    cover[..., 8:24, 8:24] = 1
    assert slope_loss(x + 0.4, x, cover) == pytest.approx(0, abs=1e-5), "all of it lies elsewhere, unbent"
    stretched = slope_loss(1.5 * x, x, cover)
    assert stretched == pytest.approx(0.25, abs=0.02), "half a px a px across, nothing down"
    torn = x.clone()
    torn[..., :8, :] += 1.0
    assert slope_loss(torn, x, cover) == pytest.approx(0, abs=1e-5), "where there is no cloth nobody looks"


def test_hidden_cloth_may_be_warped_or_painted_but_not_the_persons_own() -> None:
    source = torch.full((1, 1, 1), IGNORED)
    for chosen, fine in ((0, True), (1, True), (PERSON, False)):
        logits = torch.full((1, 3, 1, 1), -20.0)
        logits[:, chosen] = 20.0
        assert (source_loss(logits, source) < 0.01) == fine
    assert source_loss(torch.zeros(1, 3, 1, 1), torch.zeros(1, 1, 1).long()) == pytest.approx(np.log(3))


def test_gradients_count_beside_colours() -> None:
    truth = torch.zeros(1, 3, 8, 8)
    flat, striped = torch.full_like(truth, 0.5), torch.full_like(truth, 0.5)
    striped[..., ::2] = -0.5
    assert picture_loss(flat, truth) == pytest.approx(0.5)
    assert picture_loss(striped, truth) == pytest.approx(1.0)


def test_noise_levels_lean_towards_pure_noise() -> None:
    levels = noise_levels(torch.rand(4000, 3, generator=torch.Generator().manual_seed(0)), 0.5)
    assert ((levels > 0) & (levels <= 1)).all()
    assert (levels == 1).float().mean() == pytest.approx(0.5, abs=0.03)
    assert levels[levels < 1].mean() == pytest.approx(2 / 3, abs=0.03)


def test_each_sample_has_its_own_window() -> None:
    maps, corners = torch.randn(3, 5, 16, 12), torch.tensor([[0, 0], [3, 5], [8, 6]])
    cut = windows(maps, corners, (8, 6))
    assert all(torch.equal(cut[i], maps[i, :, y : y + 8, x : x + 6]) for i, (y, x) in enumerate(corners.tolist()))


def test_light_that_is_too_bright_and_light_of_a_colour_are_told_apart() -> None:
    truth, cover = torch.zeros(3, 6, 8, 8), torch.ones(3, 1, 8, 8)
    cover[:, :, :4], cover[2] = 0, 0  # half is no cloth; of the third nothing
    batch = Mock(clean=truth, cover=cover, shown=torch.ones_like(cover))
    clean = truth.clone()
    clean[0, :3, 4:], clean[1, 1, 4:] = 0.1 * GAIN_SCALE, 0.3 * GAIN_SCALE
    clean[:, :3, :4], clean[:, 3:] = 9.0, 9.0  # where there is no cloth nobody looks, nor at paint
    assert light_off(clean, batch, 3)["light"] == pytest.approx([0.1, 0.1])
    assert light_off(clean, batch, 3)["tint"] == pytest.approx([0.0, 0.2], abs=1e-6)
    assert light_off(clean, batch, 1)["tint"] == pytest.approx([0.0], abs=1e-6)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tryon_cases, "cache_folder", lambda: tmp_path / "cache")
    rows = [tryon_row(i) for i in range(4)] + [tryon_row(9, "validation")]
    write_wardrobe(tmp_path / "w", rows)
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def loaded(config: Path, *words: str):  # type: ignore[no-untyped-def]
    root = config.parent
    return load_run(config, f"--data.folder={root / 'w'}", f"--runs={root / 'runs'}", *words)


def test_a_run_learns_draws_and_ships_what_answers(config: Path, tmp_path: Path) -> None:
    plan = make_plan(loaded(config, "--epochs=6"))
    assert "parameters" in describe(plan) and "fit 4, select 1" in describe(plan)
    bundle = run(plan)
    assert bundle is not None and bundle.spec.kind == "tryon"
    metrics = pd.read_csv(tmp_path / "runs/tiny/metrics.csv")
    losses = metrics["train/loss"].dropna()
    assert losses.iloc[-3:].mean() < 0.9 * losses.iloc[:2].mean()
    assert {"select/flow_px", "select/light", "select/denoise_at_1.00", "train/loss_picture"} <= set(metrics.columns)
    assert list((tmp_path / "runs/tiny/figures").glob("samples_step*.png"))
    assert bundle.spec.measured is not None and "select part, garment_iou" in bundle.spec.measured
    row = tryon_row(0)
    worn = TryOnPipeline.from_bundle(bundle.path, device="cpu").worn(row["person"], row["garment"], region="top")
    assert worn.shape == row["person"].shape


def test_evaluation_knows_what_a_run_learned_from(config: Path, tmp_path: Path) -> None:
    """By the same hashes as those of its cases: no model is scored in silence on what it learned or chose from."""
    bundle = run(make_plan(loaded(config, "--epochs=1")))
    assert bundle is not None
    for split in ("train", "validation"):
        cases = wardrobe_cases(tmp_path / "w", split)
        entrant = enter_bundle(bundle.path, PROTOCOLS["wardrobe-counterfactual@3"](), torch.device("cpu"))
        assert entrant.num_seen(cases) == len(cases) > 0


def test_a_run_stopped_before_its_bundle_makes_the_same_one(config: Path) -> None:
    first = run(make_plan(loaded(config, "--epochs=1")))
    assert first is not None
    shutil.rmtree(first.path)
    again = run(make_plan(loaded(config, "--epochs=1"), resume=True))
    assert again is not None and again.spec.revision == first.spec.revision


def test_a_run_that_ends_early_is_the_beginning_of_the_whole_one(config: Path, tmp_path: Path) -> None:
    part = make_plan(loaded(config, "--name=part", "--epochs=3", "--stop_steps=2"))
    assert "from 0 to 2" in describe(part)
    assert run(part) is not None and run(make_plan(loaded(config, "--epochs=3"))) is not None
    stopped, whole = (
        pd.read_csv(tmp_path / "runs" / name / "metrics.csv").dropna(subset="train/loss") for name in ("part", "tiny")
    )
    assert len(stopped) == 2 < len(whole)
    columns = ["step", "train/lr", "train/loss"]
    pd.testing.assert_frame_equal(stopped[columns], whole[columns].iloc[:2])


@pytest.mark.slow
def test_compiled_steps_are_the_same_steps(config: Path, tmp_path: Path) -> None:
    torch._dynamo.utils.counters.clear()
    for name, backend in (("plain", ""), ("compiled", "eager")):
        assert run(make_plan(loaded(config, f"--name={name}", "--epochs=1", f"--compile={backend}"))) is not None
    plain, compiled = (pd.read_csv(tmp_path / "runs" / name / "metrics.csv") for name in ("plain", "compiled"))
    losses = [column for column in plain.columns if "loss" in column or column.startswith("select/")]
    pd.testing.assert_frame_equal(plain[losses], compiled[losses])
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] >= 4, "four parts of the network are compiled"


def test_a_run_can_start_from_another_and_says_what_both_learned_from(config: Path, tmp_path: Path) -> None:
    first = run(make_plan(loaded(config, "--epochs=2")))
    assert first is not None
    write_wardrobe(tmp_path / "w", [tryon_row(7), tryon_row(9, "validation")])
    words = ("--name=second", "--epochs=1", f"--start={first.path}")
    plan = make_plan(loaded(config, "--optim.lr=1e-9", *words))
    assert str(first.path) in describe(plan)
    second = run(plan)
    assert second is not None and second.trained_on() > first.trained_on()
    weights = [bundle.build_model().state_dict() for bundle in (first, second)]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=0, atol=1e-4, msg=name)
    with pytest.raises(ConfigError, match="another network"):
        make_plan(loaded(config, "--name=third", "--model.detail=16", f"--start={first.path}")).build()


def test_layers_are_learned_from_a_start_without_them_and_what_stays_stays(config: Path, tmp_path: Path) -> None:
    first = run(make_plan(loaded(config, "--epochs=1")))
    assert first is not None
    layered = ("--model.layers=true", f"--start={first.path}", "--name=layered", "--epochs=1")
    second = run(make_plan(loaded(config, *layered, "--optim.learns=[denoiser, blend]")))
    assert second is not None
    before, after = (bundle.build_model().state_dict() for bundle in (first, second))
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"denoiser", "blend"}
    assert {name for name in set(after) - set(before)} == {
        f"denoiser.layers.fold_{way}.{kind}" for way in ("in", "out") for kind in ("weight", "bias")
    }
    assert after["denoiser.layers.fold_out.weight"].any()
    losses = pd.read_csv(tmp_path / "runs" / "layered" / "metrics.csv")
    assert [name for name in losses.columns if "layers" in name]
    with pytest.raises(ConfigError, match="another network"):
        make_plan(loaded(config, "--name=third", f"--start={second.path}")).build()


def test_a_hem_is_learned_alone_from_a_start_without_it(config: Path, tmp_path: Path) -> None:
    first = run(make_plan(loaded(config, "--epochs=1")))
    assert first is not None
    words = ("--model.hem=true", f"--start={first.path}", "--name=hem", "--epochs=4", "--optim.learns=[hem]")
    second = run(make_plan(loaded(config, *words)))
    assert second is not None
    before, after = (bundle.build_model().state_dict() for bundle in (first, second))
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert {name.split(".")[0] for name in set(after) - set(before)} == {"hem"}
    table = pd.read_csv(tmp_path / "runs" / "hem" / "metrics.csv")
    assert {name for name in table.columns if name.startswith("train_loss/")} <= {"train_loss/hem", "train_loss/total"}
    assert table["select/hem_px"].dropna().gt(0).all() and table["select/hem_px"].notna().any()
    whole = run(make_plan(loaded(config, "--model.hem=true", "--name=whole", "--epochs=1")))
    assert whole is not None and whole.build_model().state_dict().keys() == after.keys()


def test_what_comes_after_the_layout_learns_from_layouts_brought_to_their_hems(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = run(make_plan(loaded(config, "--model.hem=true", "--epochs=1")))
    assert started is not None
    brought = Mock(side_effect=lambda layout, guess, conditions: layout)
    monkeypatch.setattr(network, "brought_to", brought)
    words = ("--model.hem=true", f"--start={started.path}", "--epochs=1", "--logging.error_grid=0", "--name=after")
    plan = make_plan(loaded(config, *words, "--optim.learns=[denoiser, blend]"))
    assert run(plan) is not None
    assert brought.call_count == plan.num_steps, "once a step; the select part is judged by the layout itself"
    for learns in ("[layout, denoiser]", "[hem, blend]"):  # their own losses are about where they put the garment
        module = make_plan(loaded(config, *words, f"--optim.learns={learns}", "--name=own")).build().module
        assert module.told(Mock()) is None


def test_the_network_that_looks_on_neither_learns_nor_ships(config: Path, tmp_path: Path) -> None:
    first = run(make_plan(loaded(config, "--epochs=1")))
    second = run(make_plan(loaded(config, "--epochs=1", "--loss.perceptual=1", "--name=seen")))
    assert first is not None and second is not None
    before, after = (bundle.build_model().state_dict() for bundle in (first, second))
    assert before.keys() == after.keys() and not torch.equal(before["blend.mix.weight"], after["blend.mix.weight"])
    assert pd.read_csv(tmp_path / "runs/seen/metrics.csv")["train/loss_perceptual"].dropna().gt(0).all()


UNKNOWN = {"joints": (3, 4), "frame_cm": (3,), "tucks": (3, 2)}


def hem_truth(**known: torch.Tensor) -> Mock:
    layout = torch.zeros(3, 16, 8, dtype=torch.long)
    layout[0, 4:12], layout[1, 4:] = TARGET, TARGET  # ends at 12 of 16; goes on below; no garment
    unknown = {name: torch.full(shape, torch.nan) for name, shape in UNKNOWN.items()}
    return Mock(layout=layout, **{**unknown, **known})


def hem_guess(rows: list[float], off: float = 0.1, **known: torch.Tensor) -> HemGuess:
    """Sure that none is tucked in."""
    rest = {"joints_BJ": torch.zeros(3, 4), "depths_BJ": torch.zeros(3, 4), "reach_B": torch.zeros(3)} | known
    rows_BK = torch.tensor([[row, 0.0] for row in rows])
    return HemGuess(rows_BK, torch.full((3, 2), off), **{"tucks_B2": torch.full((3, 2), -99.0), **rest})


def test_a_hem_is_judged_by_its_row_and_one_below_the_picture_by_that_alone() -> None:
    def loss(*rows: float, off: float = 0.1) -> float:
        return float(hem_loss(hem_guess(list(rows), off), hem_truth()))

    least = float(np.log(0.1))
    assert loss(0.75, 1.3, 0.2) == pytest.approx(least, abs=1e-5)
    assert loss(0.85, 1.0, 0.9) == pytest.approx(least + 0.5, abs=1e-5), "off by its own measure, beside a right one"
    assert loss(0.75, 0.9, 0.0) == pytest.approx(least + 0.5, abs=1e-5)
    assert loss(0.75, 1.0, 0.0, off=0.02) < least < loss(0.55, 1.0, 0.0, off=0.02)


def test_joints_and_reach_are_judged_where_they_are_known() -> None:
    joints = torch.tensor([[0.25, 0.5, 0.75, 1.25]] * 3)
    joints[2] = torch.nan
    truth = hem_truth(joints=joints, frame_cm=torch.full((3,), 200.0))
    right = {
        "joints_BJ": joints.nan_to_num(7.0),
        "depths_BJ": torch.tensor([[0.0, 50.0, 100.0, 200.0]] * 3),
        "reach_B": torch.full((3,), 100.0),  # of the first; the second's is below the picture, the third's not there
    }

    def more(**changes: torch.Tensor) -> float:
        got = hem_loss(hem_guess([0.75, 1.0, 0.0], **(right | changes)), truth)
        return float(got - np.log(0.1))

    assert more() == pytest.approx(0, abs=1e-5)
    assert more(reach_B=torch.tensor([104.0, 9.0, 9.0])) == pytest.approx(0.8, abs=1e-4)
    assert more(reach_B=torch.tensor([120.0, 9.0, 9.0])) == pytest.approx(0, abs=1e-5), "it is tucked in"
    assert more(depths_BJ=right["depths_BJ"] + torch.tensor([0.0, 4.0, 0.0, 0.0])) == pytest.approx(0.1, abs=1e-4)
    inside, outside = (
        more(joints_BJ=right["joints_BJ"] + 0.1 * torch.nn.functional.one_hot(torch.tensor(place), 4))
        for place in (0, 3)
    )
    assert inside == pytest.approx(3 * outside) == pytest.approx(0.5, abs=1e-4)
    guess = hem_guess([0.75, 1.0, 0.0], **{name: value.clone().requires_grad_() for name, value in right.items()})
    hem_loss(guess, truth).backward()
    assert guess.joints_BJ.grad is not None and guess.joints_BJ.grad.isfinite().all()


def test_a_hem_that_is_known_to_be_tucked_in_is_judged_as_such_and_so_is_what_says_it() -> None:
    def loss(tucks: list[float], row: float = 0.75, said: float = 0.0) -> float:
        known = torch.tensor([tucks, [torch.nan] * 2, [torch.nan] * 2])
        guess = hem_guess([row, 1.0, 0.0], tucks_B2=torch.where(known.isnan(), -99.0, said))
        guess.rows_BK[0, 1] = 0.55
        return float(hem_loss(guess, hem_truth(tucks=known)) - np.log(0.1))

    even = float(np.log(2))
    assert loss([1.0, 1.0]) == pytest.approx(1.0 + 2 * even, abs=1e-4), "half of two, by 2 of its own measure"
    assert loss([1.0, 0.0]) == loss([0.0, 1.0]) == pytest.approx(2 * even, abs=1e-4)
    assert loss([0.0, torch.nan]) == pytest.approx(even, abs=1e-4), "no light top, so it hangs free"
    assert loss([1.0, torch.nan]) == pytest.approx(even, abs=1e-4), "the likelier"
    assert loss([1.0, 1.0], said=4.0) < loss([1.0, 1.0]) < loss([0.0, 0.0], said=4.0)


def test_a_part_that_does_not_exist_cannot_learn(config: Path) -> None:
    for words in ("[eyes]", "[]"):
        with pytest.raises(ConfigError, match="learn"):
            loaded(config, f"--optim.learns={words}")


def test_a_layer_is_judged_where_it_is_seen_and_little_at_its_edges() -> None:
    layout = torch.zeros(1, 8, 8, dtype=torch.long)
    layout[:, :, 4:] = LAYOUT.index("arms")
    truth = torch.zeros(1, 6, 8, 8)
    batch = Mock(layout=layout, source=torch.full((1, 8, 8), PAINT), clean=truth)
    layers = torch.full((1, len(LAYERS), 3, 8, 8), 9.0)  # what is not seen may be anything
    layers[:, list(LAYERS).index("behind"), :, :, :4] = 0
    layers[:, list(LAYERS).index("skin"), :, :, 4:] = 0

    def loss() -> float:
        return float(layers_loss(torch.cat([truth, layers.flatten(1, 2)], 1), batch))

    assert loss() == 0
    layers[:, 0, :, :, 3] = 1
    edge = loss()
    layers[:, 0, :, :, 3], layers[:, 0, :, :, 1] = 0, 1
    assert 0 < 5 * edge < loss()


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("tryon_*.yaml")))
def test_shipped_configs_and_their_ablations_are_one_line(name: str) -> None:
    run_config = load_run(CONFIGS / f"{name}.yaml", "--model.use_flow=false", "--model.use_size=false")
    assert run_config.task == "tryon" and not run_config.model.use_flow and not run_config.model.use_size


def test_a_frame_that_does_not_divide_or_keep_proportions_is_refused(config: Path) -> None:
    for words in ("--preprocessing.height_px=100", "--preprocessing.resize=crop"):
        with pytest.raises(ConfigError, match="cannot work in this frame"):
            loaded(config, words)
    with pytest.raises(DataError, match="a case does not fit the frame"):
        make_plan(loaded(config, "--preprocessing.height_px=128"))


def test_fit_is_read_off_the_answers_by_a_parser(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    joints = np.zeros((17, 3), np.float32)
    for left, y, half in ((5, 22, 9), (7, 34, 12), (9, 44, 13), (11, 42, 5), (13, 54, 5), (15, 62, 5)):
        joints[left], joints[left + 1] = (28 + half, y, 2), (28 - half, y, 2)
    validation = tryon_row(9, "validation", keypoints=joints, px_per_cm=1.0)
    write_wardrobe(tmp_path / "w", [*(tryon_row(i) for i in range(4)), validation])
    too_long = validation["worn_parse"].copy()
    too_long[52:55, 12:44] = Part.TOP  # three rows below the true hem
    for parse, hem_cm in ((validation["worn_parse"], 0.0), (too_long, 3.0)):
        monkeypatch.setattr(ParsePipeline, "from_bundle", lambda path, parse=parse: lambda _: [PlantedAnswer(parse)])
        run(make_plan(loaded(config, "--logging.fit_cases=3", "--epochs=1", f"--name=hem-{hem_cm:g}")))
        metrics = pd.read_csv(tmp_path / f"runs/hem-{hem_cm:g}/metrics.csv")
        assert metrics["select_fit/hem_cm"].dropna().tolist()[-1] == pytest.approx(hem_cm, abs=0.05)
    with pytest.raises(ConfigError, match="fit cannot be read in this frame"):
        rows_of(str(tmp_path / "w"), ["validation-000009-M"], Preprocessing(64, 128, "pad"))
