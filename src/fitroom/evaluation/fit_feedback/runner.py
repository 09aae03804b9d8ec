"""``fitroom evaluate --protocol fit-feedback-users@1 --file renttherunway_final_data.json``: learn on some users (or
items), foretell the others' feedback, each contestant to a record."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from fitroom.config import hash_settings, parse_config
from fitroom.data.sizing.fit_feedback import FITS, read_feedback
from fitroom.errors import EvaluationError
from fitroom.evaluation.entries import ModelEntry
from fitroom.evaluation.fit_feedback.contestants import Entrant, entrants
from fitroom.evaluation.fit_feedback.protocol import FitFeedbackProtocol, get_protocol
from fitroom.evaluation.fit_feedback.scoring import CHANCES, TASK
from fitroom.evaluation.flat.records import FlatData, read_record, record_scores
from fitroom.models.weights import file_sha256
from fitroom.progress import log

_PREFERS_RARE = 0.5  # power of an answer's share that its chance is divided by, before the likeliest is the answer


@dataclass
class EvaluateFeedbackConfig:
    """Learns and scores models of fit feedback and writes a record of each."""

    protocol: str
    """A recipe by name@version: fit-feedback-users@1, fit-feedback-items@1 or fit-feedback-rows@1."""
    file: str
    """RentTheRunway or ModCloth, JSON lines as published (or .gz)."""
    results: str = "results"
    """Folder the records go to."""


def main(argv: Sequence[str] | None = None) -> int:
    """``--protocol NAME --file FILE``; prints a line for each record."""
    paths = evaluate(parse_config(EvaluateFeedbackConfig, list(argv or []), prog="fitroom evaluate"))
    print("\n".join(_line(path) for path in paths))
    return 0


def evaluate(config: EvaluateFeedbackConfig) -> list[Path]:
    """Divides the file, lets everybody learn and foretell, and writes their records.

    Raises:
        EvaluationError: an unknown protocol, or a division that leaves one side empty.
        DataError: a file that cannot be used.
    """
    protocol = get_protocol(config.protocol)
    rows = read_feedback(Path(config.file))
    is_test_N = protocol.is_test(rows)
    if is_test_N.all() or not is_test_N.any():
        raise EvaluationError(
            f"one side of the division by {protocol.split_by} is empty", where=config.file,
            rule="enough users and items for both sides", got=f"{int(is_test_N.sum())} of {len(rows)} rows to score",
        )  # fmt: skip
    digest = file_sha256(Path(config.file))
    return [
        _record(entrant, rows[~is_test_N], rows[is_test_N], protocol, config, digest)
        for entrant in entrants(protocol.seed)
    ]


def _record(
    entrant: Entrant, train: pd.DataFrame, test: pd.DataFrame, protocol: FitFeedbackProtocol,
    config: EvaluateFeedbackConfig, digest: str,
) -> Path:  # fmt: skip
    start = time.time()
    chances, num_parameters = entrant.learn(train)
    rows = _rows(chances(test), train, test, protocol)
    wall_s = time.time() - start
    log.info("%s learned and answered in %.0f s", entrant.name, wall_s)
    revision = hash_settings({"recipe": entrant.recipe, "data": digest, "protocol": protocol.hash})[:12]
    # Learned inside the evaluation, by a recipe: no weights of it are kept, and so there is no bundle to name.
    entry = ModelEntry(
        entrant.name, revision, "control" if entrant.control else "recipe", True, None, protocol.seed, None, None,
        num_parameters, None, entrant.recipe | {"num_training_rows": len(train)},
    )  # fmt: skip
    data = FlatData(Path(config.file).name, digest, len(test), rows["cluster"].nunique(), f"{protocol.clusters}s")
    return record_scores(Path(config.results), TASK, entry, protocol, data, rows, start, wall_s)


def _rows(
    chances_N3: np.ndarray, train: pd.DataFrame, test: pd.DataFrame, protocol: FitFeedbackProtocol
) -> pd.DataFrame:
    shares = np.bincount(train["fit"], minlength=len(FITS)) / len(train)
    answers = (chances_N3 / np.maximum(shares, 1e-9) ** _PREFERS_RARE).argmax(1)
    rows = pd.DataFrame(chances_N3.round(5), columns=CHANCES).astype("float32")
    rows["cluster"] = pd.factorize(test[protocol.clusters])[0].astype("int32")
    rows["truth"] = test["fit"].to_numpy(np.int8)
    return rows.assign(answer=answers.astype("int8"))


def _line(path: Path) -> str:
    record = read_record(path, TASK)
    scores = record.scores
    shown = ", ".join(f"{column.title} {column.shown(scores[column.name].value)}" for column in TASK.columns)
    return f"{record.model.name}: {shown}\n  {path}"
