"""The gates: faults of known size, planted in true pictures of the benchmark, are read as large as they are; each moves
the metrics that are for it, and leaves the others alone.

By a parser that is never wrong, so that nothing is tested but the metrics; then by the shipped one, where it is there.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from tests.unit.evaluation.tryon.gate_cases import Row, seen_hems, size_groups, truth_of, whole_tops
from tests.unit.evaluation.tryon.planted_faults import FAULTS, shifted_hem, whole_px_cm
from tests.unit.evaluation.tryon.planted_parser import PlantedParser

from fitroom.evaluation.tryon.catalogue import METRICS
from fitroom.evaluation.tryon.measuring.instruments import DEFAULT_PARSER, Instruments, open_instruments
from fitroom.evaluation.tryon.measuring.look import Truth
from fitroom.evaluation.tryon.measuring.measure import measure
from fitroom.metrics.effnet import EffNetLite0
from fitroom.metrics.external import ExternalWeights
from fitroom.metrics.fit.readings import difference_cm

CM = ("hem_error_cm", "sleeve_error_cm", "shoulder_error_cm", "neckline_error_cm", "chest_error_cm", "waist_error_cm",
      "hip_error_cm")  # fmt: skip
WANTED = (*CM, "garment_iou", "garment_boundary_f", "region_psnr", "region_ssim_color", "region_pd_effnetlite0",
          "psnr", "ssim_color", "face_psnr", "outside_psnr", "fit_accuracy", "length_accuracy")  # fmt: skip


def still(*but: str, cm: float = 0.1) -> dict[str, float]:
    """The most that the ends and widths may move, but for those named, and the face."""
    return {name: cm for name in CM if name.removesuffix("_error_cm") not in but} | {"face_psnr": 0.0}


# By fault: metrics that must move by at least so much, and metrics that may move by at most so much; medians over cases
# of the change against the true picture itself, in cm, dB or the metric's own unit.
MATRIX: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "wrong-size": ({"region_psnr": 60.0, "hem_error_cm": 0.4, "garment_iou": 0.01}, {"face_psnr": 55.0}),
    "hem-longer": ({"hem_error_cm": 4.5, "garment_iou": 0.03, "outside_psnr": 20.0}, still("hem")),
    "hem-shorter": ({"hem_error_cm": 4.5, "garment_iou": 0.03, "region_psnr": 60.0}, still("hem", "hip")),
    "sleeve-shorter": ({"sleeve_error_cm": 2.0, "garment_iou": 0.005}, still("sleeve")),
    "leaked-collar": ({"neckline_error_cm": 0.5, "region_psnr": 50.0}, still("neckline")),
    "changed-face": ({"face_psnr": 60.0, "psnr": 50.0}, dict.fromkeys((*CM, "garment_iou", "fit_accuracy"), 0.0)),
    "swapped-color": (
        {"region_psnr": 70.0, "region_pd_effnetlite0": 0.05, "psnr": 60.0},
        dict.fromkeys((*CM, "garment_iou", "fit_accuracy", "length_accuracy", "face_psnr"), 0.0),
    ),
    "wider-waist": ({"waist_error_cm": 1.0, "garment_iou": 0.01}, still("waist", "hip", "chest")),
}
Faulty = tuple[np.ndarray, np.ndarray]
_UNDISTURBED: dict[tuple[str, int], tuple[Truth, dict[str, float]]] = {}


@cache
def exact() -> Instruments:
    """A parser that is never wrong, and the proxy network."""
    return Instruments(parser=PlantedParser(), effnet=EffNetLite0(torch.device("cpu")))  # type: ignore[arg-type]


@cache
def shipped() -> Instruments:
    """The instruments of an evaluation, with the parser that ships."""
    found = open_instruments(["parser", "effnetlite0"], ExternalWeights(), None, torch.device("cpu"))
    if found.parser is None:
        pytest.skip(f"no parser at {DEFAULT_PARSER}")
    return found


def changes(fault: str, instruments: Instruments) -> dict[str, list[float]]:
    """By metric, how far the fault moved it in each case where it can be planted and read."""
    found: dict[str, list[float]] = {name: [] for name in WANTED}
    for row, faulty in planted(fault):
        truth, before = undisturbed(row, instruments)
        after = shown(truth, faulty, instruments)
        for name in WANTED:
            change = abs(after.get(name, np.nan) - before.get(name, np.nan))
            found[name] += [float(change)] if np.isfinite(change) else []
    return found


def undisturbed(row: Row, instruments: Instruments) -> tuple[Truth, dict[str, float]]:
    """A case's truth and what is measured on its true picture, once for all faults."""
    key = (row["case_id"], id(instruments))
    if key not in _UNDISTURBED:
        truth = truth_of(row, instruments)
        _UNDISTURBED[key] = truth, shown(truth, (row["worn"], row["worn_parse"]), instruments)
    return _UNDISTURBED[key]


