"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fitroom.config import hash_settings, nearest, read_typed
from fitroom.errors import EvaluationError


@dataclass(frozen=True)
class OutfitsProtocol:
    """How the answers about outfits are scored."""

    name: str
    """What is measured."""
    version: int
    """Goes up with every change of a setting."""
    cases_digest: str = ""
    """SHA-256 of the frozen cases, see ``cases``; "" = anybody's outfits, with questions drawn by ``seed``."""
    num_candidates: int = 4
    """Of a blank: the piece that was taken, and others of its category. Chance is one in this many."""
    target_text: bool = False
    """Whether a model may read words about the piece that is asked for, besides its category."""
    held_out: str = "family"
    """What makes a case new: its style family dresses no outfit of the train part. Pieces are new in every case."""
    num_resamples: int = 1000
    """Draws of the bootstrap over outfits."""
    level: float = 0.95
    """Level of the scores' intervals."""
    seed: int = 0
    """Of the draws, and of questions that are not frozen."""

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


# SHA-256 of test.jsonl and questions.json of benchmarks/outfits.
_FROZEN = "686f83773750d9f69f27e943e48b8faba5b6ad5d786db36cc24d856a2e2a46b5"
PROTOCOLS: dict[str, Callable[[], OutfitsProtocol]] = {
    # benchmarks/outfits: outfits of the stylist, half of them by families that no training part knows.
    "outfits@1": lambda: OutfitsProtocol("outfits", 1, _FROZEN),
    # Anybody's outfits: a folder of plain files, or Polyvore Outfits with its own questions.
    "outfits-own@1": lambda: OutfitsProtocol("outfits-own", 1),
}


def get_protocol(id: str) -> OutfitsProtocol:
    """The protocol ``name@version``.

    Raises:
        EvaluationError: there is none of that name and version.
    """
    if id not in PROTOCOLS:
        raise EvaluationError(f"unknown protocol {id!r}", rule="name@version", fix=nearest(id, list(PROTOCOLS)))
    return PROTOCOLS[id]()


def protocol_from_settings(settings: dict[str, Any]) -> OutfitsProtocol:
    """The protocol that a record was made under, which need not be in the registry any more.

    Raises:
        EvaluationError: the settings are not those of a protocol.
    """
    return read_typed(OutfitsProtocol, settings, "protocol.settings", EvaluationError)
