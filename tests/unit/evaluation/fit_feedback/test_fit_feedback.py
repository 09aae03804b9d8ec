"""Feedback of a made-up shop whose items run small or large: effects are found, and strangers are answered."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from fitroom.data.sizing.fit_feedback import FITS, read_feedback
from fitroom.errors import DataError, EvaluationError
from fitroom.evaluation.fit_feedback import runner
from fitroom.evaluation.fit_feedback.protocol import PROTOCOLS, get_protocol
from fitroom.evaluation.fit_feedback.scoring import auc
from fitroom.evaluation.flat.checks import check_record
from fitroom.models.sizing.fit_model import FitModel


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3,000 rentals by 900 users of 60 items: an item's own offset, a body's need, and taste decide the answer."""
    rng = np.random.default_rng(0)
    need, runs_small = rng.normal(12, 4, 900), rng.normal(0, 2.0, 60)
    lines = []
    for _ in range(3000):
        user, item = int(rng.integers(900)), int(rng.integers(60))
        size = int(np.clip(np.round((need[user] + rng.normal(0, 2)) / 2) * 2, 0, 28))
        room = size - need[user] - runs_small[item] + rng.normal(0, 1.5)
        fit = "small" if room < -3 else "large" if room > 3 else "fit"
        inches = int(np.clip(65 + rng.normal(0, 2.5), 56, 76))
        pounds, feet = round(95 + 4 * need[user] + rng.normal(0, 4)), f"{inches // 12}' {inches % 12}\""
        lines.append(
            {"fit": fit, "user_id": str(user), "item_id": str(item), "size": size, "category": "dress",
             "weight": f"{pounds}lbs", "height": feet,
             "bust size": "34c", "age": "30", "rating": "10", "review_text": fit, "rented for": "party",
             "body type": "pear"}
        )  # fmt: skip
    path = tmp_path_factory.mktemp("shop") / "rented.json"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


@pytest.mark.parametrize("by", ["users", "items", "rows"])
def test_the_model_beats_its_controls(shop: Path, tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = dataclasses.replace(get_protocol(f"fit-feedback-{by}@1"), num_resamples=20)
    monkeypatch.setitem(PROTOCOLS, few.id, lambda: few)
    paths = runner.evaluate(runner.EvaluateFeedbackConfig(f"fit-feedback-{by}@1", str(shop), str(tmp_path)))
    records = [check_record(path, "fit-feedback") for path in paths]
    value = {record.model.name: record.scores["macro_auc"].value or 0.0 for record in records}
    assert value["control-shares"] == 0.5
    assert value["fit-effects"] > value["control-item-fit-rate"]
    if by == "items":  # no item was met before: what is left are sizes, in which this shop is linear
        assert value["control-item-fit-rate"] == 0.5
    else:
        assert value["fit-effects"] > value["control-logistic-regression"]
    assert (records[0].scores["ece"].value or 1.0) < 0.12


def test_nobody_is_on_both_sides(shop: Path) -> None:
    rows = read_feedback(shop)
    for by in ("user", "item"):
        is_test = get_protocol(f"fit-feedback-{by}s@1").is_test(rows)
        assert not set(rows[by][is_test]) & set(rows[by][~is_test]) and 0.05 < is_test.mean() < 0.4


def test_auc_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    value, truth = rng.integers(6, size=200).astype(float), rng.random(200) < 0.3
    assert auc(value, truth) == pytest.approx(roc_auc_score(truth, value))
    assert np.isnan(auc(value, np.zeros(200, bool)))


def test_too_little_feedback(shop: Path, tmp_path: Path) -> None:
    rows = read_feedback(shop)
    with pytest.raises(DataError, match="too little feedback"):
        FitModel().fit(rows.head(50))
    with pytest.raises(DataError, match="too little feedback"):
        FitModel().fit(rows[rows["fit"] != FITS.index("small")])
    one = tmp_path / "one.json"
    one.write_text(shop.read_text().splitlines()[0])
    with pytest.raises(EvaluationError, match="one side of the division by user is empty"):
        runner.evaluate(runner.EvaluateFeedbackConfig("fit-feedback-users@1", str(one), str(tmp_path)))
