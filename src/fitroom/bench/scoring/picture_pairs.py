"""What ``fitroom bench evaluate`` looks at: made-up pairs, and random weights in their real files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from fitroom.bench.photos import make_photos
from fitroom.images import decode_rgb_u8
from fitroom.progress import track

SHIFT_PX = 2  # of the worn picture beside its truth, so that no score is trivial
GRAIN = 8


class Pair(NamedTuple):
    """Files of one case: what a model made, a PNG, and the truth, a JPEG as data sets ship it."""

    worn: Path
    truth: Path


class Weights(NamedTuple):
    """Files that the metrics read."""

    inception: Path
    alexnet: Path


def make_pairs(folder: Path, count: int, size_px: tuple[int, int], seed: int = 0) -> list[Pair]:
    """Writes ``count`` pairs of (width, height) px; the worn picture is a bit off in place, contrast and grain."""
    manifest = make_photos(folder / "truth", count, size_px, seed)
    pairs = [
        Pair(folder / "worn" / Path(name).with_suffix(".png"), manifest.path(name))
        for name in manifest.table["sample_id"]
    ]
    for place, pair in enumerate(track(pairs, "making pictures")):
        pair.worn.parent.mkdir(parents=True, exist_ok=True)
        worn_u8 = _disturbed(decode_rgb_u8(pair.truth), np.random.default_rng([seed, place, 1]))
        Image.fromarray(worn_u8).save(pair.worn, compress_level=1)
    return pairs


def make_weights(folder: Path, seed: int = 0) -> Weights:
    """Random weights in the files of torch-fidelity and torchvision: they cost as much time as trained ones."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = Weights(folder / "inception.pth", folder / "alexnet.pth")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.save(_inception(weights.inception), weights.inception)
        torch.save(_alexnet(), weights.alexnet)
    return weights


def _disturbed(truth_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    moved = np.roll(truth_u8, SHIFT_PX, axis=1).astype(np.float32)
    grain = rng.integers(-GRAIN, GRAIN + 1, (*truth_u8.shape[:2], 1))
    return np.clip(128 + 0.9 * (moved - 128) + grain, 0, 255).astype(np.uint8)


def _inception(path: Path) -> dict[str, torch.Tensor]:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Untrained(FeatureExtractorInceptionV3):  # type: ignore[misc, no-any-unimported, unused-ignore]
        def load_state_dict(self, *args: object, **kwargs: object) -> None:
            """It insists on reading a file; there is nothing in this one."""

    torch.save({}, path)
    network = Untrained("untrained", ["2048"], feature_extractor_weights_path=str(path))
    for name, layer in network.named_modules():
        if name.endswith(".conv"):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    tensors: dict[str, torch.Tensor] = network.state_dict()
    return tensors


def _alexnet() -> dict[str, torch.Tensor]:
    """Without its classifier, for which LPIPS has no use."""
    import torchvision

    layers = torchvision.models.alexnet(weights=None).features
    return {f"features.{name}": value for name, value in layers.state_dict().items()}
