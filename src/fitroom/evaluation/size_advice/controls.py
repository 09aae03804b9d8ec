"""Controls: what can be had without a joint model. Both are fitted on the train part alone.

A Gaussian around each prediction, as wide as the residuals of the train part, gives them intervals as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr
from sklearn.linear_model import LinearRegression

from fitroom.data.sizing.people import MEASURES, People
from fitroom.evaluation.size_advice.asking import Heard, hear
from fitroom.evaluation.size_advice.protocol import Effort, SizeAdviceProtocol


@dataclass(frozen=True, eq=False)
class Foretold:
    """(N,) what was foretold of one measure, and the probability given to what lies below the truth."""

    value_N: np.ndarray
    share_below_N: np.ndarray


class LinearRegressions:
    """A regression of each measure on the answers, one for each sex and set of answers that a survey can give.

    With ``uses_answers=False`` it is the population mean of the sex, where that was asked.
    """

    def __init__(self, train: People, uses_answers: bool = True) -> None:
        self.train, self.uses_answers = train, uses_answers
        self.name = "control-linear-regression" if uses_answers else "control-population-mean"
        self.recipe: dict[str, Any] = {
            "control": "linear regression on the answers, one a sex and set of answers" if uses_answers
            else "mean of the sex", "spread": "Gaussian, of the residuals on the train part",
        }  # fmt: skip
        self.num_parameters = 0
        self._heard: dict[str, Heard] = {}

    def foretell(
        self, heard: Heard, truth_N: np.ndarray, effort: Effort, measure: str, protocol: SizeAdviceProtocol
    ) -> Foretold:
        """Of people who answered; ``truth_N`` is NaN where a person was not measured there."""
        if effort.title not in self._heard:
            self._heard = {effort.title: hear(self.train, effort, protocol)}
        learned = self._heard[effort.title]
        target_N = self.train.values_ND[learned.rows, MEASURES.index(measure)]
        value_N, spread_N = np.full(len(truth_N), np.nan), np.full(len(truth_N), np.nan)
        for sex, told_D in self._groups(heard):
            mine = self._alike(heard, sex, told_D) & np.isfinite(truth_N)
            theirs = self._alike(learned, sex, told_D, at_least=True) & np.isfinite(target_N)
            if not mine.any():
                continue
            answers = heard.values_ND[mine][:, told_D], learned.values_ND[theirs][:, told_D]
            value_N[mine], spread_N[mine] = self._fit(*answers, target_N[theirs])
        return Foretold(value_N, ndtr((truth_N - value_N) / spread_N))

    def _fit(self, mine: np.ndarray, theirs: np.ndarray, target_N: np.ndarray) -> tuple[np.ndarray, float]:
        width = mine.shape[1] if self.uses_answers else 0
        self.num_parameters += width + 2
        if not width:
            return np.full(len(mine), target_N.mean()), float(target_N.std(ddof=1))
        model = LinearRegression().fit(theirs, target_N)
        residual_N = target_N - model.predict(theirs)
        return model.predict(mine), float(np.sqrt((residual_N**2).sum() / (len(target_N) - width - 1)))

    def _groups(self, heard: Heard) -> Iterator[tuple[str | None, np.ndarray]]:
        patterns = np.unique(np.isfinite(heard.values_ND), axis=0)
        for sex in sorted(set(heard.sex_N), key=str):
            for told_D in patterns:
                yield sex, told_D

    @staticmethod
    def _alike(heard: Heard, sex: str | None, told_D: np.ndarray, at_least: bool = False) -> np.ndarray:
        """(N,) bool: those of a sex who told just these measures, or at least these."""
        told_ND = np.isfinite(heard.values_ND)
        same = told_ND[:, told_D].all(1) if at_least else (told_ND == told_D).all(1)
        return same & np.array([one == sex for one in heard.sex_N])
