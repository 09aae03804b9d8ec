"""Where a garment starts: its flat sheets before and behind the body, stretched until they clear its outline."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from fitroom.wardrobe.drape.field import Field
from fitroom.wardrobe.patterns.pattern import GarmentMesh

_MARGIN_M = 0.012
_SCALES = np.arange(1.0, 1.5, 0.04)
_HIDDEN = 0.012  # share of the outline that may lie before the body: corners that touch it


class Silhouette:
    """What a body looks like from the front: where it is, and how far it reaches to the front and the back."""

    def __init__(self, field: Field) -> None:
        inside = field.distance_m < 0
        self._origin_m, self._spacing_m = field.origin_m, field.spacing_m
        self.solid = np.asarray(inside.any(1))  # (X, Z)
        depth = field.origin_m[1] + np.arange(inside.shape[1]) * field.spacing_m
        front = depth[np.argmax(inside, 1)]
        back = depth[inside.shape[1] - 1 - np.argmax(inside[:, ::-1], 1)]
        # Beside the body the sheets meet: carry the middle of the nearest column outwards.
        nearest = ndimage.distance_transform_edt(~self.solid, return_distances=False, return_indices=True)
        middle = (0.5 * (front + back))[tuple(nearest)]
        reach = round(0.04 / field.spacing_m)
        smooth = 0.015 / field.spacing_m
        self._front_m = ndimage.gaussian_filter(
            ndimage.minimum_filter(np.where(self.solid, front, middle), reach), smooth
        )
        self._back_m = ndimage.gaussian_filter(
            ndimage.maximum_filter(np.where(self.solid, back, middle), reach), smooth
        )
        top = self.solid.shape[1] - 1 - np.argmax(self.solid[:, ::-1], 1)
        self._top_m = np.where(self.solid.any(1), field.origin_m[2] + top * field.spacing_m, -np.inf)

    def front_back_m(self, x_m: np.ndarray, z_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N,) y of a sheet just in front of and just behind the body at (x, z)."""
        at = [(x_m - self._origin_m[0]) / self._spacing_m, (z_m - self._origin_m[2]) / self._spacing_m]
        front = ndimage.map_coordinates(self._front_m, at, order=1, mode="nearest")
        back = ndimage.map_coordinates(self._back_m, at, order=1, mode="nearest")
        return front - _MARGIN_M, back + _MARGIN_M

    def covered(self, x_m: np.ndarray, z_m: np.ndarray) -> np.ndarray:
        """(N,) bool: the body is seen at (x, z)."""
        i = np.clip(np.rint((x_m - self._origin_m[0]) / self._spacing_m).astype(int), 0, self.solid.shape[0] - 1)
        k = np.clip(np.rint((z_m - self._origin_m[2]) / self._spacing_m).astype(int), 0, self.solid.shape[1] - 1)
        return self.solid[i, k]

    def top_m(self, x_m: np.ndarray) -> np.ndarray:
        """(N,) greatest height of the body at x; -inf beside it."""
        i = np.rint((x_m - self._origin_m[0]) / self._spacing_m).astype(int)
        return np.where((i >= 0) & (i < len(self._top_m)), self._top_m[np.clip(i, 0, len(self._top_m) - 1)], -np.inf)


def place(mesh: GarmentMesh, silhouette: Silhouette, waist_m: float, crotch_m: float) -> np.ndarray:
    """(V, 3) starting positions: flat sheets around the body, larger than life where the body does not fit between.

    Args:
        mesh: the garment.
        silhouette: of the body in the start pose, with what it already wears.
        waist_m, crotch_m: heights of the body's waist and crotch.
    """
    design = mesh.pattern.design
    legs = design.category in ("trousers", "shorts")
    flat = mesh.assembly_m
    outline = mesh.side == 0
    best: tuple[float, np.ndarray, float] | None = None
    for scale in _SCALES:
        if design.region == "bottom":
            # Legs must not be widened: the inner seams would move into the thighs.
            shape = flat * np.array([1.0 if legs else scale, 1.0])
            rise_m = mesh.pattern.measures_cm.get("rise", 26.0) / 100.0
            anchor = min(waist_m, crotch_m + rise_m - 0.02) if legs else waist_m
        else:
            shape = flat * scale
            anchor = _shoulder_anchor(mesh, shape, silhouette)
        hidden = float(silhouette.covered(shape[outline, 0], shape[outline, 1] + anchor).mean())
        if best is None or hidden < best[0] - 0.002:
            best = (hidden, shape, anchor)
        if hidden < _HIDDEN or legs:
            break
    assert best is not None
    _, shape, anchor = best
    x, z = shape[:, 0], shape[:, 1] + anchor
    front, back = silhouette.front_back_m(x, z)
    y = np.where(mesh.side < 0, front, np.where(mesh.side > 0, back, 0.5 * (front + back)))
    return np.stack([x, y, z], axis=1)


def _shoulder_anchor(mesh: GarmentMesh, shape_m: np.ndarray, silhouette: Silhouette) -> float:
    """Height of the pattern's origin at which its upper border lies just above shoulders and arms."""
    neck = shape_m[mesh.loops["neck"], 0] if "neck" in mesh.loops else np.zeros(1)
    inner = float(np.abs(neck).max()) + 0.01
    # Only what lies on shoulders and arms bears the garment; a wide hem below them does not.
    scale = float(np.abs(shape_m[:, 0]).max() / np.abs(mesh.assembly_m[:, 0]).max())
    shoulder = scale * mesh.pattern.measures_cm["shoulder"] / 200.0
    bearing = shape_m[np.isin(mesh.limb, (1, 2)) | (np.abs(shape_m[:, 0]) <= shoulder)]
    column = np.rint(np.abs(bearing[:, 0]) / 0.01).astype(int)
    upper = np.full(column.max() + 1, -np.inf)
    np.maximum.at(upper, column, bearing[:, 1])
    upper = ndimage.maximum_filter(upper, 5)  # lattice points leave gaps
    at = np.arange(round(inner / 0.01), len(upper) - 2)
    body = np.maximum(silhouette.top_m(at * 0.01), silhouette.top_m(at * -0.01))
    return float((body - upper[at]).max()) + 0.01
