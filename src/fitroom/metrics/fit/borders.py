"""Overlap of two masks, and how well their borders lie on each other."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt


def iou(seen_unit: np.ndarray, true_unit: np.ndarray) -> float:
    """Intersection over union of two (H, W) masks above one half, in [0, 1], higher is better; 1 for two empty ones."""
    seen, true = seen_unit > 0.5, true_unit > 0.5
    union = int((seen | true).sum())
    return float((seen & true).sum() / union) if union else 1.0


def boundary_f(seen_unit: np.ndarray, true_unit: np.ndarray, tolerance_px: float) -> float:
    """F1 of border pixels that lie within ``tolerance_px`` of the other's border, in [0, 1], higher is better.

    Source: Csurka et al. 2013, "What is a good evaluation measure for semantic segmentation?" (BF score).
    """
    seen, true = _border(seen_unit > 0.5), _border(true_unit > 0.5)
    if not seen.any() or not true.any():
        return float(seen.any() == true.any())
    precision = float((distance_transform_edt(~true)[seen] <= tolerance_px).mean())
    recall = float((distance_transform_edt(~seen)[true] <= tolerance_px).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _border(mask: np.ndarray) -> np.ndarray:
    border: np.ndarray = mask & ~binary_erosion(mask, border_value=1)
    return border
