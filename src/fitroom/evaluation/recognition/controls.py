"""Controls: what can be had without training a network. A model's score means nothing without theirs beside it.

They are fitted on the fit part alone; the select part sets temperature and regularisation, as it does for a model; the
report part is only answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import timm
import torch
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fitroom.config import hash_settings
from fitroom.contracts import Preprocessing
from fitroom.images import normalize_u8, resize_u8
from fitroom.metrics.calibration import fit_temperature, softmax
from fitroom.metrics.classification import top1
from fitroom.models.weights import load_backbone


@dataclass(frozen=True)
class Labelled:
    """Photos of one part: features (N, F) float32, and (N,) str labels, or (N,) float64 numbers."""

    features_NF: np.ndarray
    labels_N: np.ndarray


@dataclass(frozen=True)
class Fitted:
    """A fitted control.

    Attributes:
        classes: in the order of the probabilities.
        chosen: what was fitted or chosen beyond the weights, for the record.
        num_parameters: numbers it is made of.
        probabilities: (N, F) features to (N, C).
    """

    classes: list[str]
    chosen: dict[str, Any]
    num_parameters: int
    probabilities: Callable[[np.ndarray], np.ndarray]


Numbers = Callable[[np.ndarray], np.ndarray]  # (N, F) features to (N,) numbers


class Control(Protocol):
    """A control before it is fitted: name, whole recipe, and the side of its square input (None = no pixels)."""

    name: str
    recipe: dict[str, Any]
    input_px: int | None

    def features(self, images_u8: list[np.ndarray]) -> np.ndarray:
        """B images, each (H, W, 3) uint8, to (B, F) float32."""
        ...

    def fit(self, fit: Labelled, select: Labelled) -> Fitted:
        """Fits on the one part, tunes on the other."""
        ...

    def fit_number(self, fit: Labelled, select: Labelled) -> Numbers | None:
        """The same for labels that are numbers; None where the recipe knows none."""
        ...


def control_revision(control: Control, data_digest: str, protocol_hash: str) -> str:
    """12 hex digits that stand for recipe, data and parts, all of which a fitted control follows from."""
    return hash_settings({"recipe": control.recipe, "data": data_digest, "protocol": protocol_hash})[:12]


class MostFrequentClass:
    """Answers the most frequent class of the fit part, with the classes' frequencies as probabilities."""

    def __init__(self) -> None:
        self.name = "control-most-frequent"
        self.recipe: dict[str, Any] = {"control": "most frequent class"}
        self.input_px: int | None = None

    def features(self, images_u8: list[np.ndarray]) -> np.ndarray:
        """Nothing: it does not look."""
        return np.zeros((len(images_u8), 1), dtype=np.float32)

    def fit(self, fit: Labelled, select: Labelled) -> Fitted:
        """Counts."""
        del select  # there is nothing to tune
        model = DummyClassifier(strategy="prior").fit(fit.features_NF, fit.labels_N)
        return Fitted(
            model.classes_.tolist(), {"answer": str(model.predict([[0]])[0])}, len(model.classes_), model.predict_proba
        )

    def fit_number(self, fit: Labelled, select: Labelled) -> Numbers | None:
        """Always the mean."""
        del select
        mean = float(fit.labels_N.mean())
        return lambda features_NF: np.full(len(features_NF), mean)


class NearestColorCentroid:
    """Answers the class whose mean colour histogram is nearest: how far colours alone, background included, go.

    Features: a histogram over hue, saturation and value; its square roots make Euclidean distance that of Hellinger.
    """

    def __init__(self, bins: tuple[int, int, int] = (12, 4, 4), side_px: int = 96) -> None:
        self.name = "control-color-centroid"
        self.bins = bins
        self.input_px: int | None = side_px
        self.spec = Preprocessing(side_px, side_px)
        self.recipe: dict[str, Any] = {
            "control": "nearest centroid of colour histograms", "space": "HSV", "bins": list(bins), "side_px": side_px,
        }  # fmt: skip

    def features(self, images_u8: list[np.ndarray]) -> np.ndarray:
        """(B, 12 * 4 * 4), each of unit length."""
        return np.stack([self._histogram(image_u8) for image_u8 in images_u8])

    def fit(self, fit: Labelled, select: Labelled) -> Fitted:
        """Means of the classes; the temperature of the softmax over negative squared distances is tuned."""
        classes = np.unique(fit.labels_N).tolist()
        centroids_CF = np.stack([fit.features_NF[fit.labels_N == name].mean(axis=0) for name in classes])

        def logits(features_NF: np.ndarray) -> np.ndarray:
            return -((features_NF[:, None] - centroids_CF[None]) ** 2).sum(axis=2)

        temperature = _temperature(logits(select.features_NF), select.labels_N, classes)
        return Fitted(
            classes, {"temperature": temperature}, centroids_CF.size, lambda x: softmax(logits(x), temperature)
        )

    def fit_number(self, fit: Labelled, select: Labelled) -> Numbers | None:
        """There are no classes to take a mean colour of."""
        del fit, select
        return None

    def _histogram(self, image_u8: np.ndarray) -> np.ndarray:
        small = resize_u8(image_u8, self.spec)
        pixels = np.asarray(Image.fromarray(small).convert("HSV")).reshape(-1, 3)
        counts, _ = np.histogramdd(pixels, bins=self.bins, range=[(0, 256)] * 3)
        return np.sqrt(counts.ravel() / len(pixels)).astype(np.float32)


