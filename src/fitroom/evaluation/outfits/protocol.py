"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fitroom.evaluation.protocols import EvaluationProtocol, protocol_named, read_protocol


@dataclass(frozen=True)
class OutfitsProtocol(EvaluationProtocol):
    """How the answers about outfits are scored."""

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


# SHA-256 of test.jsonl and questions.json of benchmarks/outfits.
_FROZEN = "686f83773750d9f69f27e943e48b8faba5b6ad5d786db36cc24d856a2e2a46b5"
PROTOCOLS: dict[str, Callable[[], OutfitsProtocol]] = {
    # benchmarks/outfits: outfits of the stylist, half of them by families that no training part knows.
    "outfits@1": lambda: OutfitsProtocol("outfits", 1, _FROZEN),
    # Anybody's outfits: a folder of plain files, or Polyvore Outfits with its own questions.
    "outfits-own@1": lambda: OutfitsProtocol("outfits-own", 1),
}


get_protocol = partial(protocol_named, PROTOCOLS)
protocol_from_settings = partial(read_protocol, OutfitsProtocol)
