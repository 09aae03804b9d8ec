"""The benchmark of a whole run stops, resumes and answers; what differs between two runs is seen."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fitroom.bench.large_base import run
from fitroom.bench.large_base.made_up_base import make_base
from fitroom.bench.large_base.run import HELD, LOSS, RATE, RunBenchConfig, TrainedRun, main
from fitroom.bench.large_base.train import SIZES
from fitroom.errors import ConfigError, LaunchError
from fitroom.models.tryon_latent.base import find_base
from fitroom.training.run_folder import RunFolder

PAGE = Path(__file__).resolve().parents[3] / "docs/large-bases.md"
RECIPE = (
    "--config configs/train/latent_vitonhd.yaml --preprocessing.height_px 64 --preprocessing.width_px 64 "
    "--batch_size 2 --accumulate 1 --data.num_workers 0 --threads 1 --accelerator cpu"
)
TINY = ["--size", "tiny", "--steps", "6", "--stop_step", "3", "--every_steps", "1", "--pairs", "3", "--answers", "1"]


def trained(folder: Path, losses: dict[int, float], weight: list[float], gib: float | None = None) -> TrainedRun:
    found = RunFolder(folder)
    found.bundle.mkdir(parents=True)
    save_file({"layer": torch.tensor(weight)}, found.bundle / "model.safetensors")
    return TrainedRun(found, 9.0, {LOSS: losses, RATE: {1: 4.0}, HELD: {} if gib is None else {1: gib}})


@pytest.mark.slow
def test_a_run_goes_on_as_if_it_had_not_been_stopped_and_answers(tmp_path: Path, cache_home: Path) -> None:
    out = tmp_path / "run.json"
    (told,) = re.findall(r"^fitroom bench run (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert main([*shlex.split(told), *TINY, "--train", RECIPE, "--out", str(out)]) == 0
    training, resumed, answers = json.loads(out.read_text(encoding="utf-8"))["tables"]
    assert [row["run"] for row in training["rows"]] == ["not stopped", "stopped", "resumed"]
    for row in training["rows"]:
        assert row["estimate GiB"] > 0 and row["held GiB"] == "-", "a processor does not tell"
    (row,) = resumed["rows"]
    assert row["goes on from step"] == 3 and row["losses compared"] == 3
    assert row["losses differ by"] == row["weights differ by"] == "0"
    assert answers["rows"][0]["seconds"]["median"] > 0 and not list(cache_home.rglob("*.safetensors"))


@pytest.mark.slow
def test_a_run_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with pytest.raises(LaunchError, match="did not end as it should") as caught:
        run._train(["--config", "nowhere.yaml"], tmp_path, "failing")
    assert "nowhere.yaml" in str(caught.value)


def test_what_two_runs_differ_by_is_seen(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole", {1: 9.0, 2: 2.0, 3: 1.0}, [4.0, 1.0], gib=3.0)
    other = trained(tmp_path / "other", {1: 1.0, 2: 2.0, 3: 1.1}, [4.0, 2.0])
    ((step, compared, losses, weights),) = run._resume_table(whole, other, 1).rows
    assert (step, compared, float(losses), float(weights)) == (1, 2, pytest.approx(0.1), 0.25)
    held, unknown = run._speed_table({"whole": whole, "other": other}, 2.0 * 2**30).rows
    assert held[3:] == (3.0, 2.0, 1.5) and unknown[3:] == ("-", 2.0, "-")


def test_the_made_up_base_is_one(tmp_path: Path) -> None:
    base = find_base(str(make_base(tmp_path / "base", SIZES["tiny"])), "inpainting")
    unet = base.load("unet")
    assert unet.config.in_channels == 9 and all(torch.isfinite(p).all() for p in unet.parameters())
    assert base.settings("scheduler")["beta_schedule"] == "scaled_linear" and base.load("vae") is not None


def test_what_cannot_be_stopped_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to stop"):
        RunBenchConfig(steps=10, stop_step=10)
    for stop_step, every_steps in ((3, 4), (7, 4)):
        with pytest.raises(ConfigError, match="no loss would be told"):
            RunBenchConfig(steps=10, stop_step=stop_step, every_steps=every_steps)
    with pytest.raises(ConfigError, match="no base that can be made up"):
        main([*TINY, "--train", "--config configs/train/tryon_quick.yaml"])
