"""Our side of ``fitroom bench evaluate``: each picture is read once, and every metric looks at it.

What measures is what ``fitroom evaluate`` runs (``evaluation.tryon.measure``), one picture at a time on each thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from fitroom.bench.scoring.picture_pairs import Pair, Weights
from fitroom.evaluation.tryon.measuring.instruments import Instruments
from fitroom.evaluation.tryon.measuring.look import Truth
from fitroom.evaluation.tryon.measuring.measure import measure
from fitroom.evaluation.tryon.measuring.side_by_side import side_by_side
from fitroom.images import decode_rgb_u8
from fitroom.metrics.frechet import frechet_distance
from fitroom.metrics.inception import FidInception
from fitroom.metrics.kernel import kernel_distance
from fitroom.metrics.lpips import Lpips

SETS, SSIM, LPIPS = "FID and KID, features", "SSIM", "LPIPS alex"
PARTS = (SETS, SSIM, LPIPS)
TRUTH = "of it, truths"  # measured once, however many models are compared with them
READING = "reading"
_COLUMNS = {SETS: "features_inception", SSIM: "ssim_color", LPIPS: "lpips_alex"}


@dataclass
class Seen:
    """What one side has found so far, in the order of the pairs.

    Attributes:
        ssim, lpips: one number a pair.
        worn_ND, truth_ND: rows of Inception features.
    """

    ssim: list[float] = field(default_factory=list)
    lpips: list[float] = field(default_factory=list)
    worn_ND: list[np.ndarray] = field(default_factory=list)
    truth_ND: list[np.ndarray] = field(default_factory=list)


class OnePass:
    """The metrics, opened once.

    Args:
        weights: of Inception and AlexNet.
    """

    def __init__(self, weights: Weights) -> None:
        self.instruments = Instruments(
            lpips={"lpips_alex": Lpips("alex", weights.alexnet)},
            inception={"inception": FidInception(weights.inception)},
        )

    def run(self, pairs: Iterable[Pair], seen: Seen) -> dict[str, float]:
        """Measures the pairs; gives seconds of each part, and of what of them went to the truths.

        The whole is shared out as the threads spent it; what reading took is spread evenly over the parts.
        """
        begun_s, spent = perf_counter(), Counter[str]()
        for _, (found, truth_D, seconds) in side_by_side(self._measure, pairs):
            spent.update(seconds)
            seen.truth_ND.append(truth_D)
            seen.worn_ND.append(found[_COLUMNS[SETS]])
            seen.ssim.append(found[_COLUMNS[SSIM]])
            seen.lpips.append(found[_COLUMNS[LPIPS]])
        share = (perf_counter() - begun_s) / sum(spent[name] for name in (*PARTS, READING))
        return {part: share * (spent[part] + spent[READING] / len(PARTS)) for part in PARTS} | {
            TRUTH: share * spent[TRUTH]
        }

    def _measure(self, pair: Pair) -> tuple[dict[str, Any], np.ndarray, Counter[str]]:
        """Scores of the worn picture, features of the truth, and seconds of this thread."""
        seconds, since = Counter[str](), perf_counter()
        worn_u8, truth_u8 = read_pair(pair)
        since = _lap(seconds, (READING,), since)
        truth = Truth({"person": truth_u8}, truth_u8, truth_u8, self.instruments)
        truth_D = self.instruments.pooled([truth_u8], _COLUMNS[SETS])[0]
        since = _lap(seconds, (SETS, TRUTH), since)
        _ = truth.lpips_maps  # kept by the truth
        since = _lap(seconds, (LPIPS, TRUTH), since)
        found: dict[str, Any] = {}
        for part, column in _COLUMNS.items():
            found |= measure(truth, worn_u8, {column})
            since = _lap(seconds, (part,), since)
        return found, truth_D, seconds


def read_pair(pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Both pictures, (H, W, 3) uint8 each."""
    return decode_rgb_u8(pair.worn), decode_rgb_u8(pair.truth)


def only_read(pairs: Iterable[Pair]) -> float:
    """Seconds that reading the pairs takes, with nothing measured."""
    begun_s = perf_counter()
    for _ in side_by_side(read_pair, pairs):
        pass
    return perf_counter() - begun_s


def our_distances(seen: Seen, subset_size: int) -> tuple[float, float]:
    """FID and mean KID."""
    worn_ND, truth_ND = np.stack(seen.worn_ND), np.stack(seen.truth_ND)
    return frechet_distance(worn_ND, truth_ND), kernel_distance(worn_ND, truth_ND, subset_size=subset_size).mean


def _lap(seconds: Counter[str], parts: Sequence[str], since: float) -> float:
    now = perf_counter()
    for part in parts:
        seconds[part] += now - since  # type: ignore[assignment]
    return now
