"""Where sewn cloth lies before draping: panels laid flat, limbs eased on to the body's seams."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from fitroom.wardrobe.patterns.pattern import Panel

EASING_ROUNDS = 60
_TUCK_CM = 2.0


def lay_flat(panel: Panel, points_cm: np.ndarray) -> np.ndarray:
    """(N, 2) panel points to the laid-flat garment, cm; see :class:`Panel`."""
    points = points_cm.copy()
    if panel.side == 0:
        points[:, 0] = np.abs(points[:, 0])
    angle = np.deg2rad(panel.rotate_deg)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    laid = points @ rotation.T + np.asarray(panel.offset_cm)
    laid = laid * np.array([-1.0, 1.0]) if panel.mirror else laid
    return _tuck(panel, laid) if any(edge.border == "crotch" for edge in panel.edges) else laid


def _tuck(panel: Panel, laid: np.ndarray) -> np.ndarray:
    """Fold what reaches beyond the middle back to its own leg, so that the legs do not pass through each other."""
    outward = 1.0 if panel.name.startswith("left_") else -1.0
    across = outward * laid[:, 0]
    return np.stack([outward * 0.5 * (across + np.hypot(across, _TUCK_CM)), laid[:, 1]], axis=1)


def side_of(panel: Panel, points_cm: np.ndarray, spacing_cm: float) -> np.ndarray:
    """(N,) int8: -1 in front, +1 behind, 0 on the fold line."""
    if panel.side != 0:
        return np.full(len(points_cm), panel.side, np.int8)
    across = points_cm[:, 0] * (-1 if panel.mirror else 1)
    side = np.where(across > 0, -1, 1)
    return np.where(np.abs(across) < 0.3 * spacing_cm, 0, side).astype(np.int8)


def ease_on(position: np.ndarray, edges: np.ndarray, pinned: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Spread the seams' move into the cloth beside it.

    Args:
        position: (V, 2) laid-flat points.
        pinned: (V,) bool: vertices whose ``shift`` (V, 2) is given; the others follow it, less the farther away.

    Returns:
        (V, 2) eased positions.
    """
    move = np.where(pinned[:, None], shift, 0.0)
    both = np.concatenate([edges, edges[:, ::-1]])
    count = len(position)
    degree = np.bincount(both[:, 0], minlength=count).clip(1)
    mean_of = csr_matrix((1.0 / degree[both[:, 0]], (both[:, 0], both[:, 1])), shape=(count, count))
    for _ in range(EASING_ROUNDS):
        move = np.where(pinned[:, None], shift, mean_of @ move)
    return position + move
