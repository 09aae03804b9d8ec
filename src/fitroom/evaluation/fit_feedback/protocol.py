"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from fitroom.config import hash_settings, nearest, read_typed
from fitroom.errors import EvaluationError


@dataclass(frozen=True)
class FitFeedbackProtocol:
    """How a file of feedback is divided, and how answers are scored."""

    name: str
    """What is measured."""
    version: int
    """Goes up with every change of a setting."""
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
    def id(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def settings(self) -> dict[str, Any]:
        """All fields as plain values."""
        return dataclasses.asdict(self)

    @property
    def hash(self) -> str:
        """SHA-256 (hex) over all settings, in an order that does not depend on the code."""
        return hash_settings(self.settings)

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


def get_protocol(id: str) -> FitFeedbackProtocol:
    """The protocol ``name@version``.

    Raises:
        EvaluationError: there is none of that name and version.
    """
    if id not in PROTOCOLS:
        raise EvaluationError(f"unknown protocol {id!r}", rule="name@version", fix=nearest(id, list(PROTOCOLS)))
    return PROTOCOLS[id]()


def protocol_from_settings(settings: dict[str, Any]) -> FitFeedbackProtocol:
    """The protocol that a record was made under.

    Raises:
        EvaluationError: the settings are not those of a protocol.
    """
    return read_typed(FitFeedbackProtocol, settings, "protocol.settings", EvaluationError)
