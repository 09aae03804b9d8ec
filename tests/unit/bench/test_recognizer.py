"""The recogniser's benchmark runs from words to report, and its figures are there; their size is never asked."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fitroom.bench.recognizer import RecognizerBenchConfig, main
from fitroom.bundles import Bundle
from fitroom.errors import BundleError, ConfigError

Bench = Callable[..., dict[str, Any]]


def test_training(bench: Bench) -> None:
    report = bench(main, "--parts", "[training]")
    training, profile = report["tables"]
    assert [row["batch norm"] for row in training["rows"]] == [
        "frozen (timm: freeze_batch_norm_2d)",
        "frozen (timm: eval mode)",
        "trained",
    ]
    for row in training["rows"]:
        ours, peer, ratio = (row[name]["values"] for name in ("fitroom photos/s", "timm photos/s", "ratio"))
        assert len(ours) == len(peer) == 1 and min(ours + peer) > 0
        assert ratio == [pytest.approx(ours[0] / peer[0])]
    assert "torch.compile on neither" in " ".join(training["notes"])

    parts = {row["part"]: row["% of a step"] for row in profile["rows"]}
    measured = ("waiting for data", "forward and loss", "backward", "clipping and optimizer", "averaged weights")
    assert all(parts[name] > 0 for name in measured), "Lightning's profiler calls an action otherwise"
    rest = parts["rest: Lightning, logging, learning rate"]
    assert sum(parts[name] for name in measured) + rest == pytest.approx(100)
    assert parts["beside it: augmentation"] > 0
    assert report["settings"]["quick"]


def test_latency_of_a_given_bundle(bench: Bench, exported_bundle: Bundle) -> None:
    words = ("--parts", "[latency]", "--sizes_px", "[]", "--threads", "[1, 2]", "--bundle", str(exported_bundle.path))
    (table,) = bench(main, *words)["tables"]
    assert [(row["threads"], row["runtime"]) for row in table["rows"]] == [
        (threads, runtime) for threads in (1, 2) for runtime in ("ONNX", "PyTorch", "timm")
    ]
    for row in table["rows"]:
        assert row["input px"] == "64 x 48"
        stages = [row[f"{stage} ms"] for stage in ("decode", "preprocess", "infer", "answer")]
        assert min(stages) > 0
        assert row["p95 ms"] >= row["all ms"] > max(stages) / 2
    assert [row["ratio"] for row in table["rows"] if row["runtime"] == "timm"] == [1.0, 1.0]


@pytest.mark.slow
def test_latency_of_the_recipe_at_two_sizes(bench: Bench) -> None:
    (table,) = bench(main, "--parts", "[latency]", "--sizes_px", "[48]", "--threads", "[1]")["tables"]
    assert [row["input px"] for row in table["rows"]] == ["40 x 32"] * 3 + ["48 x 48"] * 3
    infer_ms = [row["infer ms"] for row in table["rows"]]
    assert statistics.median(infer_ms) > 0


def test_what_cannot_be_measured_is_refused(tmp_path: Path, tiny_recipe: list[str]) -> None:
    with pytest.raises(ConfigError, match="nothing to measure"):
        RecognizerBenchConfig(rounds=0)
    with pytest.raises(ConfigError, match="precision"):
        main([*tiny_recipe, "--parts", "[training]", "--recipe.precision", "16-mixed"])
    with pytest.raises(BundleError):
        main([*tiny_recipe, "--parts", "[latency]", "--bundle", str(tmp_path)])
