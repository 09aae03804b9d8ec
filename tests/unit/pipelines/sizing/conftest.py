"""A body model of the made-up surveys: one Gaussian a sex, by moments, in a bundle; and drawn people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from fitroom.bundles.format import write_bundle
from fitroom.contracts import Part, Preprocessing
from fitroom.data.sizing.people import MEASURES
from fitroom.models.sizing.body_model import BodyModel
from fitroom.models.sizing.config import SizingConfig
from fitroom.models.weights import WeightsRecord
from fitroom.pipelines.parse import Parsed
from fitroom.pipelines.sizing.body import BodyPipeline

# Mean of women, and what a body's height and weight add, each by one standard deviation; cm, kg, years.
MEAN = (164, 70, 35, 95, 86, 102, 61, 34, 30, 78, 43, 37.5, 55, 140, 98, 82, 46)
TALL = (6.5, 6, 0, 1, 1, 1.5, 0.5, 0.5, 0.2, 4, 1.5, 1, 2.2, 6.2, 4.5, 4, 2.2)
HEAVY = (0, 11, 3, 8, 10, 7, 5, 1.6, 3, 0, 0.5, 0.2, 0.1, 0, 0, 0, 0)
OWN = (0.5, 1.5, 9, 2.5, 3, 2, 1.5, 1, 1, 1.8, 1.5, 1.2, 1.4, 0.8, 1.5, 1.8, 1)


@pytest.fixture(scope="session")
def body_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((2, 20_000, 1))
    people = np.array(MEAN) + factors[0] * TALL + factors[1] * HEAVY + rng.standard_normal((20_000, 17)) * OWN
    logs = np.log(np.maximum(people, 5.0))
    center, scale = logs.mean(0), logs.std(0)
    model = BodyModel(
        SizingConfig(list(MEASURES), 1, center.tolist(), scale.tolist(), {"height": [1.8, 1.8], "weight": [-0.3, 2.0]})
    )
    lower = np.linalg.cholesky(np.cov(((logs - center) / scale).T))
    factor = np.tril(lower, -1) + np.diag(np.log(np.diag(lower)))
    with torch.no_grad():
        model.means_SKD.zero_()
        model.means_SKD[1] += 0.5  # men are larger
        model.factors_SKDD.copy_(torch.from_numpy(factor).float().expand_as(model.factors_SKDD))
    folder = tmp_path_factory.mktemp("sizing") / "bundle"
    write_bundle(
        folder, kind="sizing", name="tiny-sizes", model=model, model_config=model.config,
        preprocessing=Preprocessing(), calibration={}, config_yaml="schema_version: 1\n", trained_on=["0" * 64],
        data_digest="0" * 64, seed=0, weights=WeightsRecord("none", None, None), license="Apache-2.0",
    )  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def pipeline(body_bundle: Path) -> BodyPipeline:
    return BodyPipeline.from_bundle(body_bundle)


@pytest.fixture
def tee(tmp_path: Path) -> Path:
    """A T-shirt's chart, five sizes 6 cm apart."""
    sizes = ("XS", "S", "M", "L", "XL")
    table = pd.DataFrame({"size": sizes, "chest": [88, 94, 100, 106, 112], "length": [60, 62, 64, 66, 68]})
    path = tmp_path / "tee.csv"
    table.to_csv(path, index=False)
    return path


Draw = Callable[..., Parsed]


@pytest.fixture(scope="session")
def draw() -> Draw:
    """Draws a parse of somebody who stands before a wall, 300 px tall in 360 x 240 unless told otherwise."""

    def drawn(
        *, waist_px: int = 50, top_px: int = 30, middle_px: int = 120, face_aside_px: int = 0, feet: bool = True,
        face: bool = True, tall_px: int = 300, size: tuple[int, int] = (360, 240), certainty: float = 1.0,
    ) -> Parsed:  # fmt: skip
        parse = np.zeros(size, np.uint8)

        def lay(part: Part, first: float, last: float, wide: float, aside: float = 0.0) -> None:
            rows = slice(round(top_px + first * tall_px), round(top_px + last * tall_px))
            left = round(middle_px + aside - wide / 2)
            parse[rows, max(left, 0) : left + round(wide)] = part

        lay(Part.HAIR, 0.0, 0.10 if face else 0.13, 36)
        if face:
            lay(Part.FACE, 0.03, 0.13, 28, face_aside_px)
        lay(Part.NECK_AND_TORSO_SKIN, 0.13, 0.17, 20)
        for aside, arm in ((-44, Part.RIGHT_ARM), (44, Part.LEFT_ARM)):
            lay(arm, 0.20, 0.52, 14, aside)
        lay(Part.TOP, 0.17, 0.30, 74)
        lay(Part.TOP, 0.30, 0.46, waist_px)
        lay(Part.TROUSERS, 0.46, 0.96, waist_px)
        if feet:
            lay(Part.LEFT_SHOE, 0.96, 1.0, 60)
        p_LHW = torch.full((len(Part), *size), (1 - certainty) / (len(Part) - 1))
        p_LHW.scatter_(0, torch.from_numpy(parse.astype(np.int64))[None], certainty)
        return Parsed(parse, p_LHW, tuple(Part))

    return drawn
