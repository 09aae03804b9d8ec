from __future__ import annotations

from statistics import median

import numpy as np
import pytest

from fitroom.contracts import Calibration, Head
from fitroom.errors import BundleError
from fitroom.metrics.calibration import accepted, softmax
from fitroom.training.recognizer.calibrate import calibrate, calibration_bundles
from fitroom.training.recognizer.config import CalibrationConfig

CATEGORY = Head("category", classes=["dress", "hat", "shirt"])
MATERIAL = Head("material", classes=["cotton", "wool"])
DETAILS = Head("details", "multi", ["collar", "pocket", "zip"])


def answers(num: int = 4000, sharpness: float = 3.0) -> dict[str, np.ndarray]:
    """Logits ``sharpness`` times too far apart, on truths drawn from the honest ones; a tenth is not labelled."""
    rng = np.random.default_rng(0)
    honest_NC = rng.normal(0, 2, (num, 3))
    target_N = np.array([rng.choice(3, p=row) for row in softmax(honest_NC)])
    target_N[::10] = -1
    return {"category": sharpness * honest_NC, "target/category": target_N}


def test_temperature_and_threshold_are_fitted_on_the_labelled_photos():
    selection = answers()
    found = calibrate([CATEGORY], selection, CalibrationConfig(target_accuracy=0.9))["category"]
    assert found.temperature == pytest.approx(3.0, rel=0.1)
    assert found.source == "select part, N=3600, accepted accuracy at least 0.9"
    labelled = selection["target/category"] >= 0
    probabilities_NC = softmax(selection["category"][labelled], found.temperature)
    correct_N = probabilities_NC.argmax(1) == selection["target/category"][labelled]
    assert correct_N.mean() < 0.9, "otherwise there is nothing to refuse"
    passed = accepted(probabilities_NC.max(1), correct_N, found.threshold)
    assert passed.accuracy >= 0.9 and 0.3 < passed.coverage < 1


def test_only_single_label_heads_are_calibrated():
    selection = answers() | {"details": np.zeros((4000, 3)), "target/details": np.zeros((4000, 3))}
    assert list(calibrate([CATEGORY, DETAILS], selection, CalibrationConfig())) == ["category"]


def test_a_head_with_nothing_to_fit_on_says_so():
    unlabelled = {"material": np.zeros((4000, 2)), "target/material": np.full(4000, -1)}
    found = calibrate([CATEGORY, MATERIAL], answers() | unlabelled, CalibrationConfig())
    assert found["material"] == Calibration()
    assert calibrate([CATEGORY], {}, CalibrationConfig()) == {"category": Calibration()}
    assert Calibration().source == "not calibrated"


@pytest.fixture
def folders(make_bundle, tmp_path) -> list[str]:
    values = [(1.2, 0.5), (1.8, 0.4), (1.5, 0.9)]
    return [
        str(make_bundle(tmp_path / f"b{i}", name=f"seed{i}", calibration={"category": Calibration(*pair)}).path)
        for i, pair in enumerate(values)
    ]


def test_a_release_takes_the_median_of_other_bundles(folders):
    found = calibrate([CATEGORY], answers(), CalibrationConfig(from_bundles=folders))["category"]
    assert (found.temperature, found.threshold) == (median([1.2, 1.8, 1.5]), median([0.5, 0.4, 0.9]))
    assert found.source.startswith("median of seed0 (") and found.source.count(",") == 2


def test_bundles_that_are_not_calibrated_have_no_say(folders, make_bundle, tmp_path):
    raw = str(make_bundle(tmp_path / "raw", name="raw", calibration={"category": Calibration()}).path)
    found = calibrate([CATEGORY], answers(), CalibrationConfig(from_bundles=[*folders, raw]))["category"]
    assert found.threshold == 0.5 and "raw" not in found.source
    alone = calibrate([CATEGORY], answers(), CalibrationConfig(from_bundles=[raw]))["category"]
    assert alone == Calibration()


def test_bundles_of_other_classes_have_no_say(folders):
    other = Head("category", classes=["dress", "hat"])
    config = CalibrationConfig(from_bundles=folders)
    assert calibrate([other, MATERIAL], {}, config) == {"category": Calibration(), "material": Calibration()}


def test_a_bundle_that_is_not_there_is_an_error(folders, tmp_path):
    config = CalibrationConfig(from_bundles=[*folders, str(tmp_path / "none")])
    with pytest.raises(BundleError, match="none"):
        calibration_bundles(config)
