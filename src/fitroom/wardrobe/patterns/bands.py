"""Neck bands that stand up from the neckline: turtle and mock necks, as panels sewn to it."""

from __future__ import annotations

from fitroom.wardrobe.patterns.bodice import Bodice, neckline
from fitroom.wardrobe.patterns.curves import length, line
from fitroom.wardrobe.patterns.pattern import Edge, Panel, Seam


def draft_bands(bodice: Bodice, height_cm: float, taper: float = 0.92) -> tuple[tuple[Panel, Panel], tuple[Seam, ...]]:
    """Front and back band, and the seams that close them into a ring on the neckline.

    Args:
        bodice: what they are sewn to.
        height_cm: how far they stand up.
        taper: width at the top over width at the neckline.
    """
    panels = []
    for back in (False, True):
        half = length(neckline(bodice, back)) / 2
        right, left = ("right", "left") if back else ("left", "right")
        edges = (
            Edge("neckline", "neck", line((-half, 0.0), (half, 0.0))),
            Edge(f"{right}_end", "side", line((half, 0.0), (taper * half, height_cm))),
            Edge("neck", "neck", line((taper * half, height_cm), (-taper * half, height_cm))),
            Edge(f"{left}_end", "side", line((-taper * half, height_cm), (-half, 0.0))),
        )
        panels.append(Panel(f"{'back' if back else 'front'}_band", edges, 1 if back else -1, mirror=back))
    seams = [Seam("front_band", f"{side}_end", "back_band", f"{side}_end") for side in ("left", "right")]
    seams += [Seam(sheet, "neck", f"{sheet}_band", "neckline") for sheet in ("front", "back")]
    return (panels[0], panels[1]), tuple(seams)
