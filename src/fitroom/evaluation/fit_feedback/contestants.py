"""Who foretells feedback: the model with its effects, and what can be had without it. All learn from the train rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fitroom.data.sizing.fit_effects import Effects, item_rates
from fitroom.data.sizing.fit_feedback import FITS, NUMBERS, WORDS
from fitroom.models.sizing.fit_model import FitModel, FitModelConfig

Chances = Callable[[pd.DataFrame], np.ndarray]


@dataclass(frozen=True)
class Entrant:
    """One contestant.

    Attributes:
        name, recipe: for its record.
        control: it has no effects of users and items beyond an item's rate.
        learn: train rows -> (rows -> (N, 3) chances, numbers it is made of).
    """

    name: str
    recipe: dict[str, Any]
    control: bool
    learn: Callable[[pd.DataFrame], tuple[Chances, int]]


def entrants(seed: int) -> list[Entrant]:
    """The model first, then the controls."""
    config = FitModelConfig(seed=seed)

    def model(rows: pd.DataFrame) -> tuple[Chances, int]:
        fitted = FitModel(config).fit(rows)
        return fitted.probabilities, fitted.num_parameters

    return [
        Entrant("fit-effects", {"model": "user and item effects under boosted trees", **asdict(config)}, False, model),
        Entrant("control-item-fit-rate", {"control": "smoothed shares of the item's answers"}, True, _item_rate),
        Entrant(
            "control-logistic-regression", {"control": "logistic regression on body, size and category"}, True,
            _regression,
        ),
        Entrant("control-shares", {"control": "shares of the answers"}, True, _shares),
    ]  # fmt: skip


def _item_rate(rows: pd.DataFrame) -> tuple[Chances, int]:
    effects = Effects.of(rows)
    return lambda others: item_rates(effects, others), effects.counts["item"].size


def _regression(rows: pd.DataFrame) -> tuple[Chances, int]:
    numbers = [name for name in NUMBERS if rows[name].notna().any()]
    table = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=20), list(WORDS)),
    )
    model = make_pipeline(table, LogisticRegression(max_iter=500)).fit(rows[[*numbers, *WORDS]], rows["fit"])
    weights = model.named_steps["logisticregression"].coef_.size
    places = list(model.classes_)

    def chances(others: pd.DataFrame) -> np.ndarray:
        found_N3 = np.zeros((len(others), len(FITS)))
        found_N3[:, places] = model.predict_proba(others[[*numbers, *WORDS]])
        return found_N3

    return chances, weights


def _shares(rows: pd.DataFrame) -> tuple[Chances, int]:
    shares = np.bincount(rows["fit"], minlength=len(FITS)) / len(rows)
    return lambda others: np.tile(shares, (len(others), 1)), len(FITS)
