"""Random changes of a person photo together with its parse; a pure function of the pair and the seed.

First geometry (one resampling for mirror, zoom, turn, shift and a smooth warp), then what is behind and on the person
(new backgrounds, recoloured parts, things in front), then light and colours, then the camera (blur, coarser pixels,
noise, JPEG). Pixels of the parse are never mixed, and no change of colours moves an edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fitroom.contracts import UNKNOWN_PART, Part
from fitroom.data.parsing.backdrops import Backdrops
from fitroom.data.parsing.camera_faults import photographed
from fitroom.errors import ConfigError

OUTSIDE = 254
NODES = 7  # of the smooth warp, a side
MIRRORED = np.arange(256, dtype=np.uint8)
for _part in Part:
    for _side, _other in (("LEFT_", "RIGHT_"), ("RIGHT_", "LEFT_")):
        if _part.name.startswith(_side):
            MIRRORED[_part] = Part[_part.name.replace(_side, _other)]
CLOTHES = (Part.TOP, Part.OUTERWEAR, Part.DRESS, Part.TROUSERS, Part.SKIRT)
BODY = (Part.FACE, Part.NECK_AND_TORSO_SKIN, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_LEG, Part.RIGHT_LEG)
_SHARES = (
    "flip", "untouched", "close_up", "background", "recolor", "cloth", "clutter", "light", "color", "camera",
)  # fmt: skip


@dataclass
class ParseAugmentConfig:
    """How far a person photo may be changed; probabilities are shares of the photos."""

    flip: float = 0.5
    """Mirrored, left and right labels swapped."""
    untouched: float = 0.05
    """Whole, unturned and unwarped."""
    zoom_low: float = 0.6
    """Smallest size of the person, as a share of what fits."""
    zoom_high: float = 1.5
    """Largest one."""
    close_up: float = 0.3
    """Shown at about the pixels of the photo itself, around a point of the person, where the size is smaller."""
    turn_deg: float = 8.0
    """Standard deviation of a turn; at most three times as much."""
    warp: float = 0.015
    """Standard deviation of the smooth warp's nodes, as a share of the height."""
    background: float = 0.45
    """Everything behind the person replaced; a garment alone stays where it lies."""
    recolor: float = 0.5
    """Up to three parts get other colours."""
    cloth: float = 0.0
    """Of recoloured clothes: given a piece of a backdrop for their cloth, in the light that lay on the old one."""
    clutter: float = 0.15
    """Blank patches, whose pixels keep their labels, or patterned things in front, which are background."""
    light: float = 0.6
    """Uneven light, a smooth factor over the photo."""
    color: float = 0.8
    """Other exposure, contrast, gamma and white balance."""
    camera: float = 0.75
    """Blur, coarser pixels, blocks, noise or JPEG."""

    def __post_init__(self) -> None:
        for name in (
            "flip",
            "untouched",
            "close_up",
            "background",
            "recolor",
            "cloth",
            "clutter",
            "light",
            "color",
            "camera",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"augment.{name} is out of range", rule="0 to 1", got=getattr(self, name))
        if not 0.05 <= self.zoom_low <= self.zoom_high <= 8 or self.turn_deg < 0 or not 0 <= self.warp <= 0.1:
            raise ConfigError(
                "augment's geometry is out of range",
                rule="0.05 <= zoom_low <= zoom_high <= 8, turn_deg of 0 or more, warp from 0 to 0.1",
                got=(self.zoom_low, self.zoom_high, self.turn_deg, self.warp),
            )


