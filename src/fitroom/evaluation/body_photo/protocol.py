"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from fitroom.evaluation.protocols import EvaluationProtocol, protocol_named, read_protocol


@dataclass(frozen=True)
class Told:
    """What a shopper tells beside the photo, as measured.

    Attributes:
        title: in words.
        sex, weight: whether they are told; the height always is.
    """

    title: str
    sex: bool = False
    weight: bool = False


TOLD: dict[str, Told] = {
    "height": Told("height"),
    "sex": Told("height and sex", sex=True),
    "weight": Told("height, sex and weight", sex=True, weight=True),
}


@dataclass(frozen=True)
class BodyPhotoProtocol(EvaluationProtocol):
    """How answers to photos are scored."""

    digest: str = ""
    """SHA-256 that stands for pictures, bodies and what the controls learn from, see ``cases``."""
    told: dict[str, Told] = field(default_factory=lambda: dict(TOLD))
    """What is told beside the photo, by name."""
    main: str = "height"
    """The one that ranks."""
    measures: list[str] = field(default_factory=lambda: ["chest", "waist", "hip"])
    """What is foretold; their mean error ranks."""
    most_yaw_deg: float = 30.0
    """Pictures of the whole body from no farther aside are to be read; all others are to be refused."""
    num_resamples: int = 1000
    """Draws of the bootstrap over bodies."""
    level: float = 0.95
    """Level of the scores' own intervals."""
    seed: int = 0
    """Of the draws."""


# SHA-256 over the hashes of the wardrobe's manifest.json and of both files of benchmarks/body-photo.
_FROZEN = "35d6de67a3b8808192eade789597c65b5f0df4721ffdc194c85706b181944b8c"
PROTOCOLS: dict[str, Callable[[], BodyPhotoProtocol]] = {
    # Both pictures of every case of benchmarks/wardrobe; no training part knows any of the bodies.
    "body-photo@1": lambda: BodyPhotoProtocol("body-photo", 1, _FROZEN),
}


get_protocol = partial(protocol_named, PROTOCOLS)
protocol_from_settings = partial(read_protocol, BodyPhotoProtocol)
