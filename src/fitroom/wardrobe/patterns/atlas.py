"""The texture plane: all panels of a pattern side by side."""

from __future__ import annotations

import numpy as np

GAP_CM = 3.0


def place_panels(points_cm: list[np.ndarray]) -> tuple[np.ndarray, tuple[float, float]]:
    """Shelves of panels, tallest first, all ``GAP_CM`` apart and from the border.

    Returns:
        (P, 2) float64 offsets to add to panel points, and (width, height) of the atlas, cm.
    """
    low = np.array([points.min(axis=0) for points in points_cm])
    extent = np.array([points.max(axis=0) for points in points_cm]) - low + GAP_CM
    shelf_width = max(float(extent[:, 0].max()), 1.25 * float(np.sqrt(np.prod(extent, axis=1).sum())))
    offset = np.zeros((len(points_cm), 2))
    x, y, shelf_height, width = 0.0, 0.0, 0.0, 0.0
    for index in np.argsort(-extent[:, 1], kind="stable"):
        if x > 0 and x + extent[index, 0] > shelf_width + 1e-9:
            x, y, shelf_height = 0.0, y + shelf_height, 0.0
        offset[index] = (x + GAP_CM, y + GAP_CM) - low[index]
        x += extent[index, 0]
        shelf_height = max(shelf_height, extent[index, 1])
        width = max(width, x)
    return offset, (width + GAP_CM, y + shelf_height + GAP_CM)