class ParseAugment:
    """See the file's first lines.

    Args:
        config: how far.
        backdrops: where new backgrounds come from.
    """

    def __init__(self, config: ParseAugmentConfig, backdrops: Backdrops) -> None:
        self.config, self.backdrops = config, backdrops

    def __call__(
        self, image_u8: np.ndarray, parse: np.ndarray, size: tuple[int, int], seed: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Photo (H, W, 3) uint8 and parse (H, W) uint8 to another pair of ``size`` (height_px, width_px)."""
        rng, config = np.random.default_rng(seed), self.config
        image_u8, parse = self._moved(image_u8, parse, size, rng)
        outside = parse == OUTSIDE
        parse = np.where(outside, np.uint8(Part.BACKGROUND), parse)
        image_u8 = np.where(outside[..., None], _flat_color(rng), image_u8)
        if rng.random() < config.recolor:
            image_u8 = self._recolored(image_u8, parse, rng)
        if rng.random() < config.background and np.isin(parse, BODY).any():
            behind_u8 = self.backdrops.draw(rng, *size)
            image_u8 = _mixed(image_u8, behind_u8, parse == Part.BACKGROUND, rng)
        if rng.random() < config.clutter:
            image_u8, parse = self._cluttered(image_u8, parse, rng)
        if rng.random() < config.light:
            image_u8 = _unevenly_lit(image_u8, rng)
        if rng.random() < config.color:
            image_u8 = _graded(image_u8, rng)
        if rng.random() < config.camera:
            image_u8 = photographed(image_u8, rng)
        return image_u8, parse

    def _moved(
        self, image_u8: np.ndarray, parse: np.ndarray, size: tuple[int, int], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        config, (height, width) = self.config, size
        fit = min(height / image_u8.shape[0], width / image_u8.shape[1])
        mirrored = rng.random() < config.flip
        center = np.array(image_u8.shape[1::-1]) / 2
        zoom, turn, warp = fit, 0.0, 0.0
        if rng.random() >= config.untouched:
            zoom *= math.exp(rng.uniform(math.log(config.zoom_low), math.log(config.zoom_high)))
            if rng.random() < config.close_up:
                zoom = max(rng.uniform(0.7, 1.2), fit)
                center = _point_on_person(parse, rng)
            center = center + rng.normal(0, 0.08, 2) * (width, height) / zoom
            turn = math.radians(config.turn_deg * float(np.clip(rng.standard_normal(), -3, 3)))
            warp = config.warp * height * float(rng.random() < 0.7)
        nodes = _nodes(size, center, zoom, turn, mirrored, warp, rng)
        smooth = Image.Resampling.BICUBIC if rng.random() < 0.7 else Image.Resampling.BILINEAR
        photo, shrink = Image.fromarray(image_u8), max(int(0.75 / zoom), 1)
        if shrink > 1:
            photo = photo.reduce(shrink)
        moved = photo.transform((width, height), Image.Transform.MESH, _mesh(nodes / shrink, size), smooth)
        labels = Image.fromarray(MIRRORED[parse] if mirrored else parse)
        found = labels.transform(
            (width, height), Image.Transform.MESH, _mesh(nodes, size), Image.Resampling.NEAREST, fillcolor=OUTSIDE
        )
        return np.asarray(moved), np.asarray(found)

    def _recolored(self, image_u8: np.ndarray, parse: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Other colours for up to three parts; skin and face go together, and keep to what skin may look like."""
        there = [part for part in np.unique(parse) if part not in (Part.BACKGROUND, Part.GLASSES, UNKNOWN_PART)]
        if not there:
            return image_u8
        out = image_u8.astype(np.float32)
        for part in rng.choice(there, min(len(there), int(rng.integers(1, 4))), replace=False):
            is_skin = part in BODY
            where = np.isin(parse, BODY) if is_skin else parse == part
            old = out[where]
            if is_skin:
                new = old * rng.uniform(0.55, 1.35) * rng.uniform(0.93, 1.07, 3)
            elif self.config.cloth and part in CLOTHES and rng.random() < self.config.cloth:
                light = old.mean(1, keepdims=True)
                new = self.backdrops.draw(rng, *parse.shape)[where] * (light / max(float(light.mean()), 1.0))
            else:
                mean = old.mean(0)
                target = rng.uniform(10, 245, 3) if rng.random() < 0.7 else np.full(3, rng.uniform(10, 245))
                new = target + (old - mean) * rng.uniform(0.4, 1.3)
            out[where] = new
        return np.clip(out, 0, 255).astype(np.uint8)

    def _cluttered(
        self, image_u8: np.ndarray, parse: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        image_u8, parse = image_u8.copy(), parse.copy()
        height, width = parse.shape
        for _ in range(int(rng.integers(1, 4))):
            tall, wide = (max(int(side * rng.uniform(0.04, 0.18)), 2) for side in (height, width))
            top, left = int(rng.integers(0, height - tall)), int(rng.integers(0, width - wide))
            box = np.s_[top : top + tall, left : left + wide]
            if rng.random() < 0.6:
                image_u8[box] = _flat_color(rng)
            else:
                image_u8[box], parse[box] = self.backdrops.draw(rng, tall, wide), Part.BACKGROUND
        return image_u8, parse


def _nodes(
    size: tuple[int, int],
    center: np.ndarray,
    zoom: float,
    turn: float,
    mirrored: bool,
    warp: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """(NODES, NODES, 2) x and y in the photo that the corners of the mesh show."""
    height, width = size
    x, y = np.meshgrid(np.linspace(0, width, NODES) - width / 2, np.linspace(0, height, NODES) - height / 2)
    cos, sin = math.cos(turn) / zoom, math.sin(turn) / zoom
    shown = np.stack([(-1 if mirrored else 1) * (cos * x - sin * y), sin * x + cos * y], -1)
    return shown + center + rng.normal(0, warp / zoom, shown.shape) if warp else shown + center


def _mesh(nodes: np.ndarray, size: tuple[int, int]) -> list[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    """Boxes of whole pixels and the corners that they are mapped to: upper left, lower left, lower right, ..."""
    height, width = size
    rows, columns = (np.linspace(0, side, NODES).round().astype(int) for side in (height, width))
    mesh = []
    for i in range(NODES - 1):
        for j in range(NODES - 1):
            corners = (nodes[i, j], nodes[i + 1, j], nodes[i + 1, j + 1], nodes[i, j + 1])
            box = (int(columns[j]), int(rows[i]), int(columns[j + 1]), int(rows[i + 1]))
            mesh.append((box, tuple(float(value) for corner in corners for value in corner)))
    return mesh


def _point_on_person(parse: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """x, y of a pixel that is not background, or the middle."""
    there = np.flatnonzero((parse != Part.BACKGROUND) & (parse != UNKNOWN_PART))
    if not len(there):
        return np.array(parse.shape[::-1]) / 2
    y, x = divmod(int(there[rng.integers(len(there))]), parse.shape[1])
    return np.array([x, y], float)


def _flat_color(rng: np.random.Generator) -> np.ndarray:
    """The grey of padding, or any."""
    return np.full(3, 128, np.uint8) if rng.random() < 0.6 else rng.integers(0, 256, 3, np.uint8)


def _mixed(image_u8: np.ndarray, other_u8: np.ndarray, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``other_u8`` where ``where``, the border as soft as a lens makes it."""
    from scipy.ndimage import gaussian_filter

    sigma = rng.uniform(0.3, 0.8)
    share = gaussian_filter(where.astype(np.float32), sigma)[..., None]
    return (image_u8 + share * (other_u8.astype(np.float32) - image_u8) + 0.5).astype(np.uint8)


def _unevenly_lit(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = image_u8.shape[:2]
    strength = rng.uniform(0.05, 0.45)
    coarse = np.exp(rng.normal(0, strength, tuple(rng.integers(2, 6, 2)))).astype(np.float32)
    factor = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return np.clip(image_u8 * factor[..., None], 0, 255).astype(np.uint8)


def _graded(image_u8: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One curve a channel, by table: exposure, contrast, gamma, white balance; sometimes less colour."""
    levels = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.05, 3))
    balance = np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.08, 3))
    contrast, lift = rng.uniform(0.7, 1.25), rng.normal(0, 0.05)
    curve = ((levels**gamma * balance) - 0.5) * contrast + 0.5 + lift
    curve_u8 = (np.clip(curve, 0, 1) * 255 + 0.5).astype(np.uint8)
    graded = np.stack([curve_u8[:, i][image_u8[..., i]] for i in range(3)], -1)
    if rng.random() < 0.15:
        gray = graded.mean(-1, keepdims=True)
        graded = (gray + rng.uniform(0, 0.7) * (graded - gray)).astype(np.uint8)
    return graded