class LinearProbe:
    """A frozen ImageNet backbone with logistic regression on top: what training the network itself has to beat."""

    def __init__(self, backbone: str, device: torch.device) -> None:
        self.name = f"control-linear-probe-{backbone}"
        self.network, weights = load_backbone(backbone)
        self.network.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.device = device
        config = timm.get_pretrained_cfg(backbone)
        assert config is not None
        self.input_px: int | None = config.input_size[-1]
        self.spec = Preprocessing(self.input_px, self.input_px, mean=list(config.mean), std=list(config.std))
        self.grid = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
        self.recipe: dict[str, Any] = {
            "control": "logistic regression on frozen features", "backbone": backbone, "input_px": self.input_px,
            "resize": self.spec.resize, "weights": weights.source, "weights_sha256": weights.sha256, "C": self.grid,
        }  # fmt: skip

    def features(self, images_u8: list[np.ndarray]) -> np.ndarray:
        """(B, F), the pooled features."""
        batch = torch.from_numpy(np.stack([resize_u8(image_u8, self.spec) for image_u8 in images_u8]))
        with torch.inference_mode():
            return self.network(normalize_u8(batch.to(self.device), self.spec)).float().cpu().numpy()

    def fit(self, fit: Labelled, select: Labelled) -> Fitted:
        """The C of best accuracy on the select part, the smaller one of two; then the temperature."""
        candidates = {c: self._regression(c).fit(fit.features_NF, fit.labels_N) for c in self.grid}
        best = max(self.grid, key=lambda c: top1(candidates[c].predict(select.features_NF), select.labels_N))
        model = candidates[best]
        classes = model.classes_.tolist()
        temperature = _temperature(_logits(model, select.features_NF), select.labels_N, classes)
        num_parameters = len(classes) * (fit.features_NF.shape[1] + 1) + sum(
            p.numel() for p in self.network.parameters()
        )
        return Fitted(
            classes,
            {"C": best, "temperature": temperature},
            num_parameters,
            lambda x: softmax(_logits(model, x), temperature),
        )

    def fit_number(self, fit: Labelled, select: Labelled) -> Numbers | None:
        """Ridge regression on the same features; its strength is chosen by the error on the select part."""
        candidates = [
            make_pipeline(StandardScaler(), Ridge(alpha)).fit(fit.features_NF, fit.labels_N)
            for alpha in (1e4, 1e3, 1e2, 1e1, 1.0)
        ]
        best = min(candidates, key=lambda model: np.abs(model.predict(select.features_NF) - select.labels_N).mean())
        numbers: Numbers = best.predict
        return numbers

    @staticmethod
    def _regression(c: float) -> Pipeline:
        return make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000))


def _logits(model: Pipeline, features_NF: np.ndarray) -> np.ndarray:
    """(N, C); of two classes scikit-learn gives one number."""
    decision = model.decision_function(features_NF)
    return np.stack([-decision / 2, decision / 2], axis=1) if decision.ndim == 1 else decision


def _temperature(logits_NC: np.ndarray, labels_N: Sequence[str] | np.ndarray, classes: Sequence[str]) -> float:
    """Fitted over the photos whose class the control knows; 1 where there are none."""
    known = np.isin(labels_N, classes)
    if not known.any():
        return 1.0
    place = {name: index for index, name in enumerate(classes)}
    return fit_temperature(logits_NC[known], np.array([place[label] for label in np.asarray(labels_N)[known]]))
