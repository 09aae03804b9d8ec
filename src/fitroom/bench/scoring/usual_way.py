"""The peer of ``fitroom bench evaluate``: three packages one after the other, each with a loader of its own.

torch-fidelity (what its ``calculate_metrics`` runs for FID and KID), then torchmetrics' SSIM, then lpips. Numbers of
workers and sizes of batches are the fastest of several, tried on this machine before anything is timed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from fitroom.bench.scoring.one_pass import LPIPS, PARTS, SETS, SSIM, TRUTH, Seen
from fitroom.bench.scoring.picture_pairs import Pair, Weights
from fitroom.progress import log

BATCHES = (1, 8, 64)
WORKERS = (0, 1, 2)
FIDELITY_WORKERS = (0, 4)  # all it can be told: save_cpu_ram or not


@dataclass(frozen=True)
class Loading:
    """How a package's loader is set."""

    batch_size: int = 8
    num_workers: int = 0

    def __str__(self) -> str:
        return f"batches of {self.batch_size}, {self.num_workers} workers"


class UsualWay:
    """The packages, opened once, with one set of weights.

    Args:
        weights: the same files that our side reads.

    Attributes:
        loading: how each part's loader is set; see :meth:`tune`.
    """

    def __init__(self, weights: Weights) -> None:
        import lpips
        from torch_fidelity.utils import create_feature_extractor

        self.extractor = create_feature_extractor(
            "inception-v3-compat", ["2048"], cuda=False, verbose=False,
            feature_extractor_weights_path=str(weights.inception),
        )  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.lpips = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
        tensors = torch.load(weights.alexnet, weights_only=True)
        own = self.lpips.net.state_dict()
        self.lpips.net.load_state_dict({name: tensors[f"features.{name.partition('.')[2]}"] for name in own})
        self.loading = {part: Loading() for part in PARTS}

    def run(self, pairs: Sequence[Pair], seen: Seen) -> dict[str, float]:
        """Measures the pairs; gives the seconds of each part, and of the truths' features."""
        seconds = {part: self._part(part, pairs, seen) for part in PARTS}
        return seconds | {TRUTH: self._truth_s}

    _truth_s = 0.0

    def tune(self, pairs: Sequence[Pair]) -> None:
        """Sets every part's loader to the fastest: first the batch, then the workers."""
        for part in PARTS:
            workers = FIDELITY_WORKERS if part == SETS else WORKERS
            batches = sorted({min(size, len(pairs)) for size in BATCHES})
            self._part(part, pairs[:1], Seen())  # the first call is slow whatever the setting
            self.loading[part] = self._fastest(part, pairs, [Loading(size, workers[0]) for size in batches])
            size = self.loading[part].batch_size
            self.loading[part] = self._fastest(part, pairs, [Loading(size, number) for number in workers])
            log.info("%s: %s", part, self.loading[part])

    def only_read(self, pairs: Sequence[Pair]) -> float:
        """Seconds that the loaders of all parts take, with nothing measured."""
        begun_s = perf_counter()
        for part in PARTS:
            for loader in self._loaders(part, pairs):
                for _ in loader:
                    pass
        return perf_counter() - begun_s

    def _fastest(self, part: str, pairs: Sequence[Pair], candidates: Sequence[Loading]) -> Loading:
        seconds = {}
        for loading in candidates:
            self.loading[part] = loading
            seconds[loading] = self._part(part, pairs, Seen())
        return min(seconds, key=lambda loading: seconds[loading])

    def _part(self, part: str, pairs: Sequence[Pair], seen: Seen) -> float:
        work: dict[str, Callable[[Sequence[Pair], Seen], None]] = {
            SETS: self._features, SSIM: self._ssim, LPIPS: self._lpips,
        }  # fmt: skip
        begun_s = perf_counter()
        work[part](pairs, seen)
        return perf_counter() - begun_s

    def _features(self, pairs: Sequence[Pair], seen: Seen) -> None:
        from torch_fidelity.utils import get_featuresdict_from_dataset

        loading = self.loading[SETS]
        for pictures, rows in zip(_fidelity_sets(pairs), (seen.worn_ND, seen.truth_ND), strict=True):
            begun_s = perf_counter()
            found = get_featuresdict_from_dataset(
                pictures, self.extractor, loading.batch_size, False, loading.num_workers == 0, False
            )
            rows.extend(found["2048"].numpy())
            self._truth_s = perf_counter() - begun_s  # the truths come last

    def _ssim(self, pairs: Sequence[Pair], seen: Seen) -> None:
        from torchmetrics.image import StructuralSimilarityIndexMeasure

        metric = StructuralSimilarityIndexMeasure(data_range=1.0, reduction="none")
        with torch.inference_mode():
            for worn_unit, truth_unit in self._loaders(SSIM, pairs)[0]:
                metric.update(worn_unit, truth_unit)
            similarity_N = metric.compute()
        assert isinstance(similarity_N, torch.Tensor)
        seen.ssim.extend(similarity_N.flatten().tolist())

    def _lpips(self, pairs: Sequence[Pair], seen: Seen) -> None:
        with torch.inference_mode():
            for worn_unit, truth_unit in self._loaders(LPIPS, pairs)[0]:
                seen.lpips.extend(self.lpips(worn_unit * 2 - 1, truth_unit * 2 - 1).flatten().tolist())

    def _loaders(self, part: str, pairs: Sequence[Pair]) -> list[DataLoader[Any]]:
        sets: list[Dataset[Any]] = list(_fidelity_sets(pairs)) if part == SETS else [_UnitPairs(pairs)]
        loading = self.loading[part]
        return [DataLoader(pictures, loading.batch_size, num_workers=loading.num_workers) for pictures in sets]


def usual_distances(seen: Seen, subset_size: int) -> tuple[float, float]:
    """FID and mean KID by torch-fidelity's functions."""
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
    from torch_fidelity.metric_kid import kid_features_to_metric

    worn_ND, truth_ND = (torch.from_numpy(np.stack(rows)) for rows in (seen.worn_ND, seen.truth_ND))
    statistics = (fid_features_to_statistics(rows) for rows in (worn_ND, truth_ND))
    fid = fid_statistics_to_metric(*statistics, verbose=False)
    kid = kid_features_to_metric(worn_ND, truth_ND, kid_subset_size=subset_size, verbose=False)
    return float(fid["frechet_inception_distance"]), float(kid["kernel_inception_distance_mean"])


def _fidelity_sets(pairs: Sequence[Pair]) -> tuple[Dataset[Any], Dataset[Any]]:
    from torch_fidelity.datasets import ImagesPathDataset

    return ImagesPathDataset([pair.worn for pair in pairs]), ImagesPathDataset([pair.truth for pair in pairs])


class _UnitPairs(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """As such scripts write it: Pillow, then torchvision's to_tensor."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return _unit(self.pairs[index].worn), _unit(self.pairs[index].truth)


def _unit(path: Any) -> torch.Tensor:
    from torchvision.transforms.functional import to_tensor

    with Image.open(path) as image:
        return to_tensor(image.convert("RGB"))
