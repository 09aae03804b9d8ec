"""Controls: they answer what their recipe says, from the fit part alone."""

import numpy as np
import pytest
import torch
from PIL import Image

from fitroom.evaluation.recognition import controls
from fitroom.evaluation.recognition.controls import (
    Fitted,
    Labelled,
    LinearProbe,
    MostFrequentClass,
    NearestColorCentroid,
    control_revision,
)
from fitroom.models import weights

RNG = np.random.default_rng(0)


def photos_of(hue: int, num: int) -> list[np.ndarray]:
    """Photos that are mostly of one hue (0 to 255), of any size."""
    found = []
    for _ in range(num):
        shape = tuple(RNG.integers(24, 60, size=2))
        hsv = np.stack([np.full(shape, hue), RNG.integers(150, 256, shape), RNG.integers(100, 256, shape)], axis=2)
        found.append(np.asarray(Image.fromarray(hsv.astype(np.uint8), "HSV").convert("RGB")))
    return found


def colorful(num: int) -> tuple[list[np.ndarray], np.ndarray]:
    images = photos_of(5, num) + photos_of(90, num) + photos_of(170, num)
    return images, np.repeat(["red", "green", "blue"], num)


def labelled(num: int, features: int = 4, classes: int = 3) -> Labelled:
    labels = np.arange(num) % classes
    values = RNG.normal(size=(num, features)).astype(np.float32)
    values[:, :classes] += 3 * np.eye(classes, dtype=np.float32)[labels]
    return Labelled(values, np.array(["a", "b", "c"])[labels])


def check_probabilities(fitted: Fitted, features_NF: np.ndarray) -> np.ndarray:
    probabilities = fitted.probabilities(features_NF)
    assert probabilities.shape == (len(features_NF), len(fitted.classes))
    assert probabilities.min() >= 0 and np.allclose(probabilities.sum(axis=1), 1)
    return np.array(fitted.classes)[probabilities.argmax(axis=1)]


def test_the_most_frequent_class_of_the_fit_part() -> None:
    control = MostFrequentClass()
    features = control.features(photos_of(5, 6))
    fit = Labelled(features, np.array(["hat", "dress", "hat", "hat", "shoes", "dress"]))
    select = Labelled(features, np.array(["shoes"] * 6))
    fitted = control.fit(fit, select)
    assert set(check_probabilities(fitted, features)) == {"hat"}
    assert fitted.probabilities(features)[0] == pytest.approx([2 / 6, 3 / 6, 1 / 6])
    assert fitted.classes == ["dress", "hat", "shoes"]


def test_colour_centroids_tell_colours_apart() -> None:
    control = NearestColorCentroid()
    (seen, labels), (unseen, truth) = colorful(6), colorful(4)
    fit = Labelled(control.features(seen), labels)
    fitted = control.fit(fit, Labelled(control.features(unseen), truth))
    assert (check_probabilities(fitted, control.features(unseen)) == truth).all()
    assert fitted.num_parameters == 3 * 12 * 4 * 4


def test_histograms_have_unit_length_and_forget_position() -> None:
    control = NearestColorCentroid()
    (image,) = photos_of(90, 1)
    square = np.ascontiguousarray(np.tile(image[:24, :24], (4, 4, 1)))
    first, flipped = control.features([square, square[::-1]])
    assert np.linalg.norm(first) == pytest.approx(1)
    assert first == pytest.approx(flipped)


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> LinearProbe:
    """A probe on a tiny random backbone, where the real one would read its package."""
    torch.manual_seed(0)
    monkeypatch.setattr(controls, "load_backbone", lambda name: weights.load_backbone(name, "none"))
    return LinearProbe("test_efficientnet", torch.device("cpu"))


def test_probe_features_are_of_the_frozen_backbone(probe: LinearProbe) -> None:
    images = photos_of(5, 2) + photos_of(90, 1)
    together, alone = probe.features(images), probe.features(images[1:2])
    assert together.shape == (3, probe.network.num_features)
    assert together[1] == pytest.approx(alone[0], abs=1e-4)
    assert not probe.network.training


def test_probe_learns_and_counts_its_parameters(probe: LinearProbe) -> None:
    fit, select, unseen = labelled(90), labelled(45), labelled(60)
    fitted = probe.fit(fit, select)
    assert (check_probabilities(fitted, unseen.features_NF) == unseen.labels_N).mean() > 0.9
    backbone = sum(p.numel() for p in probe.network.parameters())
    assert fitted.num_parameters == backbone + 3 * (4 + 1)
    assert fitted.chosen["C"] in probe.grid


def test_probe_chooses_c_on_the_select_part(probe: LinearProbe) -> None:
    """Noise labels: with select = fit the loosest wins, as it learns them by heart; on new noise it does not."""
    noise = Labelled(RNG.normal(size=(60, 80)).astype(np.float32), RNG.choice(["a", "b"], size=60))
    assert probe.fit(noise, noise).chosen["C"] >= 1e-2
    first = probe.fit(noise, noise).probabilities(noise.features_NF)
    assert first.shape == (60, 2) and np.allclose(first.sum(axis=1), 1)


def test_fitting_does_not_move_with_the_report_part(probe: LinearProbe) -> None:
    fit, select = labelled(60), labelled(30)
    first, again = probe.fit(fit, select), probe.fit(fit, select)
    unseen = labelled(20).features_NF
    assert np.array_equal(first.probabilities(unseen), again.probabilities(unseen))


def test_select_labels_unknown_to_the_fit_part_are_passed_over() -> None:
    control = NearestColorCentroid()
    fit = labelled(30)
    strange = Labelled(fit.features_NF, np.array(["socks"] * 30))
    assert control.fit(fit, strange).chosen["temperature"] == 1.0


def test_a_revision_stands_for_recipe_data_and_parts() -> None:
    first = control_revision(NearestColorCentroid(), "d", "p")
    assert len(first) == 12 and first == control_revision(NearestColorCentroid(), "d", "p")
    others = [
        control_revision(NearestColorCentroid(bins=(8, 4, 4)), "d", "p"),
        control_revision(NearestColorCentroid(), "e", "p"),
        control_revision(NearestColorCentroid(), "d", "q"),
        control_revision(MostFrequentClass(), "d", "p"),
    ]
    assert len({first, *others}) == 5
