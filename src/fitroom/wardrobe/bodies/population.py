"""Adults of all shapes: measures drawn as a real survey found them, then a body on which the tape reads them."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from fitroom.wardrobe.bodies.body import BodyShape, Sex
from fitroom.wardrobe.bodies.match import matched
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.bodies.sliders import FACE_SLIDERS
from fitroom.wardrobe.bodies.surveys import SURVEYS

Population = Literal["ansur", "nhanes"]

_BODY_SEED = 7301
_YOUNG_YEARS, _OLD_YEARS = 25.0, 90.0  # anny's ages 2/3 and 1
_FREE_SLIDERS = {
    "measure-calf-circ-incr": 0.25,
    "buttocks-volume-incr": 0.25,
    "breast-trans-up": 0.2,
    "breast-dist-incr": 0.15,
    "torso-vshape-incr": 0.15,
}


@lru_cache(maxsize=256)
def body_shape(index: int, population: Population = "ansur") -> BodyShape:
    """Body number ``index``: half women, half men, 18 to 70 years old, as the US Army's ANSUR II survey found them.

    Eleven measures per sex are drawn from the survey's own quantiles and correlations (a Gaussian copula), and anny's
    parameters solved so that ``tape.measure`` reads them. ``population="nhanes"`` takes US civilians (five measures:
    heavier, no chest). Age, ancestry, face and breasts vary independently. About 0.2 s; the last 256 are
    remembered.
    """
    rng = np.random.default_rng([index, _BODY_SEED])
    sex, wanted = _draw(rng, population)
    return matched(body_model(), _start(rng, sex, wanted), wanted)


def wanted_measures(index: int, population: Population = "ansur") -> tuple[Sex, dict[str, float]]:
    """The measures drawn for body number ``index``, before a body was made: sex, and cm (mass in kg) by name."""
    return _draw(np.random.default_rng([index, _BODY_SEED]), population)


def _draw(rng: np.random.Generator, population: Population) -> tuple[Sex, dict[str, float]]:
    sex: Sex = "female" if rng.random() < 0.5 else "male"
    return sex, SURVEYS[population][sex].draw(rng)


def _start(rng: np.random.Generator, sex: Sex, wanted: dict[str, float]) -> BodyShape:
    bmi = wanted["mass"] / (wanted["height"] / 100) ** 2
    most = 0.28 if sex == "female" else 0.4  # anny reaches a high weight only with little muscle
    years = rng.uniform(18.0, 70.0)
    african, asian, caucasian = rng.dirichlet((0.5, 0.5, 0.5))
    phenotype = {
        "gender": rng.uniform(0.9, 1.0) if sex == "female" else rng.uniform(0.0, 0.1),
        "age": 2 / 3 + (years - _YOUNG_YEARS) / (_OLD_YEARS - _YOUNG_YEARS) / 3,
        "muscle": float(np.clip(most - 0.025 * (bmi - 22.0) + rng.normal(0.0, 0.05), 0.08, 0.5)),
        "weight": float(np.clip(0.55 + 0.035 * (bmi - 22.0), 0.2, 0.95)),
        "height": 0.35,
        "proportions": rng.uniform(0.3, 0.75),
        "cupsize": rng.uniform(0.25, 0.7),
        "firmness": rng.uniform(0.3, 0.8),
        "african": african,
        "asian": asian,
        "caucasian": caucasian,
    }
    local = {name: float(np.clip(rng.normal(0.0, spread), -0.5, 0.5)) for name, spread in _FREE_SLIDERS.items()}
    rounded = {name: round(float(value), 4) for name, value in phenotype.items()}
    return BodyShape(sex, rounded, {**{k: round(v, 4) for k, v in local.items()}, **_face(rng)})


def _face(rng: np.random.Generator) -> dict[str, float]:
    """A face of its own, nearly symmetric."""
    face: dict[str, float] = {}
    for name in FACE_SLIDERS:
        twin = face.get("l-" + name[2:]) if name.startswith("r-") else None
        value = rng.normal(0.0, 0.28) if twin is None else twin + rng.normal(0.0, 0.03)
        face[name] = round(float(np.clip(value, -0.6, 0.6)), 4)
    return face
