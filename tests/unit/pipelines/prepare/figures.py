"""Painted people and clothes, one flat colour a part, and eyes that read the colours: a parser that is never wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from fitroom.contracts import Part
from fitroom.pipelines.prepare.eyes import Eyes
from fitroom.pipelines.prepare.parts import Parts

# Far apart, so that JPEG and resizing do not mix them up; white is background.
COLORS: dict[Part, tuple[int, int, int]] = {
    Part.BACKGROUND: (255, 255, 255), Part.HAIR: (90, 45, 0), Part.FACE: (255, 205, 150), Part.TOP: (0, 170, 0),
    Part.NECK_AND_TORSO_SKIN: (255, 120, 120), Part.LEFT_ARM: (255, 0, 0), Part.RIGHT_ARM: (0, 0, 255),
    Part.TROUSERS: (40, 40, 110), Part.DRESS: (230, 220, 0), Part.SKIRT: (150, 0, 150), Part.LEFT_SHOE: (255, 0, 255),
    Part.RIGHT_SHOE: (0, 255, 255), Part.LEFT_LEG: (150, 75, 60), Part.RIGHT_LEG: (60, 150, 140),
}  # fmt: skip
PARTS = list(COLORS)
_TABLE = np.array([COLORS[part] for part in PARTS], np.int32)


def person_parse(height: int = 400, width: int = 300, loose: int = 0, x: int = 0) -> np.ndarray:
    """(height, width) uint8: someone who stands upright and faces the camera, in top and trousers.

    Args:
        height, width: of the picture; the person is 90 % of it high.
        loose: how much wider the top is on either side, px of 400.
        x: how far the person stands to the right of the middle, px of 400.
    """
    s = height / 400
    picture = Image.new("L", (width, height))
    pen = ImageDraw.Draw(picture)
    middle = width / 2 + x * s

    def box(part: Part, left: float, top: float, right: float, bottom: float) -> None:
        pen.rectangle((middle + left * s, top * s, middle + right * s - 1, bottom * s - 1), int(part))

    box(Part.HAIR, -18, 20, 18, 45)
    box(Part.FACE, -14, 32, 14, 66)
    box(Part.NECK_AND_TORSO_SKIN, -8, 66, 8, 78)
    box(Part.RIGHT_ARM, -44, 150, -34, 210)
    box(Part.LEFT_ARM, 34, 150, 44, 210)
    box(Part.TROUSERS, -28, 185, -2, 362)
    box(Part.TROUSERS, 2, 185, 28, 362)
    box(Part.TROUSERS, -28, 185, 28, 225)
    box(Part.TOP, -46 - loose, 78, 46 + loose, 150)
    box(Part.TOP, -32 - loose, 78, 32 + loose, 195)
    box(Part.RIGHT_SHOE, -30, 362, -4, 380)
    box(Part.LEFT_SHOE, 4, 362, 30, 380)
    return np.asarray(picture)


def painted(parse: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: a parse in its colours."""
    table = np.zeros((len(Part), 3), np.uint8)
    for part, color in COLORS.items():
        table[part] = color
    return table[parse]


def garment_u8(part: Part, height: int = 200, width: int = 150) -> np.ndarray:
    """A piece of clothing in the colour of its part, on white."""
    parse = np.zeros((height, width), np.uint8)
    parse[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = part
    return painted(parse)


@dataclass
class ColorParser:
    """Reads :data:`COLORS`; counts what it was asked."""

    hash: str = "colors"
    asked: int = 0

    def __call__(self, image_u8: np.ndarray) -> Parts:
        self.asked += 1
        apart = ((image_u8[..., None, :].astype(np.int32) - _TABLE) ** 2).sum(-1)
        return Parts(np.array(PARTS, np.uint8)[apart.argmin(-1)], 0.99)


@dataclass
class ColorRecognizer:
    """Says what the most frequent colour but white is worn as."""

    sure: float = 0.97
    bundle: Any = field(default_factory=lambda: SimpleNamespace(hash="recognizer"))
    parser: ColorParser = field(default_factory=ColorParser)

    def __call__(self, images_u8: list[np.ndarray]) -> list[Any]:
        classes = {Part.TOP: "t-shirt", Part.TROUSERS: "pants", Part.SKIRT: "skirt", Part.DRESS: "dress"}
        answers = []
        for image_u8 in images_u8:
            counts = np.bincount(self.parser(image_u8).parse.ravel(), minlength=len(Part))
            counts[0] = 0
            best = classes.get(Part(int(counts.argmax())), "hat")
            rest = (1 - self.sure) / 4
            known = ("t-shirt", "pants", "skirt", "dress", "hat")
            answers.append(SimpleNamespace(probabilities={n: self.sure if n == best else rest for n in known}))
        return answers


def eyes(**changes: Any) -> Eyes:
    """Eyes for painted photos."""
    return Eyes(**{"parser": ColorParser(), "recognizer": ColorRecognizer(), "pose": None, **changes})


def write_photos(root: Path) -> None:
    """Two people, two tops, trousers and a dress in folders; a hat, a file that is none, and an empty wall."""
    shop = {
        "persons/ann.png": painted(person_parse()),
        "persons/ben.png": painted(person_parse(360, 360, loose=8, x=60)),
        "persons/wall.png": np.full((80, 60, 3), 255, np.uint8),
        "garments/ann.png": garment_u8(Part.TOP),
        "garments/tee two.png": garment_u8(Part.TOP, 240, 190),
        "garments/jeans.png": garment_u8(Part.TROUSERS),
        "garments/dress.png": garment_u8(Part.DRESS),
        "garments/hat.png": garment_u8(Part.HAIR),
    }
    for name, image_u8 in shop.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image_u8).save(root / name)
    (root / "persons/broken.jpg").write_bytes(b"no photo")
