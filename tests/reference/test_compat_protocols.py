"""The compatible protocols against the evaluators they stand for, on 50 pairs of a tiny VITON-HD.

Each evaluator is written down here once more, by the libraries that it calls itself: torchmetrics, scikit-image, lpips,
clean-fid and Pillow. Networks have random weights, in the files' published form; FID's is a small one in the place of
Inception, whose equality ``test_inception_reference`` shows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lpips
import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from skimage.metrics import structural_similarity
from torch import nn
from torchmetrics.image import StructuralSimilarityIndexMeasure
from torchvision import transforms

from fitroom.evaluation.tryon.records import read_record
from fitroom.evaluation.tryon.runner import EvaluateTryOnConfig, evaluate
from fitroom.metrics import inception
from fitroom.metrics.external import ExternalWeights

NUM, HEIGHT, WIDTH = 50, 160, 120
FID_FEATURES = 24
BUILDERS = {"alex": "alexnet", "squeeze": "squeezenet1_1"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VITON-HD of 50 persons, drawn in blocks."""
    root, rng = tmp_path_factory.mktemp("viton-hd"), np.random.default_rng(0)
    for folder in ("test/image", "test/cloth"):
        (root / folder).mkdir(parents=True)
    for i in range(NUM):
        for folder in ("image", "cloth"):
            blocks = Image.fromarray(rng.integers(0, 256, (10, 8, 3), dtype=np.uint8))
            blocks.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC).save(root / f"test/{folder}/{i:05d}_00.jpg")
    lines = [f"{i:05d}_00.jpg {(i + 1) % NUM:05d}_00.jpg" for i in range(NUM)]
    (root / "test_pairs.txt").write_text("\n".join(lines) + "\n")
    return root


def predictions(tree: Path, folder: Path, scale: float) -> Path:
    """Damaged copies of the persons, smaller or larger: shifted, darker, noisy."""
    folder.mkdir(parents=True)
    for i, path in enumerate(sorted((tree / "test/image").iterdir())):
        rng = np.random.default_rng(i)
        with Image.open(path) as image:
            pixels = np.roll(np.asarray(image).astype(float), 2, axis=1) * rng.uniform(0.8, 1) + rng.normal(0, 8, 3)
        size = round(WIDTH * scale), round(HEIGHT * scale)
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).resize(size).save(folder / f"{path.stem}.png")
    return folder


