"""A tiny try-on bundle, made on the spot: random weights, an answer in well under a second."""

from __future__ import annotations

from pathlib import Path

import torch

from fitroom.bundles import Bundle, write_bundle
from fitroom.contracts import Preprocessing
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.models.weights import WeightsRecord

TINY = TryOnConfig("test_efficientnet", 4, [8, 16, 16, 32], depth=1, denoiser_width=16, detail=8, steps=2)


def write_tiny(folder: Path, config: TryOnConfig = TINY, name: str = "tiny") -> Bundle:
    """A bundle whose answers depend on all that it is told."""
    torch.manual_seed(0)
    model = TryOnNetwork(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1 and not parameter.any():
                parameter.normal_(std=0.2)
    return write_bundle(
        folder,
        kind="tryon",
        name=name,
        model=model,
        model_config=config,
        preprocessing=Preprocessing(128, 128, "pad"),
        calibration={},
        config_yaml="seed: 0\n",
        trained_on=["ab" * 32],
        data_digest="cd" * 32,
        seed=0,
        weights=WeightsRecord("none", None, None),
        license="Apache-2.0",
    )
