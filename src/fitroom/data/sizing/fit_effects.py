"""What users and items tell of a row of feedback: their rates and offsets, none of which has seen that row.

A rate is smoothed towards the one above it (an item's towards everybody's, an item in one size towards the item's). For
rows that are learned from it is computed out of fold: rows fall into folds, and the rates of a fold come from the
others. Leaving out just the row itself would not do: within an item the rate would then move against the row's own
answer, and a learner could read the answer off it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from fitroom.data.sizing.fit_feedback import FITS, NUMBERS

NUM_FOLDS = 10
_SMOOTH = {"item": 8.0, "user": 3.0, "item_size": 8.0, "category_size": 20.0, "user_category": 3.0}
_BODY = [name for name in NUMBERS if name != "size"]


def keys(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """What rates are counted by; item first, since those of an item in one size lean on it."""
    size = rows["size"].astype(str)
    return {
        "item": rows["item"], "user": rows["user"], "item_size": rows["item"] + "/" + size,
        "category_size": rows["category"] + "/" + size, "user_category": rows["user"] + "/" + rows["category"],
    }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Effects:
    """What was counted on some rows, ready for any others.

    Attributes:
        prior: share of each answer.
        counts: by kind of key: number of rows and of each answer, by key.
        offsets: "item" and "user": how far from the size that their bodies would buy those bought who found it fitting,
            in sizes, shrunk towards 0.
        usual: size that a body would buy; see :func:`expected_size`.
    """

    prior: np.ndarray
    counts: dict[str, pd.DataFrame]
    offsets: dict[str, pd.Series]
    usual: tuple[Ridge, pd.Series]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Effects:
        """Counts on rows."""
        answers = pd.get_dummies(pd.Categorical(rows["fit"], categories=range(len(FITS)))).set_axis(FITS, axis=1)
        answers.index = rows.index
        counts = {kind: answers.groupby(key.to_numpy()).sum() for kind, key in keys(rows).items()}
        fitting = rows[rows["fit"] == FITS.index("fit")]
        usual = _usual(fitting if len(fitting) > 20 else rows)
        residual = fitting["size"] - expected_size(usual, fitting)
        offsets = {}
        for kind in ("item", "user"):
            grouped = residual.groupby(fitting[kind].to_numpy())
            offsets[kind] = grouped.sum() / (grouped.count() + _SMOOTH[kind])
        return cls(answers.mean().to_numpy(), counts, offsets, usual)

    def features(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rates, counts and offsets of other rows; an unknown user or item gets what all have, and 0 rows."""
        found: dict[str, np.ndarray] = {}
        rates = {"everybody": np.tile(self.prior, (len(rows), 1))}
        for kind, key in keys(rows).items():
            count_N3 = self.counts[kind].reindex(key.to_numpy()).fillna(0.0).to_numpy(np.float64)
            total_N = count_N3.sum(1)
            above = rates["item"] if kind == "item_size" else rates["everybody"]
            smooth = _SMOOTH[kind]
            rates[kind] = (count_N3 + smooth * above) / (total_N + smooth)[:, None]
            found |= {f"{kind}_{fit}": rates[kind][:, place] for place, fit in enumerate(FITS) if fit != "fit"}
            found[f"{kind}_rows"] = total_N
        residual_N = (rows["size"] - expected_size(self.usual, rows)).to_numpy(np.float64)
        item_N, user_N = (
            self.offsets[kind].reindex(rows[kind].to_numpy()).fillna(0.0).to_numpy() for kind in ("item", "user")
        )
        found |= {
            "off_usual": residual_N, "off_item": residual_N - item_N, "off_user": residual_N - user_N,
            "off_both": residual_N - item_N - user_N,
        }  # fmt: skip
        return pd.DataFrame(found, index=rows.index)


def out_of_fold(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Features of the very rows that are learned from: each fold's come from the other folds."""
    fold_N = np.random.default_rng(seed).integers(NUM_FOLDS, size=len(rows))
    parts = [
        Effects.of(rows[fold_N != fold]).features(rows[fold_N == fold])
        for fold in range(NUM_FOLDS)
        if (fold_N == fold).any() and (fold_N != fold).any()
    ]
    return pd.concat(parts).loc[rows.index]


def item_rates(effects: Effects, rows: pd.DataFrame) -> np.ndarray:
    """(N, 3) smoothed share of each answer of a row's item."""
    count_N3 = effects.counts["item"].reindex(rows["item"].to_numpy()).fillna(0.0).to_numpy(np.float64)
    smooth = _SMOOTH["item"]
    return (count_N3 + smooth * effects.prior) / (count_N3.sum(1) + smooth)[:, None]


def expected_size(usual: tuple[Ridge, pd.Series], rows: pd.DataFrame) -> pd.Series:
    """The size that people of a body buy and find fitting: ridge regression on what they say of themselves."""
    model, middle = usual
    return pd.Series(model.predict(_body(rows, middle)), index=rows.index)


def _usual(rows: pd.DataFrame) -> tuple[Ridge, pd.Series]:
    middle = rows[_BODY].median().fillna(0.0)
    sized = rows[rows["size"].notna()]
    if not len(sized):
        sized = rows.head(1).assign(size=0.0)
    return Ridge(1.0).fit(_body(sized, middle), sized["size"]), middle


def _body(rows: pd.DataFrame, middle: pd.Series) -> np.ndarray:
    """(N, F) body measures, those not said at their middle, with a mark each for that."""
    body = rows[_BODY]
    return np.hstack([body.fillna(middle).to_numpy(np.float64), body.isna().to_numpy(np.float64)])
