"""Temperature, threshold and calibration error on cases whose answer is known by hand or by construction."""

import numpy as np
import pytest

from fitroom.errors import EvaluationError
from fitroom.metrics.calibration import (
    accepted,
    expected_calibration_error,
    fit_temperature,
    fit_threshold,
    log_losses,
    negative_log_likelihood,
    softmax,
)


def overconfident(temperature: float, num: int = 4000, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose honest probabilities are their softmax at ``temperature``."""
    rng = np.random.default_rng(3)
    logits = 4 * rng.normal(size=(num, classes))
    targets = np.array([rng.choice(classes, p=p) for p in softmax(logits, temperature)])
    return logits, targets


def test_softmax_is_stable_and_adds_up() -> None:
    probabilities = softmax(np.array([[1000.0, 1000.0], [-1000.0, 0.0]]))
    assert np.allclose(probabilities, [[0.5, 0.5], [0.0, 1.0]])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_temperature_is_found_again(temperature: float) -> None:
    assert fit_temperature(*overconfident(temperature)) == pytest.approx(temperature, rel=0.08)


def test_temperature_never_makes_it_worse() -> None:
    logits, targets = overconfident(2.5)
    found = fit_temperature(logits, targets)
    near = [negative_log_likelihood(softmax(logits, found * factor), targets) for factor in (0.9, 1.0, 1.1)]
    assert near[1] == min(near)


def test_temperature_of_certain_right_answers_stays_finite() -> None:
    assert np.isfinite(fit_temperature(np.eye(3) * 20, np.arange(3)))


def test_temperature_refuses_a_diverged_run() -> None:
    with pytest.raises(EvaluationError, match="1 of 4 are NaN"):
        fit_temperature(np.array([[0.0, np.nan], [1.0, 0.0]]), np.array([0, 1]))


def test_temperature_refuses_nothing() -> None:
    with pytest.raises(EvaluationError, match="at least one"):
        fit_temperature(np.zeros((0, 2)), np.zeros(0, dtype=int))


def test_log_losses() -> None:
    losses = log_losses(np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]]), np.array([1, 1, -1]))
    assert losses[0] == pytest.approx(-np.log(0.75))
    assert losses[1] == losses[2] == pytest.approx(-np.log(np.finfo(np.float32).eps))


def test_threshold_is_the_smallest_that_reaches_the_target() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    correct = np.array([True, True, True, False, False])
    threshold = fit_threshold(confidence, correct, 0.75)
    assert threshold == pytest.approx(0.55)  # accepts four, of which three are right
    assert accepted(confidence, correct, threshold) == (0.8, 0.75, 4)


def test_threshold_ignores_a_lucky_start() -> None:
    """The most confident answer is wrong; a lower threshold reaches the target all the same."""
    confidence, correct = np.array([0.9, 0.8, 0.7, 0.1]), np.array([False, True, True, False])
    assert fit_threshold(confidence, correct, 0.6) == pytest.approx(0.4)


def test_threshold_does_not_cut_through_equals() -> None:
    confidence, correct = np.array([0.9, 0.5, 0.5]), np.array([True, True, False])
    assert fit_threshold(confidence, correct, 1.0) == pytest.approx(0.7)


@pytest.mark.parametrize(("correct", "expected"), [([True, True], 0.0), ([False, False], 1.0)])
def test_threshold_at_the_ends(correct: list[bool], expected: float) -> None:
    assert fit_threshold(np.array([0.6, 0.8]), np.array(correct), 0.9) == expected


def test_nothing_accepted_has_no_accuracy() -> None:
    coverage, accuracy, num = accepted(np.array([0.2, 0.3]), np.array([True, True]), 0.5)
    assert (coverage, num) == (0.0, 0) and np.isnan(accuracy)


def test_calibration_error_by_hand() -> None:
    """Two bins of four: confidences .9 and .9 with one right, .3 and .2 with none right."""
    error = expected_calibration_error(np.array([0.9, 0.9, 0.3, 0.2]), np.array([1, 0, 0, 0]), num_bins=4)
    assert error == pytest.approx((abs(1.8 - 1) + abs(0.3 + 0) + abs(0.2)) / 4)


def test_calibration_error_bins_are_closed_above() -> None:
    """0.5 lies in the bin (0, 0.5], together with 0.1: their errors cancel. In the bin above they would not."""
    error = expected_calibration_error(np.array([0.5, 0.1]), np.array([0, 1]), num_bins=2)
    assert error == pytest.approx(abs(0.6 - 1) / 2)


def test_calibration_error_of_an_honest_model_is_small() -> None:
    logits, targets = overconfident(1.0)
    probabilities = softmax(logits)
    correct = probabilities.argmax(axis=1) == targets
    assert expected_calibration_error(probabilities.max(axis=1), correct) < 0.03
    assert expected_calibration_error(np.ones(10), np.zeros(10)) == 1.0
