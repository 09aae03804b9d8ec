"""The truth drawn again by another, much simpler renderer: how a parser measures in a look that it never saw.

It knows labels and colours, no bodies and no cloth. Part borders are those of the truth's parse; light, relief,
backdrop and every pixel value are others. A measure that changes was read off the look and not off the geometry.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from fitroom.contracts import Part
from fitroom.evaluation.tryon.controls.row_fields import (
    Row,
    bled_garment,
    case_rng,
    garment_color_unit,
    nearest_of,
    to_u8,
    to_unit,
    worn_as,
)
from fitroom.wardrobe.truth.flow import warp

_BASE_HEIGHT_PX = 512  # lengths in px are for this height, in proportion at others
_EDGE_SIGMA_PX = 0.55  # of the picture's own px, whatever its height: about a pixel's worth of antialiasing
_ROUND_PX = 40.0  # parts are inflated as if at most this thick
_SMOOTH_PX = 5.0
_GAMMA = 2.2
_AMBIENT = 0.35
_NUM_BACKDROPS = 8  # the one farthest from the garment's colour is taken, or its outline might vanish
_TOWARDS_CAMERA = np.array([0.0, 0.0, 1.0])


def reshaded(row: Row) -> np.ndarray:
    """The truth picture drawn again from its parse, its flow and the shop photo.

    Colours: the garment takes those of the shop photo where its flow shows the point, else the garment's mean colour;
    every other part takes its own mean colour in the truth picture. Relief: each part is inflated like a cushion by its
    distance transform, and smoothed. Light: one hard coloured lamp and a grey ambient one, Blinn-Phong (Blinn 1977), in
    linear light. Backdrop: a gradient. Lamp, gloss and backdrop are seeded by the case. No shadows, no faces.

    Where a part borders another, the two are mixed by antialiasing within one pixel, the half-way point on the border.

    Returns:
        (H, W, 3) uint8.
    """
    rng = case_rng(row, "control-truth-reshaded")
    parse, light = row["worn_parse"], _Lamp(rng)
    backdrop = _backdrop(rng, parse.shape, garment_color_unit(row)) ** _GAMMA
    garment, worn = _garment_albedo(row), to_unit(row["worn"]) ** _GAMMA
    total, weights = np.zeros((*parse.shape, 3)), np.zeros((*parse.shape, 1))
    for label in np.unique(parse):
        near = _box(parse == label)
        inside = parse[near] == label
        if label == Part.BACKGROUND:
            drawn = backdrop[near]
        else:
            albedo = garment[near] if label in worn_as(row["region"]) else worn[near][inside].mean(axis=0)
            drawn = nearest_of(light.shade(albedo, _normals(inside, len(parse) / _BASE_HEIGHT_PX)), inside)
        cover = gaussian_filter(inside.astype(np.float64), _EDGE_SIGMA_PX, mode="nearest")[..., None]
        total[near] += cover * drawn
        weights[near] += cover
    return to_u8(np.clip(total / weights, 0, 1) ** (1 / _GAMMA))


class _Lamp:
    """One coloured lamp at the side and above, and how glossy things are under it."""

    def __init__(self, rng: np.random.Generator) -> None:
        side = rng.choice([-1, 1]) * rng.uniform(0.4, 0.9)
        self.towards = _unit_length(np.array([side, -rng.uniform(0.2, 0.7), rng.uniform(0.5, 0.9)]))
        self.half_way = _unit_length(self.towards + _TOWARDS_CAMERA)
        self.color = np.array([1.0, 0.86, 0.72]) if rng.random() < 0.5 else np.array([0.78, 0.9, 1.0])
        self.exponent = rng.uniform(15, 40)
        self.gloss = rng.uniform(0.05, 0.18)

    def shade(self, albedo: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """Linear albedo, (3,) or (H, W, 3), and (H, W, 3) unit normals to linear light, not clipped."""
        diffuse = np.clip(normals @ self.towards, 0, None)[..., None]
        shine = np.clip(normals @ self.half_way, 0, None)[..., None] ** self.exponent * (diffuse > 0)
        lit: np.ndarray = albedo * (_AMBIENT + 1.1 * diffuse * self.color) + self.gloss * shine * self.color
        return lit


def _box(inside: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns round a part, wide enough that nothing of it reaches beyond."""
    margin = 4 + int(np.ceil(5 * _SMOOTH_PX * len(inside) / _BASE_HEIGHT_PX))
    found = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    rows, columns = (slice(max(line[0] - margin, 0), line[-1] + margin + 1) for line in found)
    return rows, columns


def _garment_albedo(row: Row) -> np.ndarray:
    """(H, W, 3) linear colour of the garment; only the values on it mean anything."""
    shown = row["flow_visible"] & np.isfinite(row["flow"]).all(axis=-1)
    photo_unit = to_unit(warp(bled_garment(row), row["flow"]))
    return np.where(shown[..., None], photo_unit, garment_color_unit(row)) ** _GAMMA


def _normals(inside: np.ndarray, scale: float) -> np.ndarray:
    """(H, W, 3) unit normals, x right, y down, z towards the camera, of the part inflated like a cushion."""
    depth = distance_transform_edt(np.pad(inside, 1, mode="edge"))[1:-1, 1:-1]  # goes on beyond the picture
    radius = min(float(depth.max()), _ROUND_PX * scale)
    height = np.sqrt(np.clip(radius**2 - np.clip(radius - depth, 0, None) ** 2, 0, None))
    slope_y, slope_x = np.gradient(_smooth_inside(height, inside, _SMOOTH_PX * scale))
    return _unit_length(np.stack([-slope_x, -slope_y, np.ones_like(slope_x)], axis=-1))


def _smooth_inside(values: np.ndarray, inside: np.ndarray, sigma_px: float) -> np.ndarray:
    """A Gaussian that sees nothing outside; beyond the border the value next to it goes on, so no slope is there."""
    weight = gaussian_filter(inside.astype(np.float64), sigma_px)
    smooth = gaussian_filter(np.where(inside, values, 0), sigma_px) / np.maximum(weight, 1e-9)
    return nearest_of(smooth, inside)


def _backdrop(rng: np.random.Generator, shape: tuple[int, ...], garment_unit: np.ndarray) -> np.ndarray:
    """(H, W, 3) unit: a straight gradient between two colours near to each other, far from the garment's."""
    candidates = rng.uniform(0.15, 0.85, size=(_NUM_BACKDROPS, 3))
    middle = candidates[np.argmax(((candidates - garment_unit) ** 2).sum(axis=1))]
    half = rng.uniform(-0.15, 0.15, size=3)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    along = (np.cos(angle) * x + np.sin(angle) * y) / np.sqrt(2)
    return np.clip(middle + along[..., None] * half, 0, 1)


def _unit_length(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit
