"""The columns of a try-on table: their groups, which one rows are ordered by, their digits, the scale of their bars."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fitroom.evaluation.tryon.catalogue import METRICS, PASTED, Metric
from fitroom.evaluation.tryon.protocol import TryOnProtocol
from fitroom.evaluation.tryon.records import TryOnRecord

# What rows are ordered by: where the truth is known to the pixel, the garment region; elsewhere the usual distances.
MAIN = {
    "wardrobe": ("region_pd_effnetlite0", "region_ssim_color", "ssim_color", "psnr"),
    "public": ("lpips_alex", "lpips_squeeze", "lpips_vgg", "lpips_alex_128", "ssim_color", "ssim_gray", "psnr",
               "fid_inception", "fid_clean", "fd_effnetlite0"),
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Columns that a page shows together: a word for its markup, its title, and the metrics."""

    key: str
    title: str
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class Column:
    """A metric within a table.

    Attributes:
        metric: of the catalogue.
        group: key of its group.
        digits: after the point, so that models differ by it.
        low, high: ends of the scale its intervals are drawn on: those of all rows but the oracles; equal = no scale.
        best: the best value of a model that is ranked, None where there is none.
    """

    metric: Metric
    group: str
    digits: int
    low: float
    high: float
    best: float | None


def main_metrics(protocol: TryOnProtocol) -> list[str]:
    """Scores of a protocol that its rows may be ordered by, the preferred one first."""
    return [name for name in MAIN["wardrobe" if protocol.data == "wardrobe" else "public"] if name in protocol.metrics]


def groups_of(protocol: TryOnProtocol) -> list[Group]:
    """The protocol's metrics as groups of at most about ten columns."""
    found: dict[str, list[Metric]] = defaultdict(list)
    for metric in (METRICS[name] for name in protocol.metrics):
        found[_group_of(metric)].append(metric)
    titles = {
        "region": "Garment region", "fit-cm": "Fit in cm", "fit-median": "Fit in cm, medians",
        "fit-labels": "Shape and fit", "identity": "Identity", "whole": "Whole picture", "distribution": "Distribution",
        "pasted": "Pasted back",
    }  # fmt: skip
    return [Group(key, title, tuple(found[key])) for key, title in titles.items() if key in found]


def _group_of(metric: Metric) -> str:
    if metric.name.endswith(PASTED):
        return "pasted"
    if metric.group == "fit":
        return "fit-median" if metric.over == "median" else "fit-cm" if metric.unit == "cm" else "fit-labels"
    return {"garment region": "region", "whole picture": "whole"}.get(metric.group, metric.group)


def badness(metric: Metric, value: float) -> float:
    """Smaller is better, whatever the metric's direction."""
    return {"higher": -value, "lower": value, "one": abs(value - 1)}[metric.better]


def may_be_ranked(record: TryOnRecord) -> bool:
    """Whether a record is of a model that has seen neither truth nor cases, and has predicted all of them."""
    complete = record.data.num_predicted == record.data.num_cases
    return complete and not (record.model.control or record.oracle or record.seen)


def make_column(metric: Metric, group: str, records: Sequence[TryOnRecord]) -> Column:
    """A metric over the records of one table."""
    models = [record for record in records if not record.oracle]
    scores = [record.scores[metric.name] for record in models or records]
    values = [score.value for score in scores if score.value is not None]
    ends = [end for score in scores for end in (score.value, score.low, score.high) if end is not None]
    ranked = [record.scores[metric.name].value for record in models if may_be_ranked(record)]
    best = min((v for v in ranked if v is not None), key=lambda v: badness(metric, v), default=None)
    return Column(metric, group, _digits(values, metric), *_scale(ends, metric), best)


def _digits(values: Sequence[float], metric: Metric) -> int:
    """Three significant figures of a typical value; not below a tenth of a millimetre."""
    typical = float(np.median(np.abs(values))) if values else 1.0
    most = 2 if metric.unit == "cm" else 4
    return min(3 if typical == 0 else max(2 - math.floor(math.log10(typical)), 0), most)


def _scale(ends: Sequence[float], metric: Metric) -> tuple[float, float]:
    if not ends:
        return 0.0, 0.0
    low, high = min(ends), max(ends)
    margin = 0.04 * (high - low)
    return max(low - margin, metric.low), min(high + margin, metric.high)
