"""From purchases and their feedback to the chances of too small, fit and too large: effects of user and item, and what
the buyer says of the own body, under gradient-boosted trees (scikit-learn's histogram ones, log loss)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from fitroom.data.sizing.fit_effects import Effects, out_of_fold
from fitroom.data.sizing.fit_feedback import FITS, NUMBERS, WORDS
from fitroom.errors import DataError

_MAX_WORDS = 200  # categories that the trees tell apart; the rarer ones are one


@dataclass
class FitModelConfig:
    """What the model is made of."""

    num_trees: int = 400
    """At most; growing stops where held-out rows no longer gain."""
    learning_rate: float = 0.06
    """Of each tree."""
    num_leaves: int = 24
    """Of each tree."""
    seed: int = 0
    """Of folds and trees."""


@dataclass(eq=False)
class FitModel:
    """A model of feedback; ``fit``, then ``probabilities``.

    It sees body measures, size, category, occasion, and effects of users and items; never a text or a rating, which
    are not even read (``data.fit_feedback``).
    """

    config: FitModelConfig = field(default_factory=FitModelConfig)

    def fit(self, rows: pd.DataFrame) -> FitModel:
        """Learns from rows of :func:`fitroom.data.sizing.fit_feedback.read_feedback`.

        Raises:
            DataError: an answer that nobody gave, or fewer than 100 rows.
        """
        rows = rows.reset_index(drop=True)
        if len(rows) < 100 or rows["fit"].nunique() < len(FITS):
            raise DataError(
                "there is too little feedback to learn from", rule="100 rows or more, with each answer among them",
                got=f"{len(rows)} rows, answers {sorted(FITS[answer] for answer in rows['fit'].unique())}",
            )  # fmt: skip
        self._words = {name: rows[name].value_counts().index[:_MAX_WORDS].tolist() for name in WORDS}
        self._effects = Effects.of(rows)
        table = self._table(rows, out_of_fold(rows, self.config.seed))
        self._known = table.columns[table.notna().any()].tolist()  # a shop may not ask all that another asks
        table = table[self._known]
        self._trees = HistGradientBoostingClassifier(
            learning_rate=self.config.learning_rate, max_iter=self.config.num_trees,
            max_leaf_nodes=self.config.num_leaves, min_samples_leaf=max(min(60, len(rows) // 50), 5),
            l2_regularization=5.0, categorical_features=[column in WORDS for column in table],
            early_stopping=True, validation_fraction=0.1, n_iter_no_change=20, random_state=self.config.seed,
        ).fit(table, rows["fit"])  # fmt: skip
        return self

    def probabilities(self, rows: pd.DataFrame) -> np.ndarray:
        """(N, 3) chances of small, fit, large; of users and items never met as well."""
        rows = rows.reset_index(drop=True)
        return self._trees.predict_proba(self._table(rows, self._effects.features(rows))[self._known])

    @property
    def num_parameters(self) -> int:
        """Numbers it is made of: leaves of the trees, and counts of users and items."""
        trees: Any = self._trees._predictors
        leaves = sum(tree.get_n_leaf_nodes() for stage in trees for tree in stage)
        return int(leaves + sum(counts.size for counts in self._effects.counts.values()))

    def _table(self, rows: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
        table = pd.concat([rows[list(NUMBERS)], effects], axis=1)
        for name in WORDS:
            place = {word: code for code, word in enumerate(self._words[name])}
            table[name] = rows[name].map(place)
        return table.astype(np.float64)
