"""``fitroom evaluate --protocol search@1``: embedding networks and controls on worn pictures, each to a record.

worn pictures + catalogue -> similarities -> place of the product that is worn -> rows -> scores -> results/...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.evaluation.flat import command
from fitroom.evaluation.flat.command import FlatConfig
from fitroom.evaluation.flat.records import FlatData
from fitroom.evaluation.search.cases import SearchCases, read_cases
from fitroom.evaluation.search.contestants import CONTROLS, Contestant, ControlContestant, ModelContestant
from fitroom.evaluation.search.protocol import get_protocol
from fitroom.evaluation.search.scoring import TASK
from fitroom.metrics.ranking import places


@dataclass(kw_only=True)
class EvaluateSearchConfig(FlatConfig):
    """Scores embedding networks on worn pictures they have not met and writes a record of each."""

    wardrobe: str = "benchmarks/wardrobe"
    """Folder of the worn pictures."""
    catalogue: str = "benchmarks/search"
    """Folder of the products."""


def main(argv: Sequence[str] | None = None) -> int:
    """``--config FILE --model PATH [any field of EvaluateSearchConfig]``; prints a line for each record."""
    return command.run(argv, EvaluateSearchConfig, evaluate, TASK)


def evaluate(config: EvaluateSearchConfig) -> list[Path]:
    """Evaluates the models, and the controls beside them.

    Returns:
        Paths of the records, models first.

    Raises:
        EvaluationError: an unknown protocol, other cases than the protocol's, nothing to evaluate, or a model that has
            seen the cases.
        DataError, BundleError: what was given cannot be used.
    """
    protocol = get_protocol(config.protocol)
    paths = config.model_paths()
    cases = read_cases(Path(config.wardrobe), Path(config.catalogue), protocol)
    entered: list[Contestant] = [ModelContestant(path, cases) for path in paths]
    entered += [ControlContestant(name, protocol.hash) for name in CONTROLS] if config.controls else []

    def judged(one: Contestant) -> pd.DataFrame:
        return rows_of(one.similarity(cases), cases)

    return command.recorded(entered, judged, _about(cases), config.results, TASK, protocol)


def rows_of(similarity_QM: np.ndarray, cases: SearchCases) -> pd.DataFrame:
    """Rows of one contestant, see ``scoring``."""
    names = list(cases.products)
    rows = []
    for case, similarity_M in zip(cases.worn, similarity_QM, strict=True):
        better, tied = places(similarity_M, names.index(case.garment_id))
        rows.append((case.case_id, case.garment_id, case.region, better, tied, len(names)))
    columns = ["case", "garment", "region", "num_better", "num_tied", "num_candidates"]
    return pd.DataFrame(rows, columns=columns).astype({"region": "category"})


def _about(cases: SearchCases) -> FlatData:
    count, garments = len(cases.worn), len({case.garment_id for case in cases.worn})
    named = f"{count} worn pictures of {garments} garments, among {len(cases.products)} products"
    return FlatData(named, cases.digest, count, garments, "garments")
