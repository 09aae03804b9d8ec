"""A square that lies anywhere in a photo, at any tilt: cut out at a network's size, and laid back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from fitroom.images import resize_filtered_u8


@dataclass(frozen=True)
class Square:
    """See the file's first lines; px of the photo.

    Attributes:
        x, y: of its middle.
        side: its length.
        tilt: radians, clockwise as seen; 0 = upright.
    """

    x: float
    y: float
    side: float
    tilt: float = 0.0

    @classmethod
    def around(cls, shape: tuple[int, ...]) -> Square:
        """Round a whole photo of (height, width, ...)."""
        return cls(shape[1] / 2, shape[0] / 2, float(max(shape[:2])))

    def overlap(self, other: Square) -> float:
        """Intersection over union, both taken for upright."""
        sides = [
            max(min(a + self.side / 2, b + other.side / 2) - max(a - self.side / 2, b - other.side / 2), 0.0)
            for a, b in ((self.x, other.x), (self.y, other.y))
        ]
        both = sides[0] * sides[1]
        return both / (self.side**2 + other.side**2 - both)

    def to_photo(self, points: np.ndarray, size: float) -> np.ndarray:
        """(N, 2) x, y in the square when it is ``size`` wide, to px of the photo."""
        matrix, offset = self._affine(size)
        return points @ matrix.T + offset

    def cut(self, image_u8: np.ndarray, size: int) -> np.ndarray:
        """(size, size, 3) uint8; black beyond the photo (H, W, 3) uint8."""
        shrunk = min(size / self.side, 1.0)  # first, since the turn below looks at four pixels each
        height, width = (max(round(length * shrunk), 1) for length in image_u8.shape[:2])
        small = resize_filtered_u8(image_u8, height, width, "area") if shrunk < 1 else image_u8
        scale = np.array([width / image_u8.shape[1], height / image_u8.shape[0]])
        matrix, offset = self._affine(size)
        return np.asarray(
            _turned(Image.fromarray(small), matrix * scale[:, None], offset * scale, (size, size), (0, 0, 0))
        )

    def back(self, values: np.ndarray, shape: tuple[int, ...], beyond: float) -> np.ndarray:
        """(H, W) float32 over a photo of that shape, ``beyond`` outside the square, of values (size, size) in it."""
        matrix, offset = self._affine(len(values))
        inverse = np.linalg.inv(matrix)
        picture = Image.fromarray(values.astype(np.float32))
        return np.asarray(_turned(picture, inverse, -inverse @ offset, (shape[1], shape[0]), beyond))

    def _affine(self, size: float) -> tuple[np.ndarray, np.ndarray]:
        """(2, 2) and (2,) from px of the square, ``size`` wide, to px of the photo."""
        cosine, sine = np.cos(self.tilt), np.sin(self.tilt)
        matrix = self.side / size * np.array([[cosine, -sine], [sine, cosine]])
        return matrix, np.array([self.x, self.y]) - matrix @ np.full(2, size / 2)


def _turned(
    picture: Image.Image, matrix: np.ndarray, offset: np.ndarray, size: tuple[int, int], beyond: float | tuple[int, ...]
) -> Image.Image:
    """What lies at matrix @ (x, y) + offset, for every place (x, y) of a new picture of (width, height)."""
    (a, b), (c, d) = matrix.tolist()
    places = (a, b, offset[0], c, d, offset[1])
    return picture.transform(size, Image.Transform.AFFINE, places, Image.Resampling.BILINEAR, fillcolor=beyond)
