"""How each size of a chart would sit on a body that is only believed: ease and fit by place, and which size is best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fitroom.data.sizing.size_charts import SizeChart
from fitroom.models.sizing.belief import BodyBelief
from fitroom.pipelines.sizing.chart_check import check_chart
from fitroom.pipelines.sizing.hems import Hem, hem_of
from fitroom.wardrobe.patterns.pattern import Region
from fitroom.wardrobe.truth.fit import HIP_BELOW_WAIST_CM, PLACES, THRESHOLDS_CM, FitLabel

Preference = Literal["tighter", "regular", "looser"]
NUM_DRAWS, SEED = 4000, 0
# Where in the window between tight and loose somebody wants to be.
WANTED: Mapping[Preference, float] = {"tighter": 0.15, "regular": 0.4, "looser": 0.7}
_TIGHT_COUNTS = 2.0  # a centimetre too tight is as bad as this many too loose
LABELS: tuple[FitLabel, ...] = ("tight", "regular", "loose")


@dataclass(frozen=True)
class PlaceFit:
    """One place of one size.

    Attributes:
        ease_cm, low_cm, high_cm: garment less body: the median, and the ends of the middle 80 %.
        shares: probability of tight, regular and loose.
    """

    ease_cm: float
    low_cm: float
    high_cm: float
    shares: Mapping[FitLabel, float]

    @property
    def label(self) -> FitLabel:
        """The likeliest."""
        return max(LABELS, key=lambda label: self.shares[label])


@dataclass(frozen=True)
class SizeFit:
    """One size.

    Attributes:
        size: its label.
        probability: that it is the best of the chart for this body and preference.
        places: by place, those that decide first; the same of all sizes.
        hem: where its length ends; None where the chart has none.
    """

    size: str
    probability: float
    places: Mapping[str, PlaceFit]
    hem: Hem | None


def fits(belief: BodyBelief, chart: SizeChart, region: Region, prefer: Preference = "regular") -> list[SizeFit]:
    """All sizes of the chart, in its order; their probabilities add up to 1.

    Bodies are drawn from what is believed (:data:`NUM_DRAWS`, seeded); each buys the size whose ease at the places that
    decide is nearest to what is wanted, and a size's probability is the share of bodies that buy it.

    Raises:
        DataError: as :func:`fitroom.pipelines.sizing.chart_check.check_chart`.
    """
    deciding = check_chart(chart, region)
    body = belief.draw(NUM_DRAWS, SEED)
    sizes = chart.sizes.values()  # which are compared at the same places, so all must reach the hip
    hip = region == "bottom" or deciding == ["hip"] or all(_reaches_hip(size, body) for size in sizes)
    eases = {label: _eases(size, body, region, hip) for label, size in chart.sizes.items()}
    costs_SN = np.stack([_cost(ease, deciding, region, prefer) for ease in eases.values()])
    shares_S = np.bincount(costs_SN.argmin(0), minlength=len(eases)) / NUM_DRAWS
    found = []
    for (label, ease), share in zip(eases.items(), shares_S, strict=True):
        order = sorted(ease, key=lambda place: (place not in deciding, list(ease).index(place)))
        places = {place: _place(ease[place], THRESHOLDS_CM[region][place]) for place in order}
        found.append(SizeFit(label, float(share), places, hem_of(chart.sizes[label], body, region)))
    return found


def best(sizes: list[SizeFit]) -> SizeFit:
    """The likeliest size; of equals the smaller."""
    return max(sizes, key=lambda size: size.probability)


def _eases(
    size: Mapping[str, float], body: Mapping[str, np.ndarray], region: Region, hip: bool
) -> dict[str, np.ndarray]:
    """(N,) ease in cm by place, where both are known; at the hip where it counts."""
    return {
        place: size[garment] - body[measure]
        for place, (garment, measure) in PLACES[region].items()
        if garment in size and measure in body
        if place != "hip" or hip
    }


def _reaches_hip(size: Mapping[str, float], body: Mapping[str, np.ndarray]) -> bool:
    return "length" not in size or size["length"] - float(np.median(body["back_length"])) > HIP_BELOW_WAIST_CM


def _cost(ease: Mapping[str, np.ndarray], deciding: list[str], region: Region, prefer: Preference) -> np.ndarray:
    """(N,) how far from what is wanted, in half widths of the window, squared and summed over the places."""
    total = np.zeros(NUM_DRAWS)
    for place in (place for place in deciding if place in ease):
        tight, loose = THRESHOLDS_CM[region][place]
        off_N = (ease[place] - (tight + WANTED[prefer] * (loose - tight))) / (loose - tight) * 2
        total += np.where(off_N < 0, _TIGHT_COUNTS * off_N, off_N) ** 2
    return total


def _place(ease_N: np.ndarray, window_cm: tuple[float, float]) -> PlaceFit:
    tight, loose = window_cm
    low, middle, high = np.quantile(ease_N, (0.1, 0.5, 0.9))
    shares = {"tight": np.mean(ease_N < tight), "loose": np.mean(ease_N > loose)}
    shares["regular"] = 1 - shares["tight"] - shares["loose"]
    return PlaceFit(float(middle), float(low), float(high), {label: float(shares[label]) for label in LABELS})
