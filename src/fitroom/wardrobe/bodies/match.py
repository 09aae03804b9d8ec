"""Finding anny's parameters for a body on which the tape reads given measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import lsq_linear

from fitroom.wardrobe.bodies.body import BodyShape, Sex
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.tape import measure

_TOLERANCE: Mapping[str, float] = {
    "height": 0.4, "chest": 0.5, "waist": 0.5, "hip": 0.5, "thigh": 2.0, "neck": 0.7, "upper_arm": 0.7, "inseam": 0.8,
    "back_length": 1.2, "shoulder_width": 0.8, "sleeve": 0.8, "mass": 6.0,
}  # fmt: skip
_ROUNDS = 6
_PRIOR = 0.35  # how strongly parameters are drawn to where they started, against one tolerance of misreading
_HEAVY_BMI = 27.0


@dataclass(frozen=True)
class _Knob:
    """A parameter that may be turned: how far it usually strays from its start, and its bounds."""

    name: str
    spread: float
    low: float = -1.0
    high: float = 1.0


_PHENOTYPE = (
    _Knob("height", 0.2, 0.0, 1.0), _Knob("weight", 0.4, 0.02, 1.0),
)  # fmt: skip
_LOCAL = (
    _Knob("measure-bust-circ-incr", 0.3, -0.8, 0.9),
    _Knob("measure-underbust-circ-incr", 0.3, -0.8, 0.8),
    _Knob("torso-scale-horiz-incr", 0.25, -0.6, 0.8),
    _Knob("torso-scale-depth-incr", 0.3, -0.7, 0.9),
    _Knob("measure-waist-circ-incr", 0.5),
    _Knob("stomach-pregnant-incr", 0.12, 0.0, 0.35),
    _Knob("measure-hips-circ-incr", 0.3, -0.8, 0.8),
    _Knob("hip-scale-horiz-incr", 0.3, -0.7, 0.8),
    _Knob("hip-scale-depth-incr", 0.3, -0.7, 0.8),
    _Knob("measure-thigh-circ-incr", 0.25, -0.5, 0.5),
    _Knob("measure-neck-circ-incr", 0.6),
    _Knob("measure-upperarm-circ-incr", 0.3, -0.7, 0.7),
    _Knob("measure-shoulder-dist-incr", 0.4),
    _Knob("measure-napetowaist-dist-incr", 0.3, -0.7, 0.7),
    _Knob("measure-upperleg-height-incr", 0.4),
    _Knob("measure-lowerleg-height-incr", 0.4),
    _Knob("measure-upperarm-length-incr", 0.5),
    _Knob("measure-lowerarm-length-incr", 0.5),
)
_KNOBS = (*_PHENOTYPE, *_LOCAL)
_LOW, _HIGH, _SPREAD = (np.array([getattr(knob, field) for knob in _KNOBS]) for field in ("low", "high", "spread"))


def matched(model: BodyModel, start: BodyShape, wanted: Mapping[str, float]) -> BodyShape:
    """``start`` with height, weight and sliders turned until the tape reads ``wanted``; about 0.2 s.

    Bounded Gauss-Newton steps on tape readings, each weighted by its tolerance, with a pull towards ``start`` that
    keeps extreme sliders for extreme people; the Jacobian starts from a mean body's and is corrected by Broyden's rule.

    Args:
        wanted: cm by name as in ``BodyMeasures.cm``, and "mass" in kg; at least "height", and "mass" or a girth.

    Returns:
        The shape of all rounds that read closest.
    """
    names = tuple(wanted)
    goal = np.array([wanted[name] for name in names])
    scale = 1 / np.array([_TOLERANCE[name] for name in names])
    jacobian = _jacobian(model, start.sex, names, _is_heavy(wanted)).copy()
    origin = knobs = np.clip(_read(start), _LOW, _HIGH)
    reading = _readings(model, start, knobs, names)
    best, best_cost = knobs, np.inf
    for _ in range(_ROUNDS):
        cost = float(np.sum((scale * (reading - goal)) ** 2))
        if cost < best_cost:
            best, best_cost = knobs, cost
        if np.abs(scale * (reading - goal)).max() < 1.0:
            break
        step = _step(jacobian * scale[:, None], scale * (goal - reading), knobs, origin)
        after = _readings(model, start, knobs + step, names)
        jacobian += np.outer(after - reading - jacobian @ step, step) / max(float(step @ step), 1e-9)
        knobs, reading = knobs + step, after
    return _with_knobs(start, best)


def _step(jacobian: np.ndarray, miss: np.ndarray, knobs: np.ndarray, origin: np.ndarray) -> np.ndarray:
    pull = _PRIOR / _SPREAD
    rows = np.vstack([jacobian, np.diag(pull)])
    sides = np.concatenate([miss, pull * (origin - knobs)])
    step: np.ndarray = lsq_linear(rows, sides, (_LOW - knobs - 1e-9, _HIGH - knobs + 1e-9), method="bvls").x
    return step


def _is_heavy(wanted: Mapping[str, float]) -> bool:
    if "mass" not in wanted or "height" not in wanted:
        return False
    return wanted["mass"] / (wanted["height"] / 100) ** 2 > _HEAVY_BMI


def _read(shape: BodyShape) -> np.ndarray:
    phenotype = [shape.phenotype.get(knob.name, 0.5) for knob in _PHENOTYPE]
    return np.array([*phenotype, *(shape.local.get(knob.name, 0.0) for knob in _LOCAL)])


def _with_knobs(shape: BodyShape, values: np.ndarray) -> BodyShape:
    turned = {knob.name: round(float(value), 4) for knob, value in zip(_KNOBS, values, strict=True)}
    phenotype = {**shape.phenotype, **{knob.name: turned[knob.name] for knob in _PHENOTYPE}}
    return BodyShape(shape.sex, phenotype, {**shape.local, **{knob.name: turned[knob.name] for knob in _LOCAL}})


def _readings(model: BodyModel, shape: BodyShape, knobs: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    measures = measure(model, _with_knobs(shape, knobs))
    return np.array([measures.mass_kg if name == "mass" else measures.cm[name] for name in names])


@lru_cache(maxsize=8)
def _jacobian(model: BodyModel, sex: Sex, names: tuple[str, ...], heavy: bool) -> np.ndarray:
    """(measures, knobs) change of every reading with every knob, of a mean body, by central differences."""
    build = {"weight": 0.8, "muscle": 0.15} if heavy else {"weight": 0.6, "muscle": 0.3}
    gender = 1.0 if sex == "female" else 0.0
    shape = BodyShape(sex, {"gender": gender, "age": 0.73, "height": 0.4, **build})
    middle = _read(shape)
    columns = []
    for knob in range(len(_KNOBS)):
        turn = np.zeros(len(_KNOBS))
        turn[knob] = 0.1
        ahead, behind = (_readings(model, shape, middle + sign * turn, names) for sign in (1, -1))
        columns.append((ahead - behind) / 0.2)
    return np.stack(columns, axis=1)
