"""Calibration of a finished run: temperature and "unknown" threshold per single-label head, from the select part."""

from __future__ import annotations

from statistics import median

import numpy as np

from fitroom.bundles.format import Bundle, open_bundle, resolve_bundle
from fitroom.contracts import Calibration, Head
from fitroom.metrics.calibration import fit_temperature, fit_threshold, softmax
from fitroom.training.recognizer.config import CalibrationConfig


def calibrate(heads: list[Head], selection: dict[str, np.ndarray], config: CalibrationConfig) -> dict[str, Calibration]:
    """Fits or takes over the calibration of every single-label head.

    Args:
        heads: of the model.
        selection: raw outputs (N, C) by head and targets by "target/<head>", of the select part; empty where the run
            learned from it.
        config: target accuracy, or bundles to take the median from.

    Returns:
        by head; a head with nothing to fit on says so in ``source``.
    """
    if config.from_bundles:
        return _from_bundles(heads, calibration_bundles(config))
    found = {}
    for head in heads:
        if head.kind != "single":
            continue
        target_N = selection.get(f"target/{head.name}", np.empty(0, dtype=int))
        labelled = target_N >= 0
        if not labelled.any():
            found[head.name] = Calibration()
            continue
        logits_NC, target_N = selection[head.name][labelled], target_N[labelled]
        temperature = fit_temperature(logits_NC, target_N)
        probabilities_NC = softmax(logits_NC, temperature)
        correct_N = probabilities_NC.argmax(1) == target_N
        threshold = fit_threshold(probabilities_NC.max(1), correct_N, config.target_accuracy)
        source = f"select part, N={len(target_N)}, accepted accuracy at least {config.target_accuracy:g}"
        found[head.name] = Calibration(temperature, threshold, source)
    return found


def calibration_bundles(config: CalibrationConfig) -> list[Bundle]:
    """The bundles to take the calibration from.

    Raises:
        BundleError: one of them is not there, or is altered.
    """
    return [open_bundle(resolve_bundle(folder)) for folder in config.from_bundles]


def _from_bundles(heads: list[Head], bundles: list[Bundle]) -> dict[str, Calibration]:
    found = {}
    for head in heads:
        if head.kind != "single":
            continue
        asked = [bundle.spec for bundle in bundles if _answers(bundle, head)]
        if not asked:
            found[head.name] = Calibration()
            continue
        temperature = median(spec.calibration[head.name].temperature for spec in asked)
        threshold = median(spec.calibration[head.name].threshold for spec in asked)
        names = ", ".join(f"{spec.name} ({spec.revision})" for spec in asked)
        found[head.name] = Calibration(temperature, threshold, f"median of {names}")
    return found


def _answers(bundle: Bundle, head: Head) -> bool:
    """Whether the bundle is calibrated for the same question with the same answers."""
    same = any(own.name == head.name and own.classes == head.classes for own in bundle.spec.heads)
    return same and bundle.spec.calibration.get(head.name, Calibration()) != Calibration()
