"""What is not known, each as a range with where it comes from; drawn independently from PERT distributions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, norm


@dataclass(frozen=True)
class Assumption:
    """One unknown.

    Attributes:
        low, likely, high: its range, and where its weight lies.
        meaning: what it is, in one line.
        source: a measurement of this project, a figure told, or nobody's: then it says so.
    """

    low: float
    likely: float
    high: float
    meaning: str
    source: str

    def at(self, level_N: np.ndarray) -> np.ndarray:
        """(N,) its quantiles: a PERT distribution, a beta with four times the weight on what is likely."""
        width = self.high - self.low
        if width == 0:
            return np.full(np.shape(level_N), self.likely)
        a, b = 1 + 4 * (self.likely - self.low) / width, 1 + 4 * (self.high - self.likely) / width
        return self.low + width * beta.ppf(level_N, a, b)


_NOBODYS = "assumption: no open measurement; a test on the merchant's own orders would replace it"


def assumptions(girth_error_cm: float) -> dict[str, Assumption]:
    """All unknowns by name.

    Args:
        girth_error_cm: mean absolute error of the body model's girths on held-out people, as its record says.
    """
    step = {name: share_right(girth_error_cm, cm) for name, cm in (("low", 4.0), ("likely", 5.0), ("high", 8.0))}
    return {
        "size_is_right": Assumption(
            step["low"], step["likely"], step["high"],
            "share of recommendations that name the best size, for charts whose sizes are 4, 5 and 8 cm apart",
            f"measured: {girth_error_cm:.2f} cm mean error of chest, waist and hip on held-out people (size-advice@1)",
        ),
        "asks_for_advice": Assumption(0.10, 0.25, 0.50, "share of orders whose buyer asks for a size", _NOBODYS),
        "follows_advice": Assumption(0.40, 0.60, 0.85, "share of those who then buy the size that was named", _NOBODYS),
        "misled": Assumption(
            0.0, 0.005, 0.02, "share of advised orders that were right before and now come back", _NOBODYS
        ),
        "sees_try_on": Assumption(0.05, 0.20, 0.40, "share of orders whose buyer looks at a try-on picture", _NOBODYS),
        "look_is_mended": Assumption(
            0.0, 0.10, 0.30, "share of 'looks different' returns that a try-on picture would have spared", _NOBODYS
        ),
        "kept": Assumption(
            0.30, 0.60, 0.90, "share of spared returns that are sales kept; the others are orders not placed", _NOBODYS
        ),
    }  # fmt: skip


def share_right(mean_error_cm: float, step_cm: float) -> float:
    """How often the nearest size is the right one, where sizes lie ``step_cm`` apart, bodies anywhere between.

    A normal error of standard deviation s moves a body across the border of its size with probability
    ``1 - E|...|``; averaged over a uniform place in the size: ``2 Phi(t) - 1 - 2 (phi(0) - phi(t)) / t``, t = step / s.
    """
    t = step_cm / (mean_error_cm * math.sqrt(math.pi / 2))
    return float(2 * norm.cdf(t) - 1 - 2 * (norm.pdf(0) - norm.pdf(t)) / t)


def medians(known: Mapping[str, Assumption]) -> dict[str, np.ndarray]:
    """(1,) of each."""
    return {name: one.at(np.array([0.5])) for name, one in known.items()}
