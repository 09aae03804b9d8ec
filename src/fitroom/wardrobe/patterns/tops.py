"""T-shirts, polos, shirts, long sleeves, sweaters, hoodies, tanks and blouses; and what dresses and coats share."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.patterns.bands import draft_bands
from fitroom.wardrobe.patterns.bodice import Bodice, armhole_lengths, draft_sheet, girth_at
from fitroom.wardrobe.patterns.grading import body_chart
from fitroom.wardrobe.patterns.pattern import Design, Panel, Pattern, Seam
from fitroom.wardrobe.patterns.sleeves import Sleeve, SleeveCut, draft_sleeves

SHOULDER_SLOPE = 0.34  # tan of 19 degrees


def bodice_for(design: Design, size: str) -> Bodice:
    """The bodice of a design in one size: the body chart plus the design's eases."""
    body, middle, numbers = body_chart(design.sex, size), body_chart(design.sex, "M"), design.numbers
    grow = body["chest"] - middle["chest"]
    chest = body["chest"] + numbers["chest_ease_cm"]
    neck = numbers["neck_cm"] + 0.3 * (body["neck"] - middle["neck"])
    shoulder = body["shoulder"] + 2 * numbers["shoulder_drop_cm"]
    slope = SHOULDER_SLOPE * (shoulder - neck) / 2
    armpit = 0.115 * body["chest"] + 0.12 * numbers["chest_ease_cm"] + numbers["armhole_ease_cm"] + 14.0
    scoop = numbers["scoop_cm"]
    return Bodice(
        chest_cm=chest,
        waist_cm=numbers["waist_ratio"] * chest,
        hip_cm=max(numbers["hip_ratio"] * chest, 0.0),
        hem_cm=numbers["hem_ratio"] * chest,
        waist_depth_cm=body["back_waist"] + 1.0,
        hip_depth_cm=body["back_waist"] + 20.0,
        length_cm=numbers["length_cm"] + 0.4 * (body["height"] - middle["height"]) + 0.06 * grow,
        shoulder_cm=shoulder,
        slope_cm=slope,
        neck_cm=neck,
        front_neck_cm=numbers["front_neck_cm"] + 0.03 * grow,
        back_neck_cm=numbers["back_neck_cm"],
        neck_shape=design.neckline if design.neckline in ("v", "scoop", "boat") else "crew",
        armhole_cm=armpit - slope,
        front_scoop_cm=scoop,
        back_scoop_cm=max(scoop - 1.0, 0.3),
        straight=numbers["waist_ratio"] == numbers["hem_ratio"] == 1.0,
    )


def sleeves_for(design: Design, size: str, bodice: Bodice, split: bool = False) -> tuple[Sleeve, dict[str, float]]:
    """Both sleeves of a design in one size, and their measures; ``split``: the front is in two halves."""
    body, numbers = body_chart(design.sex, size), design.numbers
    cut = SleeveCut(
        length_cm=numbers["sleeve_ratio"] * body["arm"] - numbers["shoulder_drop_cm"],
        cuff_cm=body["wrist" if design.sleeve == "long" else "upper_arm"] + numbers["cuff_ease_cm"],
        cap_ratio=numbers["cap_ratio"],
        cap_ease_cm=numbers["cap_ease_cm"],
    )
    fronts = ("left_front", "right_front") if split else ("front", "front")
    chord = np.array([bodice.underarm, bodice.tip])
    sleeve = draft_sleeves(cut, armhole_lengths(bodice), chord, fronts)
    return sleeve, {"sleeve": cut.length_cm, "biceps": sleeve.biceps_cm, "cuff": cut.cuff_cm}


def body_seams(borders: tuple[str, ...] = ("shoulder", "side"), split: bool = False) -> list[Seam]:
    """Front to back, both sides."""
    return [
        Seam(f"{side}_front" if split else "front", f"{side}_{border}", "back", f"{side}_{border}")
        for side in ("left", "right")
        for border in borders
    ]


def bodice_measures(bodice: Bodice) -> dict[str, float]:
    """Finished measures of the sheets, girths whole, cm."""
    return {
        "chest": bodice.chest_cm,
        "waist": bodice.waist_cm,
        "hip": girth_at(bodice, bodice.hip_depth_cm),
        "hem": bodice.hem_cm,
        "shoulder": bodice.shoulder_cm,
        "neck": bodice.neck_cm,
        "length": bodice.length_cm,
    }


def draft_top(design: Design, size: str) -> Pattern:
    """Two sheets, two sleeves where the design has them, and a standing band on a turtle neck."""
    bodice = bodice_for(design, size)
    panels = [draft_sheet(bodice, back=False), draft_sheet(bodice, back=True)]
    seams, measures = body_seams(), bodice_measures(bodice)
    return finish(design, size, bodice, panels, seams, measures)


def finish(
    design: Design,
    size: str,
    bodice: Bodice,
    panels: list[Panel],
    seams: list[Seam],
    measures: dict[str, float],
) -> Pattern:
    """The pattern of a body with the sleeves and the standing band that the design has."""
    if design.sleeve != "none":
        sleeve, sleeve_measures = sleeves_for(design, size, bodice)
        panels += sleeve.panels
        seams += sleeve.seams
        measures |= sleeve_measures
    if design.neckline == "turtle":
        bands, band_seams = draft_bands(bodice, design.numbers["band_cm"])
        panels += bands
        seams += band_seams
    return Pattern(design, size, tuple(panels), tuple(seams), measures)
