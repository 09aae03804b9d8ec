"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from fitroom.evaluation.protocols import EvaluationProtocol, protocol_named, read_protocol


@dataclass(frozen=True)
class FitFeedbackProtocol(EvaluationProtocol):
    """How a file of feedback is divided, and how answers are scored."""

    split_by: Literal["user", "item", "row"] = "user"
    """What is never on both sides; "row" = purchases, as most published figures divide."""
    test_share: float = 0.2
    """Of users, items or rows, drawn by the hash of their name."""
    num_bins: int = 15
    """Bins of the expected calibration error."""
    num_resamples: int = 200
    """Draws of the bootstrap over users, or over items where those divide."""
    level: float = 0.95
    """Level of the intervals."""
    seed: int = 0
    """Of the draws, and of the models."""

    @property
    def clusters(self) -> Literal["user", "item"]:
        """What intervals draw anew."""
        return "item" if self.split_by == "item" else "user"

    def is_test(self, rows: pd.DataFrame) -> np.ndarray:
        """(N,) bool: the rows that are scored; a function of the name of what divides alone."""
        names = rows.index.astype(str) if self.split_by == "row" else rows[self.split_by]
        chance = {name: _chance(f"{self.split_by} {name}") for name in set(names)}
        return np.array([chance[name] < self.test_share for name in names])


def _chance(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64


PROTOCOLS: dict[str, Callable[[], FitFeedbackProtocol]] = {
    "fit-feedback-users@1": lambda: FitFeedbackProtocol("fit-feedback-users", 1, "user"),
    "fit-feedback-items@1": lambda: FitFeedbackProtocol("fit-feedback-items", 1, "item"),
    "fit-feedback-rows@1": lambda: FitFeedbackProtocol("fit-feedback-rows", 1, "row"),
}


get_protocol = partial(protocol_named, PROTOCOLS)
protocol_from_settings = partial(read_protocol, FitFeedbackProtocol)
