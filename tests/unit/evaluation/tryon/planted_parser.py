"""A parser that is never wrong: it answers each picture with the exact parse that was planted for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fitroom.contracts import Part
from fitroom.images import pixel_sha256


@dataclass(frozen=True)
class PlantedAnswer:
    """As :class:`~fitroom.pipelines.parse.Parsed`."""

    parse: np.ndarray

    def probability(self, parts: Part | int | Iterable[Part | int]) -> np.ndarray:
        """(H, W) float32: 1 where the pixel is one of the parts."""
        wanted = [parts] if isinstance(parts, int) else list(parts)
        return np.isin(self.parse, wanted).astype(np.float32)


class PlantedParser:
    """As :class:`~fitroom.pipelines.parse.ParsePipeline`, for pictures that it was told of."""

    def __init__(self) -> None:
        self._known: dict[str, np.ndarray] = {}

    def plant(self, picture_u8: np.ndarray, parse: np.ndarray) -> np.ndarray:
        """Remembers the parse of a picture, and gives the picture back."""
        self._known[pixel_sha256(picture_u8)] = parse
        return picture_u8

    def __call__(self, images_u8: list[np.ndarray]) -> list[PlantedAnswer]:
        """The parse of each, exactly."""
        return [PlantedAnswer(self._known[pixel_sha256(image_u8)]) for image_u8 in images_u8]
