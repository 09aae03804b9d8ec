"""A parser's run from a wardrobe to a bundle that answers, stopped and gone on with, and started from another."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from tests.unit.wardrobe.truth.rows import truth_row

from fitroom.bundles import open_bundle
from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.parsing.labelled import LabelledWriter, read_labelled
from fitroom.data.parsing.photos import outputs_of_parts, read_photos
from fitroom.errors import BundleError, ConfigError, DataError, RunError
from fitroom.pipelines.parse import ParsePipeline
from fitroom.training import fit
from fitroom.training.tasks import parse_run
from fitroom.wardrobe.truth.rows import encode_row, schema


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([encode_row(row) for row in rows], schema=schema())
    pq.write_table(table, path, compression="zstd")


@pytest.fixture(scope="module")
def wardrobe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("wardrobe")
    write(root / "data/train/shard-00000.parquet", [truth_row(i, case_id=f"train-{i}") for i in range(3)])
    other = truth_row(8, case_id="validation-8", split="validation")
    write(root / "data/validation/shard-00001.parquet", [other])
    return root


@pytest.fixture
def words(wardrobe: Path, tmp_path: Path) -> Callable[..., list[str]]:
    def make(*more: str, name: str = "tiny") -> list[str]:
        given = {
            "task": "parser",
            "name": name,
            "runs": str(tmp_path / "runs"),
            "data.folder": str(wardrobe),
            "data.num_workers": "0",
            "model.backbone": "test_efficientnet",
            "model.stages": "0",
            "model.widths": "[8, 12]",
            "model.detail": "4",
            "preprocessing.height_px": "64",
            "preprocessing.width_px": "64",
            "sizes": "[{height_px: 32, width_px: 64}, {height_px: 64, width_px: 64}]",
            "weights": "none",
            "precision": "32-true",
            "accelerator": "cpu",
            "threads": "1",
            "batch_size": "2",
            "epochs": "2",
            "optim.freeze_stages": "1",
            "logging.wandb": "off",
            "logging.every_steps": "1",
            "logging.error_grid": "2",
        }
        return [word for key, value in given.items() for word in (f"--{key}", value)] + list(more)

    return make


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_a_bundle_that_answers(words, tmp_path, wardrobe):
    assert fit.main(words()) == 0
    run = tmp_path / "runs" / "tiny"
    bundle = open_bundle(run / "bundle")
    assert bundle.spec.kind == "parser" and bundle.spec.heads == [] and bundle.spec.calibration == {}
    photos = read_photos(wardrobe)
    assert bundle.trained_on() == {value[:16] for value in photos.manifest.table["sha256"]}
    assert set(bundle.spec.model["labels"]) <= set(Part.__members__)
    assert 0 <= bundle.spec.measured["select part, mean IoU"] <= 1
    figures = rows(run)
    assert [int(row["step"]) for row in figures if row["train/loss"]] == [1, 2, 3, 4, 5, 6]
    assert any(row.get("select/miou") for row in figures) and any(row.get("select/boundary_f_2px") for row in figures)
    assert any(name.startswith("select_iou/") for name in figures[0])
    assert list((run / "figures").glob("parses_step*.png"))
    photo_u8, _ = photos.pair(0)
    parsed = ParsePipeline.from_bundle(run)([photo_u8])[0]
    assert parsed.parse.shape == photo_u8.shape[:2]


def test_the_shipped_scores_are_those_of_the_shipped_weights(words, tmp_path, wardrobe):
    from fitroom.metrics.parsing import ParseCounts

    assert fit.main(words("--validate_epochs", "0.7")) == 0
    run = tmp_path / "runs" / "tiny"
    pipeline = ParsePipeline.from_bundle(run)
    labels = pipeline.bundle.spec.model["labels"]
    place_of = outputs_of_parts(labels)
    select, counts = read_photos(wardrobe).of_part("select"), ParseCounts(len(labels))
    image_u8, parse = zip(*(select.pair(i) for i in range(len(select))), strict=True)
    if image_u8[0].shape[:2] == (64, 64):
        for answer, truth in zip(pipeline(list(image_u8)), parse, strict=True):
            counts.add(place_of[answer.parse], place_of[truth])
        shipped = pipeline.bundle.spec.measured["select part, mean IoU"]
        assert counts.scores().mean_iou == pytest.approx(shipped, abs=0.02)  # float16 weights


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Three photos of a top that nobody wears, its rim unknown."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    writer, rng = LabelledWriter(folder), np.random.default_rng(0)
    for number in range(3):
        Image.fromarray(rng.integers(0, 255, (72, 54, 3)).astype(np.uint8)).save(tmp_path / "photo.png")
        parse = np.zeros((72, 54), np.uint8)
        parse[16:50, 10:40] = UNKNOWN_PART
        parse[20:46, 14:36] = Part.TOP
        writer.add(f"top-{number}", tmp_path / "photo.png", parse, group="one")
    writer.close()
    return folder


def test_a_run_learns_from_labelled_photos_too_and_goes_on_with_them(words, tmp_path, wardrobe, labelled):
    more = ["--data.labelled", str(labelled), "--data.labelled_share", "0.34"]
    assert fit.main(words(*more)) == 0
    run = tmp_path / "runs" / "tiny"
    photos, others = read_photos(wardrobe), read_labelled(labelled)
    hashes = [*photos.manifest.table["sha256"], *others.manifest.table["sha256"]]
    assert open_bundle(run / "bundle").trained_on() == {value[:16] for value in hashes}
    losses = [float(row["train/loss"]) for row in rows(run) if row["train/loss"]]
    assert len(losses) == 9, "two epochs of 6 and 3, by pairs"
    assert all(np.isfinite(losses))
    before = (run / "bundle/model.safetensors").read_bytes()
    shutil.rmtree(run / "bundle")
    moved = labelled.rename(tmp_path / "moved")
    assert fit.main(words("--data.labelled", str(moved), "--data.labelled_share", "0.34", "--resume")) == 0
    assert (run / "bundle/model.safetensors").read_bytes() == before


def test_a_wardrobe_without_anything_to_fit_to_is_said(words, tmp_path, wardrobe):
    shutil.copytree(wardrobe / "data/validation", tmp_path / "others/data/validation")
    with pytest.raises(ConfigError, match="fit part is empty"):
        fit.main(words("--data.folder", str(tmp_path / "others")))


@pytest.mark.parametrize(("share", "number"), [("0.34", 9), ("0.2", 15), ("0.9", 9)])
def test_the_share_says_how_often_the_wardrobe_comes(words, capsys, labelled, share, number):
    assert fit.main(words("--data.labelled", str(labelled), "--data.labelled_share", share, "--dry-run")) == 0
    assert f"steps           {number} of 2 photos (2 epochs)" in capsys.readouterr().out


def test_a_run_stopped_before_its_bundle_makes_the_same_one(words, tmp_path):
    assert fit.main(words()) == 0
    bundle = tmp_path / "runs" / "tiny" / "bundle"
    before = (bundle / "model.safetensors").read_bytes()
    measured = json.loads((bundle / "bundle.json").read_bytes())["measured"]
    shutil.rmtree(bundle)
    assert fit.main(words("--resume")) == 0
    assert (bundle / "model.safetensors").read_bytes() == before
    assert json.loads((bundle / "bundle.json").read_bytes())["measured"] == measured


def test_two_runs_of_one_config_agree_to_the_bit(words, tmp_path):
    for name in ("first", "second"):
        assert fit.main(words(name=name)) == 0
    first, second = (rows(tmp_path / "runs" / name) for name in ("first", "second"))
    assert [row["train/loss"] for row in first] == [row["train/loss"] for row in second]


def test_a_run_goes_on_from_a_bundle(words, tmp_path):
    assert fit.main(words(name="first")) == 0
    first = tmp_path / "runs" / "first"
    assert fit.main(words("--start", str(first), "--optim.lr", "1e-9", name="second")) == 0
    old, new = (open_bundle(tmp_path / "runs" / name / "bundle") for name in ("first", "second"))
    assert new.spec.model["labels"] == old.spec.model["labels"]
    a, b = old.build_model().state_dict(), new.build_model().state_dict()
    assert all(np.allclose(a[key], b[key], atol=1e-3) for key in a if key.endswith("weight"))
    assert old.trained_on() <= new.trained_on()
    with pytest.raises(ConfigError, match="another network"):
        fit.main(words("--start", str(first), "--model.detail", "6", name="third"))
    fewer = [label for label in old.spec.model["labels"] if label != "TOP"]
    assert fit.main(words("--start", str(first), "--model.labels", json.dumps(fewer), name="fewer")) == 0
    assert open_bundle(tmp_path / "runs/fewer/bundle").spec.model["labels"] == fewer
    assert fit.main(words("--start", str(first), "--model.guide", "6", "--optim.lr", "1e-9", name="guided")) == 0
    guided = open_bundle(tmp_path / "runs/guided/bundle")
    assert guided.spec.model["guide"] == 6 and guided.build_model().guide is not None
    with pytest.raises(ConfigError, match="lacks some labels"):
        fit.main(words("--start", str(tmp_path / "runs/fewer"), "--model.labels", "[BACKGROUND, TOP]", name="more"))


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        (["--start", "nowhere"], BundleError, "neither a bundle"),
        (["--model.labels", "[FACE, TOP]"], ConfigError, "without background"),
        (["--model.labels", "[BACKGROUND, HEAD]"], ConfigError, "no part 'HEAD'"),
        (["--data.labelled_share", "0"], ConfigError, "no photo would be dealt"),
        (["--data.labelled", "nowhere"], DataError, "do not belong together"),
        (["--model.stages", "40"], ConfigError, "no such stage"),
        (["--model.backbone", "test_resnet"], ConfigError, "cannot be built on this backbone"),
        (["--resume"], RunError, "no checkpoint"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_run_that_cannot_be_leaves_nothing_behind(words, tmp_path, more, error, said):
    with pytest.raises(error, match=said):
        fit.main(words(*more))
    assert not (tmp_path / "runs").exists()


def test_a_dry_run_says_what_would_be(words, tmp_path, capsys):
    assert fit.main(words("--dry-run")) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert shown["task"] == "parser" and shown["photos"].startswith("8: fit 6, select 2")
    assert "background" in shown["labels"]
    assert not (tmp_path / "runs").exists()


def test_where_photos_lie_is_no_part_of_a_run(words):
    here, there = parse_run(words()), parse_run(words("--data.folder", "elsewhere", "--data.num_workers", "3"))
    assert here.fixed() == there.fixed()
    assert here.fixed() != parse_run(words("--augment.flip", "0.1")).fixed()
