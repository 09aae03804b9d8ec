"""A tiny try-on bundle and photos for it, made on the spot: random weights, an answer in well under a second."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.unit.pipelines.tryon.photos import MakePhoto, blocks_u8

from fitroom.bundles import Bundle, write_bundle
from fitroom.contracts import Preprocessing
from fitroom.images import encode_png
from fitroom.models.tryon.config import TryOnConfig
from fitroom.models.tryon.network import TryOnNetwork
from fitroom.models.weights import WeightsRecord

TINY = TryOnConfig("test_efficientnet", 4, [8, 16, 16, 32], depth=1, denoiser_width=16, detail=8, steps=2)


@pytest.fixture(scope="session")
def tryon_bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Alone in its folder, so that no parser or recogniser stands beside it; not to be changed."""
    torch.manual_seed(0)
    model = TryOnNetwork(TINY)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1 and not parameter.any():
                parameter.normal_(std=0.2)
    return write_bundle(
        tmp_path_factory.mktemp("tryon") / "tiny",
        kind="tryon",
        name="tiny",
        model=model,
        model_config=TINY,
        preprocessing=Preprocessing(128, 128, "pad"),
        calibration={},
        config_yaml="seed: 0\n",
        trained_on=["ab" * 32],
        data_digest="cd" * 32,
        seed=0,
        weights=WeightsRecord("none", None, None),
        license="Apache-2.0",
    )


@pytest.fixture
def make_photo(tmp_path: Path) -> MakePhoto:
    """Writes ``name`` (PNG bytes, whatever the suffix) into the test's folder."""

    def make(name: str, seed: int = 0, height: int = 160, width: int = 120) -> Path:
        path = tmp_path / name
        path.write_bytes(encode_png(blocks_u8(height, width, seed)))
        return path

    return make
