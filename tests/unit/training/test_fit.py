from __future__ import annotations

import copy
import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from fitroom.bundles import open_bundle
from fitroom.config import parse_config
from fitroom.contracts import Calibration
from fitroom.data.manifest import Manifest
from fitroom.data.recognition.batches import RecognitionDataset, collate
from fitroom.errors import BundleError, ConfigError, DataError, LaunchError, RunError, WeightsError
from fitroom.images import decode_rgb_u8, normalize_u8
from fitroom.pipelines.recognize import RecognizePipeline
from fitroom.training import fit
from fitroom.training.recognizer import plan as recognizer_plan
from fitroom.training.recognizer.config import RecognizerRunConfig


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def figures(run: Path, name: str) -> list[tuple[int, float]]:
    return [(int(row["step"]), float(row[name])) for row in rows(run) if row.get(name)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def test_a_run_leaves_a_bundle_that_answers(tiny_run, runs, capsys):
    assert fit.main(tiny_run("--optim.batch_norm", "trained", "--epochs", "4")) == 0
    bundle = open_bundle(runs / "tiny" / "bundle")
    assert bundle.spec.heads[0].classes == ["dress", "hat", "shirt"]
    assert bundle.spec.calibration["category"].temperature > 0
    assert bundle.spec.calibration["category"].source.startswith("select part, N=")
    plan = fit.make_plan(parse_config(RecognizerRunConfig, tiny_run(name="other")))
    learned = {*plan.fit.table["sha256"], *plan.select.table["sha256"]}
    assert bundle.trained_on() == {value[:16] for value in learned}
    assert not {value[:16] for value in plan.manifest.table["sha256"]} <= bundle.trained_on(), "report is unseen"
    photo_u8 = decode_rgb_u8(plan.manifest.path(plan.manifest.table["sample_id"][0]))
    answer = RecognizePipeline.from_bundle(bundle.path)([photo_u8])[0]
    assert answer.category in ("dress", "hat", "shirt", "unknown")
    assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_the_run_folder_is_as_its_docstring_draws_it(tiny_run, runs):
    assert fit.main(tiny_run()) == 0
    assert sorted(path.relative_to(runs / "tiny").as_posix() for path in (runs / "tiny").iterdir()) == [
        "bundle",
        "config.yaml",
        "figures",
        "manifest.parquet",
        "metrics.csv",
        "resume",
        "run.json",
    ]
    assert [path.name for path in (runs / "tiny" / "resume").iterdir()] == ["last.ckpt"]
    losses = figures(runs / "tiny", "train/loss")
    plan = fit.make_plan(parse_config(RecognizerRunConfig, tiny_run(name="other")))
    assert [step for step, _ in losses] == list(range(1, plan.num_steps + 1))
    assert losses[-1][1] < losses[0][1]
    rates = [rate for _, rate in figures(runs / "tiny", "train/lr")]
    assert max(rates) == pytest.approx(2e-3, rel=0.1) and rates[-1] < rates[1]


def test_the_calibration_is_of_the_weights_that_ship(tiny_run, runs, monkeypatch):
    """The last step lies between two looks at the select part."""
    words = tiny_run("--epochs", "2.8", "--optim.batch_norm", "trained", "--validate_epochs", "1")
    caught = {}
    real_calibrate, real_write = recognizer_plan.calibrate, fit.write_bundle

    def calibrate(heads, selection, config):
        caught["selection"] = selection
        return real_calibrate(heads, selection, config)

    def write_bundle(folder, *, model, **rest):
        caught["model"] = copy.deepcopy(model).eval()
        return real_write(folder, model=model, **rest)

    monkeypatch.setattr(recognizer_plan, "calibrate", calibrate)
    monkeypatch.setattr(fit, "write_bundle", write_bundle)
    config = parse_config(RecognizerRunConfig, words)
    plan = fit.make_plan(config)
    assert plan.num_steps % plan.steps_per_epoch, "the case this test is about"
    assert fit.main(words) == 0
    photos = RecognitionDataset(plan.select, plan.heads, config.preprocessing)
    batch = collate([photos[i] for i in range(len(photos))])
    with torch.inference_mode():
        outputs = caught["model"](normalize_u8(batch.image_u8, config.preprocessing))
    np.testing.assert_allclose(caught["selection"]["category"], outputs["category"].numpy(), atol=1e-5)
    assert np.array_equal(caught["selection"]["target/category"], batch.targets["category"].numpy())
    looks = [step for step, _ in figures(runs / "tiny", "select/category_top1")]
    assert looks == [plan.steps_per_epoch, 2 * plan.steps_per_epoch, plan.num_steps]


@pytest.mark.parametrize("ema_decay", ["0.9", "0"])
def test_a_run_stopped_before_its_bundle_makes_the_same_one(tiny_run, runs, ema_decay):
    words = tiny_run("--ema_decay", ema_decay)
    assert fit.main(words) == 0
    bundle = runs / "tiny" / "bundle"
    before = {file.name: file.read_bytes() for file in bundle.iterdir()}
    losses = figures(runs / "tiny", "train/loss")
    shutil.rmtree(bundle)
    assert fit.main([*words, "--resume"]) == 0
    assert (bundle / "model.safetensors").read_bytes() == before["model.safetensors"]
    calibration = json.loads(before["bundle.json"])["calibration"]
    assert json.loads((bundle / "bundle.json").read_bytes())["calibration"] == calibration
    assert figures(runs / "tiny", "train/loss") == losses


def test_micro_batches_make_the_step_of_the_whole_batch(tiny_run, runs):
    """Where no label is missing, the mean over micro-batches is the mean over the batch."""
    plain = ["--model.drop_rate", "0", "--mix.cutmix", "1"]
    for name, accumulate in (("one", "1"), ("two", "2")):
        assert fit.main(tiny_run(*plain, "--accumulate", accumulate, name=name)) == 0
    for figure in ("train/loss", "train/lr", "select/category_top1"):
        one, two = (figures(runs / name, figure) for name in ("one", "two"))
        assert [step for step, _ in one] == [step for step, _ in two]
        assert [value for _, value in two] == pytest.approx([value for _, value in one], rel=1e-4)


@pytest.fixture
def multi_words(tiny_run, tmp_path) -> list[str]:
    """A table with a category, several seasons and a drape for each photo; a third of the latter two is missing."""
    words = tiny_run("--epochs", "3", "--mix.mixup", "0.3", "--mix.cutmix", "1")
    file = tmp_path / "photos" / "labels.csv"
    table = pd.read_csv(file)
    rng = np.random.default_rng(0)
    table["season"] = [
        [None, "|", "warm", "cold|warm", "cold", "mild|warm"][place] for place in rng.integers(0, 6, len(table))
    ]
    table["drape"] = [None if i % 3 == 0 else round(float(value), 1) for i, value in enumerate(rng.uniform(10, 90, 36))]
    table.to_csv(file, index=False)
    heads = "[{name: category}, {name: season, kind: multi}, {name: drape, kind: regression, low: 10, high: 90}]"
    columns = "{category: category, season: season, drape: drape}"
    return [*words, "--model.heads", heads, "--data.source.label_columns", columns]


def test_several_heads_learn_from_a_table_with_labels_missing(multi_words, runs):
    assert fit.main(multi_words) == 0
    bundle = open_bundle(runs / "tiny" / "bundle")
    assert [(head.name, head.kind, head.classes) for head in bundle.spec.heads] == [
        ("category", "single", ["dress", "hat", "shirt"]),
        ("season", "multi", ["cold", "mild", "warm"]),
        ("drape", "regression", []),
    ]
    assert list(bundle.spec.calibration) == ["category"]
    for name in ("train/loss_category", "train/loss_season", "train/loss_drape", "select/category_top1"):
        assert figures(runs / "tiny", name), name
    assert 0 <= figures(runs / "tiny", "select/season_accuracy")[-1][1] <= 1
    assert 0 < figures(runs / "tiny", "select/drape_mae")[-1][1] < 80
    for step, loss in figures(runs / "tiny", "train/loss"):
        parts = [dict(figures(runs / "tiny", f"train/loss_{n}"))[step] for n in ("category", "season", "drape")]
        assert loss == pytest.approx(sum(parts), rel=1e-5)
    manifest = Manifest.read(runs / "tiny" / "manifest.parquet")
    photo_u8 = decode_rgb_u8(manifest.path(manifest.table["sample_id"][0]))
    answer = RecognizePipeline.from_bundle(bundle.path)([photo_u8])[0]
    assert set(answer.attributes) == {"season", "drape"}
    assert 10 <= answer.attributes["drape"]["value"] <= 90


def test_a_release_learns_from_all_parts_and_takes_over_a_calibration(tiny_run, runs, caplog):
    assert fit.main(tiny_run(name="chosen")) == 0
    everything = ["--data.fit_on", "[fit, select, report]"]
    from_chosen = ["--calibration.from_bundles", json.dumps([str(runs / "chosen")])]
    assert fit.main(tiny_run(*everything, *from_chosen, name="release")) == 0
    chosen, release = (open_bundle(runs / name / "bundle") for name in ("chosen", "release"))
    found = release.spec.calibration["category"]
    assert found == replace(chosen.spec.calibration["category"], source=found.source)
    assert found.source == f"median of chosen ({chosen.spec.revision})"
    assert release.spec.training.num_images == 36 > chosen.spec.training.num_images
    assert not figures(runs / "release", "select/category_top1")


def test_without_a_select_part_nothing_is_calibrated(tiny_run, runs):
    assert fit.main(tiny_run("--data.fit_on", "[fit, select, report]")) == 0
    assert open_bundle(runs / "tiny" / "bundle").spec.calibration == {"category": Calibration()}


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["--processes", "2"], LaunchError, "processes"),
        (["--batch_size", "7", "--mix.mixup", "1"], ConfigError, "dealt evenly"),
        (["--calibration.from_bundles", "[nowhere]"], BundleError, "nowhere"),
        (["--data.fit_on", "[]"], ConfigError, "fit part is empty"),
        (["--model.heads", "[{name: colour}]"], DataError, "no labels for head"),
        (["--data.source.root", "nowhere"], DataError, "not there"),
        (["--model.backbone", "resnet1"], ConfigError, "timm has no model"),
        (["--weights", "auto"], WeightsError, "no package"),
        (["--optim.freeze_stages", "90"], ConfigError, "more stages frozen"),
        (["--resume"], RunError, "no checkpoint"),
        (["--compile", "eager"], ConfigError, "cannot be compiled"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_run_that_cannot_be_leaves_nothing_behind(tiny_run, runs, words, error, said):
    with pytest.raises(error, match=said):
        fit.main(tiny_run(*words))
    assert not runs.exists()


def test_a_dry_run_says_what_would_be_and_writes_nothing(tiny_run, runs, capsys, tmp_path):
    before = sorted(path for path in tmp_path.rglob("*") if "cache_home" not in path.parts)
    assert fit.main(tiny_run("--dry-run", "--optim.freeze_stages", "1")) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if not line.startswith("head"))
    assert shown["photos"].startswith("36: fit ")
    total, trainable = (int(word.replace(",", "")) for word in shown["parameters"].split(", trainable "))
    assert 0 < trainable < total
    assert sorted(path for path in tmp_path.rglob("*") if "cache_home" not in path.parts) == before


def test_only_the_first_rank_speaks_in_a_dry_run(tiny_run, capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    before = fit.log.level
    assert fit.main(tiny_run("--dry-run")) == 0
    fit.log.setLevel(before)
    assert capsys.readouterr().out == ""


def test_an_existing_run_stays_as_it_is(tiny_run, runs):
    (runs / "tiny").mkdir(parents=True)
    (runs / "tiny" / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="exists already"):
        fit.main(tiny_run())
    assert [path.name for path in (runs / "tiny").iterdir()] == ["notes.txt"]
