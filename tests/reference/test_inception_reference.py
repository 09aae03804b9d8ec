"""FID and KID of folders against torch-fidelity, clean-fid and torchmetrics, all with one network of random weights."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fitroom.images import decode_rgb_u8
from fitroom.metrics.frechet import frechet_distance
from fitroom.metrics.inception import FidInception, InceptionVariant
from fitroom.metrics.kernel import kernel_distance
from fitroom.metrics.pictures import stack_u8

NUM_PICTURES = 6
SUBSET = {"num_subsets": 10, "subset_size": 4}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in the format of torch-fidelity's release."""
    from torch_fidelity import feature_extractor_inceptionv3 as module

    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.FeatureExtractorInceptionV3, "load_state_dict", lambda self, tensors: None)
        torch.save({}, path)
        network = module.FeatureExtractorInceptionV3("random", ["2048"], feature_extractor_weights_path=str(path))
    for name, layer in network.named_modules():
        if name.endswith(".conv"):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Pictures larger and smaller than 299 px, blurred in the first folder."""
    rng = np.random.default_rng(0)
    made = tmp_path_factory.mktemp("worn"), tmp_path_factory.mktemp("truth")
    for place in range(NUM_PICTURES):
        blocks = Image.fromarray(rng.integers(0, 256, (12, 9, 3), dtype=np.uint8))
        truth = blocks.resize((216, 320), Image.Resampling.NEAREST)
        truth.save(made[1] / f"{place:02d}.png")
        truth.resize((54, 80)).resize(truth.size).save(made[0] / f"{place:02d}.png")
    return made


@pytest.fixture(scope="module")
def our_features(weights: Path, folders: tuple[Path, Path]) -> Callable[[InceptionVariant], list[np.ndarray]]:
    @cache
    def compute(variant: InceptionVariant) -> list[np.ndarray]:
        network = FidInception(weights, variant=variant)
        batches = [stack_u8([decode_rgb_u8(path) for path in sorted(folder.iterdir())]) for folder in folders]
        return [torch.cat([network.features(few) for few in batch.split(5)]).numpy() for batch in batches]

    return compute


def by_torch_fidelity(weights: Path, folders: tuple[Path, Path], **metrics: bool) -> dict[str, float]:
    import torch_fidelity

    return torch_fidelity.calculate_metrics(
        input1=str(folders[0]), input2=str(folders[1]), cuda=False, verbose=False, cache=False, save_cpu_ram=True,
        batch_size=4, feature_extractor_weights_path=str(weights), kid_subsets=SUBSET["num_subsets"],
        kid_subset_size=SUBSET["subset_size"], **metrics,
    )  # fmt: skip


def test_folders_score_as_by_torch_fidelity(weights: Path, folders: tuple[Path, Path], our_features) -> None:
    theirs = by_torch_fidelity(weights, folders, kid=True)
    worn, truth = our_features("torch-fidelity")
    kid = kernel_distance(worn, truth, **SUBSET)
    assert kid.mean == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-3)
    assert kid.std == pytest.approx(theirs["kernel_inception_distance_std"], rel=1e-3)


@pytest.mark.slow  # the root of a 2048 x 2048 matrix by complex eigenvalues
def test_fid_of_folders_is_torch_fidelitys(weights: Path, folders: tuple[Path, Path], our_features) -> None:
    theirs = by_torch_fidelity(weights, folders, fid=True)["frechet_inception_distance"]
    assert frechet_distance(*our_features("torch-fidelity")) == pytest.approx(theirs, rel=1e-3)


def test_folders_score_as_by_clean_fid(weights: Path, folders: tuple[Path, Path], our_features) -> None:
    fid = pytest.importorskip("cleanfid.fid")
    network = FidInception(weights)._network

    def model(levels_BCHW: torch.Tensor) -> torch.Tensor:
        """clean-fid's own network takes levels of 0 to 255, resized already."""
        return network((levels_BCHW - 128) / 128).flatten(1)

    theirs = [
        fid.get_folder_features(str(folder), model, num_workers=0, batch_size=4, device="cpu", verbose=False)
        for folder in folders
    ]
    ours = our_features("clean-fid")
    for our_rows, their_rows in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our_rows, their_rows, rtol=1e-3, atol=1e-4 * np.abs(their_rows).max())
    np.random.seed(3)
    kid = fid.kernel_distance(*theirs, num_subsets=10, max_subset_size=4)
    assert kernel_distance(*ours, **SUBSET, seed=3, variant="clean-fid").mean == pytest.approx(kid, rel=1e-3)
    assert frechet_distance(*ours) == pytest.approx(frechet_distance(*theirs), rel=1e-3)


def test_features_are_torchmetrics(weights: Path, folders: tuple[Path, Path]) -> None:
    from torchmetrics.image.fid import NoTrainInceptionV3

    few = stack_u8([decode_rgb_u8(path) for path in sorted(folders[0].iterdir())[:3]])
    theirs = NoTrainInceptionV3("inception", ["2048"], str(weights))(few.permute(0, 3, 1, 2))
    ours = FidInception(weights, variant="torchmetrics").features(few)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4 * theirs.abs().max().item())


def test_the_three_variants_differ(weights: Path, folders: tuple[Path, Path], our_features) -> None:
    distances = [frechet_distance(*our_features(name)) for name in ("torch-fidelity", "clean-fid", "torchmetrics")]
    assert len({round(distance, 4) for distance in distances}) == 3
