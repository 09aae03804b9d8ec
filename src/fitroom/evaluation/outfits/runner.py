"""``fitroom evaluate --protocol outfits@1``: outfit networks and controls on cases, each to a record.

cases -> scores of candidates and outfits -> rows -> scores -> results/...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from fitroom.data.outfits.parts import read_part
from fitroom.data.outfits.pieces import OutfitSet
from fitroom.data.outfits.questions import Blank, Judged
from fitroom.errors import EvaluationError
from fitroom.evaluation.flat import command
from fitroom.evaluation.flat.command import FlatConfig
from fitroom.evaluation.flat.records import FlatData
from fitroom.evaluation.outfits.cases import Cases, read_cases
from fitroom.evaluation.outfits.contestants import Contestant, ControlContestant, ModelContestant
from fitroom.evaluation.outfits.controls import controls_of
from fitroom.evaluation.outfits.protocol import get_protocol
from fitroom.evaluation.outfits.scoring import TASK
from fitroom.metrics.ranking import places


@dataclass(kw_only=True)
class EvaluateOutfitsConfig(FlatConfig):
    """Scores outfit networks on outfits they have not met and writes a record of each."""

    cases: str = "benchmarks/outfits"
    """Folder of the cases: frozen ones, a folder with test.jsonl, or Polyvore Outfits as published."""
    train: str = "data/outfits"
    """Folder whose train part the controls count in, and whose families are known."""


def main(argv: Sequence[str] | None = None) -> int:
    """``--config FILE --model PATH [any field of EvaluateOutfitsConfig]``; prints a line for each record."""
    return command.run(argv, EvaluateOutfitsConfig, evaluate, TASK)


def evaluate(config: EvaluateOutfitsConfig) -> list[Path]:
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
    cases, train = read_cases(Path(config.cases), protocol), read_part(Path(config.train), "train")
    if train is None:
        raise EvaluationError(
            "there is no train part", where=config.train, rule="outfits that the cases are new beside"
        )
    _check_apart(train, cases)
    entered: list[Contestant] = [ModelContestant(path, cases.outfits) for path in paths]
    if config.controls:
        digest = train.manifest("train").digest
        entered += [ControlContestant(name, one, digest, protocol.hash) for name, one in controls_of(train).items()]
    families = {outfit.family for outfit in train.outfits}

    def judged(one: Contestant) -> pd.DataFrame:
        return rows_of(one, cases, families)

    return command.recorded(entered, judged, _about(cases), config.results, TASK, protocol)


def _check_apart(train: OutfitSet, cases: Cases) -> None:
    shared = sorted({train.sha256(o) for o in train.outfits} & {cases.outfits.sha256(o) for o in cases.outfits.outfits})
    if shared:
        raise EvaluationError(
            f"{len(shared)} of the outfits that are asked about are in the train part", where=cases.outfits.root,
            rule="none", got=", ".join(one[:12] for one in shared[:5]),
        )  # fmt: skip


def rows_of(contestant: Contestant, cases: Cases, known_families: set[str | None]) -> pd.DataFrame:
    """Rows of one contestant, see ``scoring``."""
    families = cases.families()
    rows: list[dict[str, Any]] = []

    def add(question: str, outfit_id: str, **answer: Any) -> None:
        family = families.get(outfit_id, "")
        nothing = {"is_outfit": True, "score": 0.0, "num_better": 0, "num_tied": 0, "num_candidates": 0}
        is_new = bool(family) and family not in known_families
        rows.append({"question": question, "outfit": outfit_id, "family": family, "is_new": is_new} | nothing | answer)

    for question, blanks in (("blank", cases.blanks), ("search", cases.searches)):
        for blank in blanks:
            add(question, blank.outfit_id, **_placed(contestant, cases, blank))
    for judged in cases.judged:
        add("judged", judged.outfit_id, is_outfit=judged.is_outfit, score=_judged(contestant, cases, judged))
    return pd.DataFrame(rows).astype({"question": "category", "family": "category"})


def _placed(contestant: Contestant, cases: Cases, blank: Blank) -> dict[str, int]:
    pieces = cases.outfits.pieces
    rest, candidates = ([pieces[one] for one in ids] for ids in (blank.rest, blank.candidates))
    better, tied = places(contestant.rank(rest, candidates, blank.context))
    return {"num_better": better, "num_tied": tied, "num_candidates": len(candidates)}


def _judged(contestant: Contestant, cases: Cases, judged: Judged) -> float:
    return contestant.together([cases.outfits.pieces[one] for one in judged.piece_ids], judged.context)


def _about(cases: Cases) -> FlatData:
    count = len(cases.outfits.outfits)
    asked = {one.outfit_id for one in (*cases.blanks, *cases.searches)} | {one.outfit_id for one in cases.judged}
    named = f"{count} outfits of {len(cases.outfits.pieces)} pieces; {len(cases.blanks)} blanks, "
    named += f"{len(cases.searches)} searches, {len(cases.judged)} judged"
    return FlatData(named, cases.digest, count, len(asked), "outfits")
