"""Jackets and coats: the front parted at the middle, worn closed (zip or buttons: sewn shut) or open."""

from __future__ import annotations

from fitroom.wardrobe.patterns.bodice import draft_open_front, draft_sheet
from fitroom.wardrobe.patterns.pattern import Design, Pattern, Seam
from fitroom.wardrobe.patterns.tops import bodice_for, bodice_measures, body_seams, sleeves_for


def draft_outerwear(design: Design, size: str) -> Pattern:
    """Two fronts, one back, two sleeves; the detail "open" leaves the front open."""
    bodice = bodice_for(design, size)
    sleeve, sleeve_measures = sleeves_for(design, size, bodice, split=True)
    panels = (*draft_open_front(bodice), draft_sheet(bodice, back=True), *sleeve.panels)
    seams = [*body_seams(split=True), *sleeve.seams]
    if not design.details.get("open", False):
        seams.append(Seam("left_front", "opening", "right_front", "opening"))
    return Pattern(design, size, panels, tuple(seams), bodice_measures(bodice) | sleeve_measures)
