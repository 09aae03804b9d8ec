"""``fitroom evaluate --protocol body-photo@1``: readers and controls on pictures of unseen people, each to a record.

pictures -> figures -> readings -> belief of the body model -> rows -> scores -> results/...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.evaluation.body_photo.cases import BodyPhotoCases, read_cases
from fitroom.evaluation.body_photo.contestants import (
    AnswersAlone,
    Contestant,
    ControlContestant,
    Figures,
    ModelContestant,
)
from fitroom.evaluation.body_photo.controls import PopulationMean, WidthRegression
from fitroom.evaluation.body_photo.protocol import BodyPhotoProtocol, get_protocol
from fitroom.evaluation.body_photo.scoring import TASK
from fitroom.evaluation.flat import command
from fitroom.evaluation.flat.command import FlatConfig
from fitroom.evaluation.flat.records import FlatData
from fitroom.pipelines.parse import ParsePipeline
from fitroom.pipelines.sizing.body import BodyPipeline

_DIGITS = {"error_cm": 2, "share_below": 4}


@dataclass(kw_only=True)
class EvaluateBodyPhotoConfig(FlatConfig):
    """Scores readers of bodies in photos on people they have not met and writes a record of each.

    Controls: the body model alone, the population mean and a regression on widths.
    """

    wardrobe: str = "benchmarks/wardrobe"
    """Folder of the pictures."""
    bodies: str = "benchmarks/body-photo"
    """Folder of what is told of the bodies, and of what the controls learn from."""
    parser: str = "bundles/parser-wardrobe"
    """Tells the parts of a person, to readers and controls alike."""
    advisor: str = "bundles/size-advisor"
    """The body model beside which photos are read."""


def main(argv: Sequence[str] | None = None) -> int:
    """``--config FILE --model PATH [any field of the config]``; prints a line for each record."""
    return command.run(argv, EvaluateBodyPhotoConfig, evaluate, TASK)


def evaluate(config: EvaluateBodyPhotoConfig) -> list[Path]:
    """Evaluates the models, and the controls beside them.

    Returns:
        Paths of the records, models first.

    Raises:
        EvaluationError: an unknown protocol, other cases than the protocol's, nothing to evaluate, or a model that has
            seen the pictures.
        DataError, BundleError: what was given cannot be used.
    """
    protocol = get_protocol(config.protocol)
    paths = config.model_paths()
    cases = read_cases(Path(config.wardrobe), Path(config.bodies), protocol)
    parser, advisor = ParsePipeline.from_bundle(config.parser), BodyPipeline.from_bundle(config.advisor)
    seen = Figures(cases, parser)
    entered: list[Contestant] = [ModelContestant(path, seen, advisor) for path in paths]
    if config.controls:
        fitted = (WidthRegression(cases.learned), PopulationMean(cases.learned))
        entered += [AnswersAlone(advisor, cases)]
        entered += [ControlContestant(control, seen, protocol.hash) for control in fitted]

    def judged(one: Contestant) -> pd.DataFrame:
        return rows_of(one, cases, protocol)

    return command.recorded(entered, judged, _about(cases), config.results, TASK, protocol)


def rows_of(contestant: Contestant, cases: BodyPhotoCases, protocol: BodyPhotoProtocol) -> pd.DataFrame:
    """Rows of one contestant, see ``scoring``."""
    tables = []
    each = pd.DataFrame(
        {
            "picture": [picture.sha256[:16] for picture in cases.pictures], "body": cases.bodies_N,
            "readable": cases.is_readable_N, "refused": contestant.refused_N,
        }
    )  # fmt: skip
    for name, told in protocol.told.items():
        for measure in protocol.measures:
            foretold = contestant.foretell(told, measure)
            error_N = foretold.value_N - cases.truth(measure)
            table = each.assign(told=name, measure=measure, error_cm=error_N, share_below=foretold.share_below_N)
            once = name == protocol.main and measure == protocol.measures[0]
            table.loc[~table["readable"], ["error_cm", "share_below"]] = np.nan
            tables.append(table if once else table[table["readable"]])
    rows = pd.concat(tables, ignore_index=True).round(_DIGITS)
    rows[["told", "measure"]] = rows[["told", "measure"]].astype("category")
    return rows.astype({"error_cm": "float32", "share_below": "float32"})


def _about(cases: BodyPhotoCases) -> FlatData:
    readable = cases.is_readable_N
    bodies = len(np.unique(cases.bodies_N[readable]))
    named = f"{readable.sum()} pictures of {bodies} bodies to be read, {(~readable).sum()} to be refused"
    return FlatData(named, cases.digest, len(readable), bodies, "bodies")
