"""Our scores against torchmetrics and scikit-learn, on random input and on input built to be awkward."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy.stats import bootstrap
from sklearn import metrics as sk
from torchmetrics import functional as tm

from fitroom.metrics.bootstrap import cluster_bootstrap
from fitroom.metrics.calibration import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    softmax,
)
from fitroom.metrics.classification import (
    class_scores,
    confusion_matrix,
    macro_f1,
    mean_absolute_error,
    mean_average_precision,
    multilabel_macro_f1,
    r_squared,
    top1,
)


def cases() -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Answers, truths, number of classes: random, all right, all wrong, one class alone, classes that never occur."""
    rng = np.random.default_rng(0)
    for num_classes in (2, 3, 10):
        yield rng.integers(num_classes, size=200), rng.integers(num_classes, size=200), num_classes
    truth = rng.integers(4, size=50)
    yield truth, truth, 4
    yield (truth + 1) % 4, truth, 4
    yield np.zeros(20, dtype=int), np.zeros(20, dtype=int), 3
    yield rng.integers(2, size=30), rng.integers(1, 3, size=30), 6
    yield np.array([2]), np.array([0]), 3


CASES = list(cases())


@pytest.mark.parametrize(("answer", "truth", "num_classes"), CASES)
class TestClasses:
    def test_top1(self, answer: np.ndarray, truth: np.ndarray, num_classes: int) -> None:
        theirs = tm.accuracy(
            torch.tensor(answer), torch.tensor(truth), task="multiclass", num_classes=num_classes, average="micro"
        )
        assert top1(answer, truth) == pytest.approx(theirs.item(), abs=1e-6)
        assert top1(answer, truth) == pytest.approx(sk.accuracy_score(truth, answer))

    def test_macro_f1(self, answer: np.ndarray, truth: np.ndarray, num_classes: int) -> None:
        ours = macro_f1(answer, truth, num_classes)
        theirs = tm.f1_score(
            torch.tensor(answer), torch.tensor(truth), task="multiclass", num_classes=num_classes, average="macro"
        )
        assert ours == pytest.approx(sk.f1_score(truth, answer, average="macro", zero_division=0))
        assert ours == pytest.approx(theirs.item(), abs=1e-6)

    def test_confusion(self, answer: np.ndarray, truth: np.ndarray, num_classes: int) -> None:
        theirs = sk.confusion_matrix(truth, answer, labels=range(num_classes))
        assert np.array_equal(confusion_matrix(answer, truth, num_classes), theirs)

    def test_per_class(self, answer: np.ndarray, truth: np.ndarray, num_classes: int) -> None:
        scores = class_scores(confusion_matrix(answer, truth, num_classes))
        precision, recall, f1, support = sk.precision_recall_fscore_support(
            truth, answer, labels=range(num_classes), zero_division=np.nan
        )
        np.testing.assert_allclose(scores.precision, precision)
        np.testing.assert_allclose(scores.recall, recall)
        occurs = np.isfinite(scores.f1)
        np.testing.assert_allclose(scores.f1[occurs], np.nan_to_num(f1[occurs]))
        assert np.array_equal(scores.support, support)


@pytest.mark.parametrize("num_bins", [5, 15])
@pytest.mark.parametrize("sharpness", [0.5, 3.0, 20.0])
def test_calibration_error(sharpness: float, num_bins: int) -> None:
    rng = np.random.default_rng(1)
    probabilities = softmax(sharpness * rng.normal(size=(500, 6)))
    truth = rng.integers(6, size=500)
    theirs = tm.calibration_error(
        torch.tensor(probabilities), torch.tensor(truth), task="multiclass", num_classes=6, n_bins=num_bins, norm="l1"
    )
    correct = probabilities.argmax(axis=1) == truth
    ours = expected_calibration_error(probabilities.max(axis=1), correct, num_bins)
    assert ours == pytest.approx(theirs.item(), abs=1e-5)


def test_negative_log_likelihood() -> None:
    rng = np.random.default_rng(2)
    logits, truth = 3 * rng.normal(size=(300, 5)), rng.integers(5, size=300)
    ours = negative_log_likelihood(softmax(logits, 1.7), truth)
    assert ours == pytest.approx(sk.log_loss(truth, softmax(logits, 1.7), labels=range(5)))
    theirs = torch.nn.functional.cross_entropy(torch.tensor(logits) / 1.7, torch.tensor(truth))
    assert ours == pytest.approx(theirs.item())


def test_temperature_is_where_gradient_descent_ends() -> None:
    rng = np.random.default_rng(3)
    logits, truth = 4 * rng.normal(size=(400, 5)), rng.integers(5, size=400)
    logits[np.arange(400), truth] += 3
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(torch.tensor(logits) / log_temperature.exp(), torch.tensor(truth))
        loss.backward()
        return loss

    optimizer.step(closure)
    assert fit_temperature(logits, truth) == pytest.approx(log_temperature.exp().item(), rel=1e-4)


@pytest.mark.parametrize("density", [0.02, 0.4])
def test_multilabel(density: float) -> None:
    rng = np.random.default_rng(4)
    truth, scores = rng.random((120, 7)) < density, rng.random((120, 7))
    truth[:, 6] = False
    scores[:, 3] = scores[:, 3].round(1)  # ties
    answer = scores > 0.6
    f1 = sk.f1_score(truth, answer, average="macro", zero_division=0)
    assert multilabel_macro_f1(answer, truth) == pytest.approx(f1)
    present = truth.any(axis=0)
    theirs = tm.average_precision(
        torch.tensor(scores[:, present]), torch.tensor(truth[:, present]).long(), task="multilabel",
        num_labels=int(present.sum()), average="macro",
    )  # fmt: skip
    ours = mean_average_precision(scores, truth)
    assert ours == pytest.approx(theirs.item(), abs=1e-6)
    assert ours == pytest.approx(sk.average_precision_score(truth[:, present], scores[:, present]))


def test_regression() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(size=200)
    answer = truth + 0.4 * rng.normal(size=200)
    tensors = torch.tensor(answer), torch.tensor(truth)
    assert mean_absolute_error(answer, truth) == pytest.approx(sk.mean_absolute_error(truth, answer))
    assert mean_absolute_error(answer, truth) == pytest.approx(tm.mean_absolute_error(*tensors).item())
    assert r_squared(answer, truth) == pytest.approx(sk.r2_score(truth, answer))
    assert r_squared(answer, truth) == pytest.approx(tm.r2_score(*tensors).item())


def test_bootstrap_without_clusters_is_scipys() -> None:
    values = np.random.default_rng(6).gamma(2.0, size=150)
    ours = cluster_bootstrap(lambda rows: float(values[rows].mean()), np.arange(150), 6000)
    theirs = bootstrap((values,), np.mean, n_resamples=6000, method="percentile", rng=0).confidence_interval
    assert ours.low == pytest.approx(theirs.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.high, abs=0.02)
