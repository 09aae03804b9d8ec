"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit.

Two records belong to one table only where protocol hash and data digest are equal.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from fitroom.contracts import HeadKind
from fitroom.data.splits import PartsConfig
from fitroom.evaluation.protocols import EvaluationProtocol, protocol_named, read_protocol

OPTIONAL = ("further", "classes", "synonyms")


@dataclass(frozen=True)
class RecognitionProtocol(EvaluationProtocol):
    """How the answers of a recogniser are scored."""

    part: Literal["fit", "select", "report"] = "report"
    """The part whose photos are scored. Controls are fitted on "fit", tuned on "select"."""
    parts: PartsConfig = field(default_factory=PartsConfig)
    """How photos fall into parts."""
    label: str = "category"
    """The question that is scored; a single-label head of that name must be a model's first."""
    num_bins: int = 15
    """Bins of the expected calibration error."""
    num_resamples: int = 2000
    """Draws of the bootstrap."""
    level: float = 0.95
    """Level of the intervals."""
    seed: int = 0
    """Seed of the bootstrap's draws."""
    further: dict[str, HeadKind] = field(default_factory=dict)
    """Further questions that the controls answer too, by kind; a model answers those it has heads for."""
    classes: list[str] = field(default_factory=list)
    """Only photos of these classes are learned from and scored; empty = all. Parts are dealt before."""
    synonyms: dict[str, str] = field(default_factory=dict)
    """A model's class to the class it counts as; probabilities of classes that count as one are added."""

    @property
    def settings(self) -> dict[str, Any]:
        """All fields as plain values; those of :data:`OPTIONAL` only where they say something, as in older records."""
        settings = dataclasses.asdict(self)
        return {name: value for name, value in settings.items() if value or name not in OPTIONAL}


PROTOCOLS: dict[str, Callable[[], RecognitionProtocol]] = {
    # Photos of held-out contributors: what a model says of people's photos it has never met.
    "clothing-recognition@1": lambda: RecognitionProtocol("clothing-recognition", 1),
    # For photo folders without contributors.
    "photo-recognition@1": lambda: RecognitionProtocol("photo-recognition", 1, parts=PartsConfig(by="sample")),
    # For sets that bring their own split.
    "split-recognition@1": lambda: RecognitionProtocol("split-recognition", 1, parts=PartsConfig(by="split")),
    # Simulated garments of which neither design, fabric, print nor light was learned from.
    "wardrobe-recognition@1": lambda: RecognitionProtocol(
        "wardrobe-recognition",
        1,
        parts=PartsConfig(by="split"),
        further={
            **dict.fromkeys(("cut", "material", "sleeve", "neckline", "length", "pattern", "color", "style"), "single"),
            "season": "multi",
            "drape": "regression",
        },
    ),
    # The photos of clothing-recognition@1 whose class a simulated garment can have: all but hats and shoes.
    "clothing-transfer@1": lambda: RecognitionProtocol(
        "clothing-transfer",
        1,
        classes=["dress", "longsleeve", "outwear", "pants", "shirt", "shorts", "skirt", "t-shirt"],
        synonyms={
            "polo": "t-shirt",
            "tank": "t-shirt",
            "sweater": "longsleeve",
            "hoodie": "longsleeve",
            "blouse": "shirt",
            "jacket": "outwear",
            "coat": "outwear",
            "trousers": "pants",
        },
    ),
}


get_protocol = partial(protocol_named, PROTOCOLS)
protocol_from_settings = partial(read_protocol, RecognitionProtocol)
