"""``fitroom evaluate --protocol size-advice@1``: body models and controls on held-out people, each to a record.

surveys -> people of the test part -> what each effort lets a model hear -> rows -> scores -> results/...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.data.sizing.body_surveys import read_surveys
from fitroom.data.sizing.people import MEASURES, People
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import digest_samples
from fitroom.evaluation.flat import command
from fitroom.evaluation.flat.command import FlatConfig
from fitroom.evaluation.flat.records import FlatData
from fitroom.evaluation.size_advice.asking import hear
from fitroom.evaluation.size_advice.contestants import Contestant, ControlContestant, ModelContestant
from fitroom.evaluation.size_advice.protocol import SizeAdviceProtocol, get_protocol
from fitroom.evaluation.size_advice.scoring import TASK

_DIGITS = {"error_cm": 2, "share_below": 4}


@dataclass(kw_only=True)
class EvaluateSizesConfig(FlatConfig):
    """Scores body models on held-out people and writes a record of each.

    Controls: the population mean and linear regression.
    """

    folder: str
    """Folder of ANSUR II and NHANES as published; nothing of it is written anywhere but errors."""


def main(argv: Sequence[str] | None = None) -> int:
    """``--config FILE --model PATH [any field of EvaluateSizesConfig]``; prints a line for each record."""
    return command.run(argv, EvaluateSizesConfig, evaluate, TASK)


def evaluate(config: EvaluateSizesConfig) -> list[Path]:
    """Evaluates the models, and the controls beside them.

    Returns:
        Paths of the records, models first.

    Raises:
        EvaluationError: an unknown protocol, other people than the protocol's, nothing to evaluate, or a model that has
            seen the people.
        DataError, BundleError: what was given cannot be used.
    """
    protocol = get_protocol(config.protocol)
    paths = config.model_paths()
    everybody = read_surveys(Path(config.folder))
    people = everybody.of_part(protocol.part)
    _check_people(people, protocol, config.folder)
    entered: list[Contestant] = [ModelContestant(path, people) for path in paths]
    if config.controls:
        train = everybody.of_part("train")
        entered += [ControlContestant(train, uses_answers, protocol) for uses_answers in (True, False)]
    digest = digest_samples(people.table["sha256"])

    surveys = ", ".join(f"{count} of {name}" for name, count in people.table["survey"].value_counts().items())
    data = FlatData(surveys, digest, len(people), len(people), "people")

    def judged(one: Contestant) -> pd.DataFrame:
        return rows_of(one, people, protocol)

    return command.recorded(entered, judged, data, config.results, TASK, protocol)


def _check_people(people: People, protocol: SizeAdviceProtocol, folder: str) -> None:
    if not len(people):
        raise EvaluationError("nobody is in the test part", where=folder, rule="two hundred people or more a survey")
    digest = digest_samples(people.table["sha256"])
    if protocol.people_digest not in ("", digest):
        raise EvaluationError(
            "these are not the people that the protocol is frozen for", where=folder,
            rule=f"ANSUR II and NHANES as published, people digest {protocol.people_digest[:12]}", got=digest[:12],
            fix="take both surveys unaltered, or use size-advice-own@1 for your own tables",
        )  # fmt: skip


def rows_of(contestant: Contestant, people: People, protocol: SizeAdviceProtocol) -> pd.DataFrame:
    """Rows of one contestant, see ``scoring``; a measure that was told exactly is left out."""
    tables = []
    for name, effort in protocol.efforts.items():
        heard = hear(people, effort, protocol)
        for measure in protocol.measures:
            axis = MEASURES.index(measure)
            truth_N = people.values_ND[heard.rows, axis]
            if measure in effort.asks and not heard.is_noisy_D[axis]:
                continue
            told = contestant.foretell(heard, truth_N, effort, measure, protocol)
            there = np.isfinite(truth_N)
            table = people.table.iloc[heard.rows[there]]
            tables.append(
                pd.DataFrame(
                    {
                        "person": table["sha256"].str[:16].to_numpy(), "survey": table["survey"].to_numpy(),
                        "effort": name, "measure": measure,
                        "error_cm": (told.value_N - truth_N)[there], "share_below": told.share_below_N[there],
                    }
                )
            )  # fmt: skip
    rows = pd.concat(tables, ignore_index=True).round(_DIGITS)
    for column in ("survey", "effort", "measure"):
        rows[column] = rows[column].astype("category")
    return rows.astype({"error_cm": "float32", "share_below": "float32"})
