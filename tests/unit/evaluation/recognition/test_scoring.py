"""Scores of a table of answers: each against its definition, and null where there is none."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from fitroom.evaluation.recognition.protocol import RecognitionProtocol
from fitroom.evaluation.recognition.scoring import OVERALL, Question, Scores, extended_classes, score
from fitroom.metrics import calibration, classification

CLASSES = ["dress", "hat", "shoes", "t-shirt"]
PROTOCOL = RecognitionProtocol("test", 1, num_resamples=200)
MakeAnswers = Callable[..., pd.DataFrame]


def scored(answers: pd.DataFrame, questions: list[Question] | None = None, intervals: bool = True) -> Scores:
    classes = extended_classes(CLASSES, answers["truth"].to_list())
    return score(answers, classes, len(CLASSES), questions or [], PROTOCOL, intervals)


def test_overall_scores_are_those_of_the_metrics(answers_of: MakeAnswers) -> None:
    answers = answers_of()
    truth, predicted = (answers[c].map(CLASSES.index).to_numpy(dtype=int) for c in ("truth", "predicted"))
    confidence, kept = answers["confidence"].to_numpy(dtype=float), ~answers["unknown"].to_numpy(dtype=bool)
    probabilities = np.stack(answers["probabilities"].to_list())
    found = {name: value.value for name, value in scored(answers).overall.items()}
    assert found == pytest.approx(
        {
            "top1": classification.top1(predicted, truth),
            "macro_f1": classification.macro_f1(predicted, truth, 4),
            "ece": calibration.expected_calibration_error(confidence, predicted == truth, PROTOCOL.num_bins),
            "nll": calibration.negative_log_likelihood(probabilities, truth),
            "accepted_coverage": kept.mean(),
            "accepted_accuracy": (predicted == truth)[kept].mean(),
            "answered": 1.0,
        }
    )


def test_values_lie_in_their_intervals_and_samples_are_counted(answers_of: MakeAnswers) -> None:
    scores = scored(answers_of())
    for name in OVERALL:
        found = scores.overall[name]
        assert found.low < found.value < found.high, name
    assert scores.overall["top1"].num_samples == 80
    assert scores.overall["accepted_accuracy"].num_samples == round(80 * scores.overall["accepted_coverage"].value)


def test_intervals_resample_contributors_where_they_are_known(answers_of: MakeAnswers) -> None:
    known, unknown = scored(answers_of(groups=7)), scored(answers_of(groups=0))
    assert (known.clusters, known.num_clusters) == ("contributors", 7)
    assert (unknown.clusters, unknown.num_clusters) == ("photos", 80)
    assert known.overall["top1"].value == unknown.overall["top1"].value
    assert known.overall["top1"].low != unknown.overall["top1"].low


def test_a_photo_without_contributor_stands_alone(answers_of: MakeAnswers) -> None:
    answers = answers_of(groups=7)
    answers.loc[:4, "group"] = None
    groups = answers["group"].dropna().nunique()
    assert scored(answers).num_clusters == groups + 5


def test_a_missing_answer_nulls_every_aggregate(answers_of: MakeAnswers) -> None:
    scores = scored(answers_of(missing=3))
    for name in OVERALL:
        found = scores.overall[name]
        assert (found.value, found.low, found.num_samples, found.num_missing) == (None, None, 80, 3)
        assert found.reason == "3 of 80 photos have no answer"
    assert scores.overall["answered"].value == 77 / 80
    assert scores.confusion is None
    assert all(row.recall.value is None for row in scores.per_class)
    assert sum(row.support for row in scores.per_class) == 80


def test_no_answer_at_all(answers_of: MakeAnswers) -> None:
    assert scored(answers_of(missing=80)).overall["answered"].value == 0


def test_where_all_is_unknown_accepted_accuracy_is_missing(answers_of: MakeAnswers) -> None:
    overall = scored(answers_of(threshold=1.1)).overall
    assert overall["accepted_coverage"].value == 0
    assert overall["accepted_accuracy"].value is None
    assert overall["accepted_accuracy"].reason == "every answer is unknown"


def test_a_class_the_model_does_not_know_is_always_wrong(answers_of: MakeAnswers) -> None:
    answers = answers_of()
    answers.loc[:9, "truth"] = "socks"
    scores = scored(answers)
    socks = scores.per_class[-1]
    assert (socks.name, socks.support, socks.num_answered) == ("socks", 10, 0)
    assert socks.recall.value == 0 and socks.precision.value is None and socks.precision.reason == "never answered"
    assert np.array(scores.confusion).shape == (5, 5) and sum(scores.confusion[4]) == 10
    assert scores.overall["nll"].value > 10 / 80 * 15


def test_without_intervals_values_are_the_same(answers_of: MakeAnswers) -> None:
    plain, full = scored(answers_of(), intervals=False), scored(answers_of())
    assert plain.overall["top1"].low is None
    assert {n: s.value for n, s in plain.overall.items()} == {n: s.value for n, s in full.overall.items()}


class TestFurtherHeads:
    def test_single(self, answers_of: MakeAnswers) -> None:
        answers = answers_of(num=8)
        answers["material.truth"] = ["wool", "wool", "silk", None, "wool", "silk", None, "linen"]
        answers["material.predicted"] = ["wool", "silk", "silk", "wool", "wool", "silk", "silk", "wool"]
        answers["material.scores"] = [np.array([0.5, 0.5])] * 8
        head = scored(answers, [Question("material", "single", ["silk", "wool"])]).heads[0]
        assert (head.num_labelled, head.scores["top1"].value) == (6, pytest.approx(4 / 6))
        assert head.scores["macro_f1"].value == pytest.approx((4 / 5 + 2 / 3 + 0) / 3)

    def test_multi(self, answers_of: MakeAnswers) -> None:
        answers = answers_of(num=3)
        answers["details.truth"] = pd.Series([["zip"], ["zip", "belt"], None], dtype=object)
        answers["details.predicted"] = pd.Series([["zip", "hood"], ["zip"], []], dtype=object)
        answers["details.scores"] = [np.array([0.6, 0.9]), np.array([0.2, 0.8]), np.array([0.9, 0.1])]
        head = scored(answers, [Question("details", "multi", ["hood", "zip"])]).heads[0]
        assert head.num_labelled == 2
        assert head.scores["macro_f1"].value == pytest.approx((0 + 1 + 0) / 3)  # hood, zip, and belt that it lacks
        assert head.scores["map"].value == pytest.approx((1 + 1 / 2) / 2)

    def test_regression(self, answers_of: MakeAnswers) -> None:
        answers = answers_of(num=4)
        answers["drape.truth"], answers["drape.predicted"] = [0.1, 0.5, None, 0.9], [0.2, 0.5, 0.7, 0.8]
        head = scored(answers, [Question("drape", "regression")]).heads[0]
        assert head.scores["mae"].value == pytest.approx(0.2 / 3)
        assert head.scores["r2"].value == pytest.approx(1 - 0.02 / 0.32)

    def test_nothing_labelled(self, answers_of: MakeAnswers) -> None:
        answers = answers_of(num=4)
        answers["drape.truth"], answers["drape.predicted"] = None, 0.5
        found = scored(answers, [Question("drape", "regression")]).heads[0].scores["mae"]
        assert (found.value, found.reason, found.num_samples) == (None, "no photo is labelled for it", 0)

    def test_a_missing_answer(self, answers_of: MakeAnswers) -> None:
        answers = answers_of(num=4)
        answers["drape.truth"], answers["drape.predicted"] = 0.5, [0.5, None, 0.5, 0.5]
        found = scored(answers, [Question("drape", "regression")]).heads[0].scores["mae"]
        assert (found.value, found.num_missing, found.reason) == (None, 1, "1 of 4 photos have no answer")
