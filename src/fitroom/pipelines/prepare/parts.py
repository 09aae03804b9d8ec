"""The parts of a person that any parser tells, and what a parser is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Parts:
    """The answer to one photo.

    Attributes:
        parse: (H, W) uint8 of :class:`~fitroom.contracts.Part`.
        certainty: mean probability of the told part where anything is shown, in [0, 1].
    """

    parse: np.ndarray
    certainty: float


class PartParser(Protocol):
    """Anything that turns a photo into parts, with a hash by which its answers are known again."""

    hash: str

    def __call__(self, image_u8: np.ndarray) -> Parts:
        """Parts of a photo, (H, W, 3) uint8 RGB."""
        ...