@pytest.fixture(scope="module")
def own_size(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return predictions(tree, tmp_path_factory.mktemp("own") / "pictures", 1.0)


@pytest.fixture(scope="module")
def half_size(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return predictions(tree, tmp_path_factory.mktemp("half") / "pictures", 0.5)


# -------------------------------------------------------------------------------------------------- random networks


class SmallFid(nn.Module):
    """In the place of Inception: takes 299 x 299 px, levels of -1 to 1, and gives (B, D, 1, 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 7, 4), nn.ReLU(), nn.Conv2d(16, FID_FEATURES, 5, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, x_BCHW: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.layers(x_BCHW)
        return features


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Files of random networks, and upstream's models with the same numbers."""
    folder, found = tmp_path_factory.mktemp("weights"), {}
    torch.manual_seed(0)
    linear = nn.Linear
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, builder in BUILDERS.items():
            patch.setattr(nn, "Linear", lambda *_: linear(1, 1))  # the classifier is half a gigabyte that nobody uses
            backbone = getattr(torchvision.models, builder)(weights=None)
            patch.setattr(nn, "Linear", linear)
            torch.save(backbone.state_dict(), folder / f"{name}.pth")
            patch.setattr(torchvision.models, builder, lambda pretrained, backbone=backbone: backbone)
            found[name] = lpips.LPIPS(net=name, verbose=False).eval()
        found["fid"] = SmallFid().eval()
        for parameter in found["fid"].parameters():
            parameter.data *= 3  # so that distances are no tiny numbers
        torch.save(found["fid"].state_dict(), folder / "fid.pth")
        patch.setattr(inception, "_trunk", lambda path: found["fid"])
        files = {"alexnet": "alex.pth", "squeezenet": "squeeze.pth", "inception": "fid.pth"}
        found["files"] = ExternalWeights(**{name: str(folder / file) for name, file in files.items()})
        yield found


def ours(protocol: str, tree: Path, folder: Path, networks: dict[str, Any], results: Path) -> dict[str, float]:
    """Scores of the real runner."""
    config = EvaluateTryOnConfig(
        [protocol], str(tree), predictions=str(folder), controls=False, strips=False, weights=networks["files"],
        results=str(results),
    )  # fmt: skip
    (path,) = evaluate(config)
    record = read_record(path)
    assert record.data.num_cases == NUM and not record.missing
    return {name: float(score.value) for name, score in record.scores.items()}  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------- published evaluators


def pairs(tree: Path, folder: Path) -> Iterator[tuple[Image.Image, Image.Image]]:
    for path in sorted(folder.iterdir()):
        yield Image.open(tree / f"test/image/{path.stem}.jpg"), Image.open(path)


@torch.no_grad()
def catvton(tree: Path, folder: Path, networks: dict[str, Any]) -> dict[str, float]:
    """Truths by LANCZOS at the predictions' height; both to tensors in [0, 1]; LPIPS squeeze on 2 x - 1."""
    ssim, to_tensor = StructuralSimilarityIndexMeasure(data_range=1.0), transforms.ToTensor()
    similar, distant = [], []
    for truth, worn in pairs(tree, folder):
        width = int(truth.width * worn.height / truth.height)
        gt, pred = (to_tensor(image)[None] for image in (truth.resize((width, worn.height), Image.LANCZOS), worn))
        similar.append(ssim(pred, gt).item())
        distant.append(networks["squeeze"](gt * 2 - 1, pred * 2 - 1).item())
    return {"ssim_color": float(np.mean(similar)), "lpips_squeeze": float(np.mean(distant))}


@torch.no_grad()
def ladi(tree: Path, folder: Path, networks: dict[str, Any]) -> dict[str, float]:
    """Both through torchvision's Resize((512, 384)); torchmetrics' SSIM updated batch by batch; LPIPS alex."""
    prepare = transforms.Compose([transforms.Resize((512, 384)), transforms.ToTensor()])
    ssim, distant = StructuralSimilarityIndexMeasure(data_range=1.0), []
    for truth, worn in pairs(tree, folder):
        gen, gt = prepare(worn.convert("RGB"))[None], prepare(truth.convert("RGB"))[None]
        ssim.update(gen, gt)
        distant.append(networks["alex"](gen, gt, normalize=True).item())
    return {"ssim_color": ssim.compute().item(), "lpips_alex": float(np.mean(distant))}


@torch.no_grad()
def hr_viton(tree: Path, folder: Path, networks: dict[str, Any]) -> dict[str, float]:
    """Truths by bilinear at the predictions' size; SSIM of gray pictures; LPIPS alex of both at 128 x 128."""
    small = transforms.Compose(
        [transforms.Resize((128, 128)), transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)]
    )
    similar, distant = [], []
    for truth, worn in pairs(tree, folder):
        resized = truth if truth.size == worn.size else truth.resize(worn.size, Image.BILINEAR)
        gray = [np.asarray(image.convert("L")) for image in (resized, worn)]
        similar.append(structural_similarity(*gray, data_range=255, gaussian_weights=True, use_sample_covariance=False))
        distant.append(networks["alex"](small(resized)[None], small(worn)[None]).item())
    return {"ssim_gray": float(np.mean(similar)), "lpips_alex_128": float(np.mean(distant))}


def clean_fid(truths: Path, folder: Path, networks: dict[str, Any]) -> dict[str, float]:
    """clean-fid's FID and KID of two folders; with fewer pictures than a subset has, its draws are all the same."""
    fid = pytest.importorskip("cleanfid.fid")

    def model(levels_BCHW: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = networks["fid"]((levels_BCHW - 128) / 128).flatten(1)
        return features

    truth, worn = (
        fid.get_folder_features(str(path), model, num_workers=0, batch_size=10, device="cpu", verbose=False)
        for path in (truths, folder)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {"fid_clean": fid.fid_from_feats(truth, worn), "kid_clean": fid.kernel_distance(truth, worn)}


def same(found: dict[str, float], expected: dict[str, float]) -> None:
    assert set(expected) <= set(found)
    for name, value in expected.items():
        relative = 1e-4 * abs(value) if name.startswith(("fid", "kid")) else 0.0
        assert abs(found[name] - value) < max(1e-4, relative), (name, found[name], value)
        assert abs(value) > 1e-3, f"{name} tells nothing apart here"


def resized_truths(tree: Path, folder: Path, like: Path) -> Path:
    """The truths as CatVTON resizes them, without the loss that its saving as JPEG adds."""
    folder.mkdir()
    for truth, worn in pairs(tree, like):
        truth.resize(worn.size, Image.LANCZOS).save(folder / f"{Path(worn.filename).stem}.png")  # type: ignore[attr-defined]
    return folder


def test_catvton(tree: Path, own_size: Path, networks: dict[str, Any], tmp_path: Path) -> None:
    found = ours("compat/catvton@1", tree, own_size, networks, tmp_path)
    same(found, catvton(tree, own_size, networks) | clean_fid(tree / "test/image", own_size, networks))


@pytest.mark.slow
def test_catvton_at_half_the_truth_s_size(
    tree: Path, half_size: Path, networks: dict[str, Any], tmp_path: Path
) -> None:
    found = ours("compat/catvton@1", tree, half_size, networks, tmp_path / "results")
    truths = resized_truths(tree, tmp_path / "truths", half_size)
    same(found, catvton(tree, half_size, networks) | clean_fid(truths, half_size, networks))


@pytest.mark.slow
def test_ladi_vton(tree: Path, half_size: Path, networks: dict[str, Any], tmp_path: Path) -> None:
    """Whose FID takes every picture as it lies in its folder, and so not at 512 x 384."""
    found = ours("compat/ladi@1", tree, half_size, networks, tmp_path)
    same(found, ladi(tree, half_size, networks) | clean_fid(tree / "test/image", half_size, networks))


@pytest.mark.parametrize("size", ["own_size", pytest.param("half_size", marks=pytest.mark.slow)])
def test_hr_viton(
    size: str, tree: Path, networks: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(size)
    same(ours("compat/hr-viton@1", tree, folder, networks, tmp_path), hr_viton(tree, folder, networks))
