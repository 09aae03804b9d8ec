"""How many returns could be spared, and what that saves: Monte Carlo over the assumptions, and what matters most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fitroom.evaluation.returns.assumptions import Assumption, medians
from fitroom.evaluation.returns.figures import LOOK_REASONS, SIZE_REASONS, MerchantFigures

NUM_DRAWS, SEED = 20_000, 0


@dataclass(frozen=True)
class Range:
    """A number that is not known: its median, and the ends of the middle 80 and 95 %."""

    median: float
    low80: float
    high80: float
    low95: float
    high95: float

    @classmethod
    def of(cls, value_N: np.ndarray) -> Range:
        """Of draws."""
        low95, low80, median, high80, high95 = np.quantile(value_N, (0.025, 0.1, 0.5, 0.9, 0.975))
        return cls(float(median), float(low80), float(high80), float(low95), float(high95))


@dataclass(frozen=True)
class Swing:
    """One bar of the tornado: the saving with one assumption at its 10 % and 90 % point, the others at their middle."""

    name: str
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How much it matters."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True)
class Estimate:
    """The answer for one merchant.

    Attributes:
        returns: a year, as it is.
        out_of_reach: of them, those whose reason neither a size nor a picture mends.
        avoided: a year.
        rate_after: share of orders that would still come back.
        saving: a year, in the merchant's currency; may be below 0.
        loses: probability that it is.
        tornado: widest first.
    """

    returns: float
    out_of_reach: float
    avoided: Range
    rate_after: Range
    saving: Range
    loses: float
    tornado: list[Swing]


def estimate(figures: MerchantFigures, known: Mapping[str, Assumption]) -> Estimate:
    """Spared returns and savings of a year."""
    rng = np.random.default_rng(SEED)
    drawn = {name: one.at(rng.random(NUM_DRAWS)) for name, one in known.items()}
    avoided_N, saving_N = spared(figures, drawn)
    returns = figures.orders * figures.return_rate
    reached = figures.share(SIZE_REASONS) + figures.share(LOOK_REASONS)
    return Estimate(
        returns, returns * (1 - reached), Range.of(avoided_N), Range.of((returns - avoided_N) / figures.orders),
        Range.of(saving_N), float(np.mean(saving_N < 0)), tornado(figures, known),
    )  # fmt: skip


def spared(figures: MerchantFigures, values: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(N,) returns spared a year, and (N,) what they save: the cost of each, and the margin of those that stay sold.

    Advice spares a return for size where its buyer asked, followed, and the size was right; it makes one where a buyer
    who had been right was misled. A picture spares one for looks where it was seen and tells. Savings count no cost of
    running either.
    """
    returns, advised = figures.orders * figures.return_rate, values["asks_for_advice"] * values["follows_advice"]
    by_size = returns * figures.share(SIZE_REASONS) * advised * values["size_is_right"]
    made = figures.orders * (1 - figures.return_rate) * advised * values["misled"]
    by_look = returns * figures.share(LOOK_REASONS) * values["sees_try_on"] * values["look_is_mended"]
    avoided = by_size + by_look - made
    return avoided, avoided * (figures.cost_per_return + values["kept"] * figures.margin)


def tornado(figures: MerchantFigures, known: Mapping[str, Assumption]) -> list[Swing]:
    """One assumption at a time."""
    middle = medians(known)
    swings = []
    for name, one in known.items():
        ends = [float(spared(figures, middle | {name: one.at(np.array([level]))})[1][0]) for level in (0.1, 0.9)]
        swings.append(Swing(name, *ends))
    return sorted(swings, key=lambda swing: -swing.width)
