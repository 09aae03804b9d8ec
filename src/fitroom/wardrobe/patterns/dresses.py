"""Dresses: sheets cut in one piece from shoulder to hem, or a bodice with a flared skirt sewn on at the waist."""

from __future__ import annotations

import math
from dataclasses import replace

from fitroom.wardrobe.patterns.bodice import draft_sheet
from fitroom.wardrobe.patterns.grading import body_chart
from fitroom.wardrobe.patterns.pattern import Design, Pattern, Seam
from fitroom.wardrobe.patterns.skirts import SkirtCut, skirt_panels
from fitroom.wardrobe.patterns.tops import bodice_for, bodice_measures, body_seams, draft_top, finish


def draft_dress(design: Design, size: str) -> Pattern:
    """In one piece unless the number "sector_deg" gives it a flared skirt."""
    return _with_skirt(design, size) if design.numbers["sector_deg"] else draft_top(design, size)


def _with_skirt(design: Design, size: str) -> Pattern:
    whole = bodice_for(design, size)
    bodice = replace(whole, length_cm=whole.waist_depth_cm, hem_cm=whole.waist_cm, straight=False)
    skirt = _skirt(design, size, whole.waist_cm, whole.length_cm - whole.waist_depth_cm)
    panels = [draft_sheet(bodice, False, "waist"), draft_sheet(bodice, True, "waist")]
    panels += skirt_panels(skirt, ("front_skirt", "back_skirt"), bodice.length_cm)
    seams = body_seams()
    seams += [Seam("front_skirt", f"{side}_side", "back_skirt", f"{side}_side") for side in ("left", "right")]
    seams += [Seam(half, "waist", f"{half}_skirt", "waist") for half in ("front", "back")]
    measures = bodice_measures(whole) | {"hip": skirt.hip_cm, "hem": skirt.hem_cm}
    return finish(design, size, bodice, panels, seams, measures)


def _skirt(design: Design, size: str, waist_cm: float, length_cm: float) -> SkirtCut:
    sector = design.numbers["sector_deg"]
    hip_depth = 0.75 * body_chart(design.sex, size)["rise"]
    per_depth = 2 * math.radians(sector)
    return SkirtCut(
        waist_cm, waist_cm + per_depth * hip_depth, waist_cm + per_depth * length_cm, hip_depth, length_cm, sector
    )