def planted(fault: str) -> list[tuple[Row, Faulty]]:
    """Cases with a fault: true pictures, and what is shown in their place."""
    if fault == "wrong-size":
        pairs = [(group[i], group[i + 1]) for group in size_groups() for i in (0, len(group) // 2)]
        return [(row, (other["worn"], other["worn_parse"])) for row, other in pairs]
    found = []
    for row in whole_tops():
        try:
            found.append((row, FAULTS[fault](row)))
        except ValueError:  # this case has no room for it
            continue
    return found


def shown(truth: Truth, picture: Faulty, instruments: Instruments) -> dict[str, float]:
    """What is measured on a picture."""
    if isinstance(instruments.parser, PlantedParser):
        instruments.parser.plant(*picture)
    return measure(truth, picture[0], WANTED)


def check(fault: str, instruments: Instruments, share: float = 1.0, noise: dict[str, float] | None = None) -> None:
    """Fails where the matrix does not hold.

    Args:
        fault: of :data:`MATRIX`.
        instruments: that measure.
        share: of what must move.
        noise: by unit, what may move more.
    """
    moved = changes(fault, instruments)
    must, may = MATRIX[fault]
    said = {name: float(np.median(values)) for name, values in moved.items() if values}
    assert set(must) <= set(said), f"{fault}: nothing was read of {set(must) - set(said)}"
    too_little = {name: said[name] for name, least in must.items() if said[name] < share * least}
    allowed = {name: most + (noise or {}).get(METRICS[name].unit, 0.0) for name, most in may.items()}
    too_much = {name: said[name] for name, most in allowed.items() if name in said and said[name] > most + 1e-9}
    assert not too_little and not too_much, f"{fault} moved too little {too_little}, too much {too_much}; all: {said}"


@pytest.mark.parametrize("fault", MATRIX)
def test_a_fault_moves_what_is_for_it_and_nothing_else(fault: str) -> None:
    check(fault, exact())


def test_the_matrix_has_every_fault() -> None:
    assert set(MATRIX) == {*FAULTS, "wrong-size"}
    assert len(whole_tops()) >= 3 and all(len(planted(fault)) >= 2 for fault in MATRIX)


@pytest.mark.parametrize("down_cm", [2.0, -2.0])
def test_a_hem_moved_by_two_centimetres_reads_so(down_cm: float) -> None:
    """In every case with a hem round the trunk; ends of legs may lie in folds on the shoes, and are read elsewhere."""
    trunk = []
    for row in seen_hems():
        try:
            picture_u8, parse = shifted_hem(row, down_cm)
        except ValueError:
            continue
        if moved_evenly(row, parse, down_cm):
            truth = truth_of(row, exact())
            exact().parser.plant(picture_u8, parse)  # type: ignore[union-attr]
            error_cm = measure(truth, picture_u8, ["hem_error_cm"]).get("hem_error_cm", np.nan)
            if truth.kind not in ("trousers", "shorts"):
                trunk.append((abs(error_cm - abs(whole_px_cm(row, down_cm))), row["case_id"]))
    assert len(trunk) >= 4 and max(trunk)[0] < 0.3, sorted(trunk)[::-1]


def moved_evenly(row: Row, parse: np.ndarray, down_cm: float) -> bool:
    """Whether the garment of the planted parse ends so much lower in nearly every column between the hip joints."""
    hips = np.sort(row["keypoints"][[11, 12], 0]).astype(int)
    before, after = (
        np.isin(labels, truth_of(row, Instruments()).parts)[::-1, hips[0] : hips[1]].argmax(0)
        for labels in (row["worn_parse"], parse)
    )
    return bool(np.mean(before - after == round(down_cm * row["px_per_cm"])) > 0.9)


def test_a_garment_one_size_up_reads_the_simulation_s_step() -> None:
    away = []
    for group in size_groups():
        for smaller, larger in pairwise(group):
            before, after = (truth_of(row, exact()).readings["hem"] for row in (smaller, larger))
            true_cm = smaller["lengths_cm"]["hem"] - larger["lengths_cm"]["hem"]  # heights above the floor
            away.append(abs(difference_cm(after, before) - true_cm))
    known = np.array(away)[np.isfinite(away)]
    assert len(known) >= 8
    assert np.median(known) < 0.5, np.sort(known)


def test_the_truth_differs_from_itself_by_nothing() -> None:
    best = {"higher": lambda metric: metric.high, "lower": lambda _: 0.0, "one": lambda _: 1.0}
    names = [m.name for m in METRICS.values() if m.over == "mean" and m.group in ("fit", "garment region", "identity")]
    names = [name for name in names if not name.endswith("_pasted") and name != "ease_accuracy"]
    for row in (*whole_tops()[:2], *seen_hems()[:4]):
        picture = (row["worn"], row["worn_parse"])
        exact().parser.plant(*picture)  # type: ignore[union-attr]
        found = measure(truth_of(row, exact()), row["worn"], names)
        defined = {name: found[name] for name in names if np.isfinite(found.get(name, np.nan))}
        assert {"hem_error_cm", "garment_iou", "region_psnr"} <= set(defined)
        for name, value in defined.items():
            assert value == pytest.approx(best[METRICS[name].better](METRICS[name]), abs=1e-5), name


@pytest.mark.slow
@pytest.mark.parametrize("fault", MATRIX)
def test_the_shipped_parser_sees_the_faults_too(fault: str) -> None:
    check(fault, shipped(), share=0.6, noise={"cm": 1.0, "": 0.05, "dB": 1e-6})
