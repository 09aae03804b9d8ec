"""Where the middle of a front or back begins and ends, so that details find their place in every size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.wardrobe.patterns.pattern import Panel, Pattern


@dataclass(frozen=True)
class Sheet:
    """Measures of a front or back laid flat, cm, y up, its highest shoulder point at y = 0.

    Attributes:
        neck_cm: y of the neckline in the middle.
        hem_cm: y of the hem.
        half_cm: half the width at the chest.
    """

    neck_cm: float
    hem_cm: float
    half_cm: float


def measure_sheet(pattern: Pattern, side: int) -> Sheet:
    """The front (side -1) or back (+1) of a pattern, over all panels of that side that reach the neck or hem."""
    panels = [panel for panel in pattern.panels if panel.side == side and not panel.name.endswith("band")]
    points = np.concatenate([_points(panel, ()) for panel in panels])
    neck = np.concatenate([np.zeros((0, 2)), *(_points(panel, ("neck",)) for panel in panels)])
    middle = neck[np.argmin(np.abs(neck[:, 0])), 1] if len(neck) else points[:, 1].max()
    armpit = np.concatenate([np.zeros((0, 2)), *(_points(panel, ("armhole",)) for panel in panels)])
    half = np.abs(armpit[:, 0]).max() if len(armpit) else np.abs(points[:, 0]).max()
    return Sheet(float(middle), float(points[:, 1].min()), float(half))


def _points(panel: Panel, borders: tuple[str, ...]) -> np.ndarray:
    points = [edge.points_cm for edge in panel.edges if not borders or edge.border in borders]
    turn = -1.0 if panel.mirror and panel.side != 0 else 1.0
    return np.concatenate([np.zeros((0, 2)), *points]) * (turn, 1.0) + panel.offset_cm
