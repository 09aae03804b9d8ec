"""Controls: what can be had without a trained reader. All are fitted to the training part's bodies alone.

Their table has a row a picture: body, sex, weight_kg, height, chest, waist, hip in cm, and width_0 ... of the figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import ndtr
from sklearn.linear_model import LinearRegression

from fitroom.evaluation.body_photo.protocol import Told
from fitroom.models.body_photo.config import BodyPhotoConfig

# Heights of the silhouette, in shares of the person's own from the crown down: from the shoulders to the calves.
BANDS = (
    (0.19, 0.23),
    (0.25, 0.29),
    (0.31, 0.35),
    (0.375, 0.415),
    (0.44, 0.48),
    (0.50, 0.54),
    (0.57, 0.61),
    (0.67, 0.71),
)
WIDTH_COLUMNS = [f"width_{number}" for number in range(len(BANDS))]
_ARM = "LEFT_ARM"


@dataclass(frozen=True, eq=False)
class Foretold:
    """(N,) what was foretold of one measure in cm, and the probability given to what lies below the truth."""

    value_N: np.ndarray
    share_below_N: np.ndarray


def widths(shares_u8: np.ndarray, config: BodyPhotoConfig) -> np.ndarray:
    """(8,) mean width of the silhouette without bare arms in each of :data:`BANDS`, in shares of the height."""
    arms = next(place for place, group in enumerate(config.groups) if _ARM in group)
    silhouette_RW = np.delete(shares_u8, arms, axis=0).sum(0) / 255
    ends = [(round(low * config.rows), round(high * config.rows)) for low, high in BANDS]
    return np.array([silhouette_RW[low:high].sum(1).mean() / config.rows for low, high in ends])


class PopulationMean:
    """Mean of the bodies learned from, of the sex where that is told; the height is not heard."""

    name = "control-population-mean"
    uses_photo = False
    recipe: ClassVar = {"control": "mean of the bodies, of the sex where told", "spread": "their own, Gaussian"}

    def __init__(self, learned: pd.DataFrame) -> None:
        self.bodies = learned.groupby("body").first()

    def foretell(self, told: Told, asked: pd.DataFrame, measure: str) -> Foretold:
        """Of people with columns as the table's; ``measure`` is in ``asked`` for the share below it alone."""
        value_N, spread_N = np.empty(len(asked)), np.empty(len(asked))
        for sex in ("female", "male"):
            theirs = self.bodies[measure][(self.bodies["sex"] == sex) | (not told.sex)]
            mine = (asked["sex"] == sex).to_numpy()
            value_N[mine], spread_N[mine] = theirs.mean(), theirs.std(ddof=1)
        return Foretold(value_N, ndtr((asked[measure].to_numpy() - value_N) / spread_N))


class WidthRegression:
    """Least squares of log(measure / height) on the silhouette's widths, the height and what else is told.

    Where there are no widths, since the photo was refused, on what is told alone."""

    name = "control-width-regression"
    uses_photo = True
    recipe: ClassVar = {
        "control": "linear regression on widths of the silhouette, height and what is told", "bands": BANDS,
        "spread": "Gaussian in logarithms, of the residuals",
    }  # fmt: skip

    def __init__(self, learned: pd.DataFrame) -> None:
        self.learned = learned

    def foretell(self, told: Told, asked: pd.DataFrame, measure: str) -> Foretold:
        """As :meth:`PopulationMean.foretell`."""
        value_N, spread_N = np.empty(len(asked)), np.empty(len(asked))
        seen_N = asked[WIDTH_COLUMNS[0]].notna().to_numpy()
        for mine, sees in ((seen_N, True), (~seen_N, False)):
            if mine.any():
                value_N[mine], spread_N[mine] = self._fit(asked[mine], told, measure, sees)
        middle_N = np.exp(value_N) * asked["height"].to_numpy()
        return Foretold(middle_N, ndtr((np.log(asked[measure] / asked["height"]) - value_N) / spread_N))

    def _fit(self, mine: pd.DataFrame, told: Told, measure: str, sees: bool) -> tuple[np.ndarray, float]:
        theirs = self.learned
        weight_N = 1 / np.asarray(theirs.groupby("body")["body"].transform("size"), float)
        target_N = np.log(np.asarray(theirs[measure] / theirs["height"], float))
        x_NX = _heard(theirs, told, sees)
        model = LinearRegression().fit(x_NX, target_N, weight_N)
        residual_N = target_N - model.predict(x_NX)
        freedom = theirs["body"].nunique() - x_NX.shape[1] - 1
        return model.predict(_heard(mine, told, sees)), float(np.sqrt((weight_N * residual_N**2).sum() / freedom))


def _heard(table: pd.DataFrame, told: Told, sees: bool) -> np.ndarray:
    columns = [np.log(table["height"].to_numpy())]
    columns += [table[name].to_numpy() for name in WIDTH_COLUMNS] if sees else []
    columns += [np.asarray(table["sex"] == "male", float)] if told.sex else []
    columns += [np.log(table["weight_kg"].to_numpy())] if told.weight else []
    return np.column_stack(columns)
