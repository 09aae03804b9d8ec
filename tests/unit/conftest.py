"""Tiny recogniser bundles, made on the spot: random weights, a few hundred kilobytes, a second to export."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from fitroom.bundles import Bundle, write_bundle
from fitroom.contracts import Calibration, Head, Preprocessing
from fitroom.export.recognizer import export
from fitroom.models.recognizer import Recognizer, RecognizerConfig
from fitroom.models.weights import WeightsRecord

MakeBundle = Callable[..., Bundle]
HEADS = [
    Head("category", classes=["dress", "hat", "shirt"]),
    Head("material", classes=["cotton", "wool"]),
    Head("details", kind="multi", classes=["collar", "pocket", "zip"]),
    Head("drape", kind="regression", low=10.0, high=90.0),
]


@pytest.fixture(scope="session")
def make_bundle() -> MakeBundle:
    """Writes a bundle of a random network whose answers differ from photo to photo."""

    def make(
        folder: Path, *, heads: list[Head] = HEADS, seed: int = 0, model: Recognizer | None = None, **changes: Any
    ) -> Bundle:
        config = RecognizerConfig(backbone="test_efficientnet", heads=[dataclasses.replace(head) for head in heads])
        return write_bundle(
            folder,
            **{
                "kind": "recognizer",
                "name": "tiny",
                "model": model or random_recognizer(config, seed),
                "model_config": config,
                "preprocessing": Preprocessing(height_px=64, width_px=48),
                "calibration": {"category": Calibration(1.7, 0.5, "select part, N=40")},
                "config_yaml": "seed: 0\n",
                "trained_on": ["ab" * 32, "01" * 32],
                "data_digest": "cd" * 32,
                "seed": seed,
                "weights": WeightsRecord("none", None, None),
                "license": "Apache-2.0",
                **changes,
            },
        )

    return make


def random_recognizer(config: RecognizerConfig, seed: int = 0) -> Recognizer:
    """A network with random weights, normed on noise, its heads turned up and centred: answers are not all alike."""
    torch.manual_seed(seed)
    model, noise_BCHW = Recognizer(config).train(), torch.randn(16, 3, 64, 48)
    with torch.no_grad():
        for norm in (module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)):
            norm.momentum = 1.0
        model(noise_BCHW)
        for head in config.heads:
            model.heads[head.name].weight *= 30
        outputs = model.eval()(noise_BCHW)
        for head in config.heads:
            centre = 0.5 if head.kind == "regression" else 0.0
            model.heads[head.name].bias += centre - outputs[head.name].mean(0)
    return model


@pytest.fixture(scope="session")
def tiny_bundle(make_bundle: MakeBundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle with a head of every kind and no ONNX graph; not to be changed."""
    return make_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.fixture(scope="session")
def exported_bundle(tiny_bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The same, exported with ONNX; not to be changed."""
    return export(tiny_bundle.path, tmp_path_factory.mktemp("exported") / "tiny")
