"""Distances between sets of features against SciPy, torch-fidelity and clean-fid."""

import warnings

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from fitroom.metrics.frechet import frechet_distance
from fitroom.metrics.kernel import kernel_distance, mmd2_unbiased
from fitroom.metrics.neighbours import precision_recall

Sets = tuple[np.ndarray, np.ndarray]


def features(num_worn: int, num_truth: int, width: int, seed: int = 0) -> Sets:
    """Like pooled activations: not negative, correlated, of unequal spread; float32."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(width, width)) / np.sqrt(width) * np.linspace(0.2, 2, width)
    worn, truth = (np.maximum(rng.normal(size=(n, width)) @ mixing, -0.5) + 0.5 for n in (num_worn, num_truth))
    return (1.1 * worn + 0.05).astype(np.float32), truth.astype(np.float32)


# Fewer rows than features, more, one set of each kind; the last is full of equal rows.
SETS = {
    "few rows": features(40, 50, 96),
    "many rows": features(300, 250, 48),
    "both": features(30, 200, 64),
    "repeated": tuple(rows.repeat(3, axis=0) for rows in features(30, 30, 24)),
}


@pytest.fixture(params=SETS)
def sets(request: pytest.FixtureRequest) -> Sets:
    return SETS[request.param]  # type: ignore[return-value]


def scipy_frechet(worn: np.ndarray, truth: np.ndarray) -> float:
    worn, truth = worn.astype(np.float64), truth.astype(np.float64)
    covariances = [np.cov(rows, rowvar=False) for rows in (worn, truth)]
    shift = worn.mean(axis=0) - truth.mean(axis=0)
    root = np.trace(sqrtm(covariances[0] @ covariances[1]).real)
    return float(shift @ shift + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * root)


@pytest.mark.parametrize("shape", [(300, 250, 48), (120, 500, 30)])
def test_frechet_is_scipys_formula(shape: tuple[int, int, int]) -> None:
    worn, truth = features(*shape)
    assert frechet_distance(worn, truth) == pytest.approx(scipy_frechet(worn, truth), rel=1e-6)


def test_frechet_is_torch_fidelitys(sets: Sets) -> None:
    theirs = fid_statistics_to_metric(*(fid_features_to_statistics(torch.from_numpy(rows)) for rows in sets), False)
    assert frechet_distance(*sets) == pytest.approx(theirs["frechet_inception_distance"], rel=1e-3)


def test_frechet_is_clean_fids(sets: Sets) -> None:
    fid = pytest.importorskip("cleanfid.fid")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = fid.fid_from_feats(*(rows.astype(np.float64) for rows in sets))
    except (TypeError, ValueError) as error:
        pytest.skip(f"clean-fid's sqrtm does not run on this SciPy: {error}")
    assert frechet_distance(*sets) == pytest.approx(theirs, rel=1e-3)


def test_kernel_is_torch_fidelitys(sets: Sets) -> None:
    settings = {"kid_subsets": 20, "kid_subset_size": 25, "rng_seed": 2020, "verbose": False}
    theirs = kid_features_to_metric(*(torch.from_numpy(rows) for rows in sets), **settings)
    ours = kernel_distance(*sets, num_subsets=20, subset_size=25)
    assert ours.mean == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-3)
    assert ours.std == pytest.approx(theirs["kernel_inception_distance_std"], rel=1e-3)


def test_kernel_refuses_what_torch_fidelity_refuses() -> None:
    worn, truth = SETS["few rows"]
    with pytest.raises(Exception, match="subset size"):
        kid_features_to_metric(torch.from_numpy(worn), torch.from_numpy(truth), kid_subset_size=41, verbose=False)
    with pytest.raises(Exception, match="subsets of 41"):
        kernel_distance(worn, truth, subset_size=41)


@pytest.mark.parametrize("subset_size", [25, 1000])
def test_kernel_is_clean_fids_once_that_is_seeded(sets: Sets, subset_size: int) -> None:
    fid = pytest.importorskip("cleanfid.fid")
    np.random.seed(7)
    theirs = fid.kernel_distance(*sets, num_subsets=10, max_subset_size=subset_size)
    ours = kernel_distance(*sets, num_subsets=10, subset_size=subset_size, seed=7, variant="clean-fid")
    assert ours.mean == pytest.approx(theirs, rel=1e-3)


def test_mmd_of_all_rows_is_torchmetrics() -> None:
    from torchmetrics.image.kid import poly_mmd

    worn, truth = (torch.from_numpy(rows).double() for rows in features(60, 60, 48))
    assert mmd2_unbiased(worn, truth) == pytest.approx(poly_mmd(truth, worn).item(), rel=1e-9)


@pytest.mark.parametrize("num_neighbours", [1, 3, 5])
@pytest.mark.parametrize("name", ["few rows", "many rows", "both"])
def test_precision_and_recall_are_torch_fidelitys(name: str, num_neighbours: int) -> None:
    worn, truth = SETS[name]
    theirs = prc_features_to_metric(
        torch.from_numpy(worn).double(),
        torch.from_numpy(truth).double(),
        prc_neighborhood=num_neighbours,
        verbose=False,
    )
    ours = precision_recall(worn, truth, num_neighbours)
    assert ours == pytest.approx((theirs["precision"], theirs["recall"]), abs=1e-6)
