"""The protocols: frozen, versioned recipes. A change of any setting is a new version, never an edit.

People are named by rule: a person's part follows from the survey and the person's number in it (``data.people``), so
the recipe holds nobody's measures. ``people_digest`` is the hash of all that was measured of them: other data under the
same names is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from fitroom.evaluation.protocols import EvaluationProtocol, protocol_named, read_protocol


@dataclass(frozen=True)
class Effort:
    """What a shopper goes through.

    Attributes:
        title: in words.
        asks: measures that are asked for; a person whom the survey did not measure there tells what there is.
        sex: whether it is asked.
        told: height and weight are what people said before they were measured, which only some surveys asked.
        at_word: a model is to take what is told as exact.
    """

    title: str
    asks: list[str] = field(default_factory=list)
    sex: bool = True
    told: bool = False
    at_word: bool = False


_BASE = ["height", "weight"]
EFFORTS: dict[str, Effort] = {
    "nothing": Effort("nothing asked", sex=False),
    "sex": Effort("sex"),
    "height_weight": Effort("sex, height, weight", _BASE),
    "told": Effort("sex, height and weight as told", _BASE, told=True),
    "told_at_word": Effort("as told, taken at the word", _BASE, told=True, at_word=True),
    "age": Effort("and age", [*_BASE, "age"]),
    "waist": Effort("and one tape: waist", [*_BASE, "age", "waist"]),
    "tape": Effort("and three tapes: chest, waist, hip", [*_BASE, "age", "chest", "waist", "hip"]),
}
SCORED = ["chest", "waist", "hip", "thigh", "neck", "upper_arm", "inseam", "back_length", "shoulder_width", "sleeve"]
# digest_samples of the people of the test part, as published.
_TEST_PEOPLE = "36e7fe8936b249c38b09c64cb275e21003ecd5cf50f6a30496e6867fab0cc12f"


@dataclass(frozen=True)
class SizeAdviceProtocol(EvaluationProtocol):
    """How the answers of a body model are scored."""

    people_digest: str = ""
    """SHA-256 over the people's hashes; "" = anybody's surveys in the published format."""
    part: Literal["test"] = "test"
    """The part whose people are scored. Controls learn from "train"."""
    efforts: dict[str, Effort] = field(default_factory=lambda: dict(EFFORTS))
    """What is asked, by name."""
    main: str = "height_weight"
    """The effort that ranks, and by which measures are reported."""
    measures: list[str] = field(default_factory=lambda: list(SCORED))
    """What is foretold; a measure that was told exactly is not scored."""
    girths: list[str] = field(default_factory=lambda: ["chest", "waist", "hip"])
    """What garments are chosen by; their mean error ranks."""
    tape_error_cm: float = 1.5
    """Standard deviation of the error that is added to a tape's reading, the same for every model."""
    num_resamples: int = 1000
    """Draws of the bootstrap over people."""
    level: float = 0.95
    """Level of the scores' own intervals."""
    seed: int = 0
    """Seed of the draws and of the tapes' errors."""


PROTOCOLS: dict[str, Callable[[], SizeAdviceProtocol]] = {
    # The held-out people of ANSUR II and NHANES.
    "size-advice@1": lambda: SizeAdviceProtocol("size-advice", 1, _TEST_PEOPLE),
    # Anybody's tables in the format of those surveys.
    "size-advice-own@1": lambda: SizeAdviceProtocol("size-advice-own", 1),
}


get_protocol = partial(protocol_named, PROTOCOLS)
protocol_from_settings = partial(read_protocol, SizeAdviceProtocol)
