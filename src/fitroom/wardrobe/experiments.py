"""What the physics is held to: experiments whose outcome is known beforehand, each with its numbers.

Cloth with room in it is hardly stretched; a hem falls as its pattern is lengthened; fabrics drape in the order the
laboratory finds; what is cut too small is stretched where it is; the next size is wider and longer; nobody's skin
comes through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any

import numpy as np

from fitroom.errors import ConfigError
from fitroom.wardrobe.drape.cusick import drape_test
from fitroom.wardrobe.fabrics.fabric import MATERIALS
from fitroom.wardrobe.fabrics.materials import GRAVITY_M_S2, bending_length_cm
from fitroom.wardrobe.findings import Finding, Row, column
from fitroom.wardrobe.patterns.pattern import CATEGORIES, SIZES, Category
from fitroom.wardrobe.trials import PLACES, SPACING_CM, Trial, designs_of, typical, usual_material, wearers
from fitroom.wardrobe.truth.cloth import strain
from fitroom.wardrobe.truth.fit import fit_labels

MOST_STRETCH = 0.02
TOLERANCE_CM = 0.3  # by which the next size may come out smaller: cloth never folds twice alike
LONGER_CM = (-8.0, -4.0, 0.0, 4.0, 8.0)
SMALLER_BY = 2  # sizes
BENDING_LENGTHS_CM = (0.5, 0.7, 0.9, 1.1, 1.4, 1.7, 2.1, 2.6, 3.2, 4.0, 5.0, 6.0)
DRAPE_ORDER = (("satin", "chiffon"), ("jersey",), ("poplin", "fleece"), ("denim",), ("leather",))
TIGHT_CATEGORIES: tuple[Category, ...] = ("t-shirt", "shirt", "blouse", "dress", "skirt", "trousers")


@dataclass(frozen=True)
class Extent:
    """How much is tried.

    Attributes:
        bodies: for each category, and for each lengthened tee; tight garments take one less.
        spacing_cm: of garments.
        disc_cm: spacing of the discs of the Cusick test.
        categories: of garments.
        sizes: of a size sequence.
    """

    bodies: int = 3
    spacing_cm: float = SPACING_CM
    disc_cm: float = 0.7
    categories: tuple[Category, ...] = CATEGORIES
    sizes: tuple[str, ...] = SIZES


def stretch(extent: Extent) -> Finding:
    """Mean elongation of garments with room at chest, waist and hip, in the size their wearers should buy."""
    rows = []
    for trial in _fitting_trials(extent):
        report = trial.drape().report
        rows.append({
            **_named(trial), "least_ease_cm": round(min(trial.ease_cm().values()), 1),
            "strain_mean": report.strain_mean, "strain_p99": report.strain_p99,
        })  # fmt: skip
    means = column(rows, "strain_mean")
    return Finding(
        "mean stretch of garments with positive ease",
        rows,
        {
            "garments": len(rows), "mean": float(means.mean()), "worst": float(means.max()),
            "share_under_2_percent": float((means < MOST_STRETCH).mean()),
        },
    )  # fmt: skip


def inside(extent: Extent) -> Finding:
    """Vertices inside the body, hands and feet left out, of the same garments."""
    rows = []
    for trial in _fitting_trials(extent):
        draped = trial.drape()
        report, reasons = draped.report, draped.report.reasons()
        rows.append({
            **_named(trial), "vertices": len(draped.positions_m), "over_2_mm": report.inside_share,
            "over_5_mm": report.deep_share, "rejected": ", ".join(reasons) or "no",
        })  # fmt: skip
    count = column(rows, "vertices")
    return Finding(
        "share of vertices more than 2 and 5 mm inside the body",
        rows,
        {
            "garments": len(rows), "vertices": float(count.sum()),
            "over_2_mm": float((column(rows, "over_2_mm") * count).sum() / count.sum()),
            "over_5_mm": float((column(rows, "over_5_mm") * count).sum() / count.sum()),
            "worst_over_2_mm": float(column(rows, "over_2_mm").max()),
            "rejected": float(sum(row["rejected"] != "no" for row in rows)),
        },
    )  # fmt: skip


def hem(extent: Extent) -> Finding:
    """Height of a tee's hem against the length of its pattern."""
    rows = []
    tee = next(index for index in designs_of("t-shirt", 50) if Trial(index, "M", 0).style.cut == "regular")
    for body, size in islice(wearers(tee), extent.bodies):
        trials = [Trial(tee, size, body, longer, extent.spacing_cm) for longer in LONGER_CM]
        length = np.array([trial.garment_cm()["length"] for trial in trials])
        height = np.array([trial.ends_cm()["hem"] for trial in trials])
        offset = height + length
        rows.append({
            "body": body, "size": size, "length_cm": float(length[len(length) // 2]),
            "slope": float(-np.polyfit(length, height, 1)[0]),
            "worst_residual_cm": float(np.abs(offset - offset.mean()).max()),
        })  # fmt: skip
    return Finding(
        "fall of a tee's hem for each cm its pattern is longer, and the worst misfit of a slope of 1",
        rows,
        {
            "tees": len(rows) * len(LONGER_CM), "slope": float(column(rows, "slope").mean()),
            "worst_residual_cm": float(column(rows, "worst_residual_cm").max()),
        },
    )  # fmt: skip


def cusick(extent: Extent) -> Finding:
    """Drape coefficient of the ten materials' typical cloths, and of one cloth over all bending lengths."""
    rows: list[Row] = []
    for material in MATERIALS:
        cloth = typical(material)
        length_cm = bending_length_cm(cloth.bend_n_m, cloth.density_g_m2)
        measured = drape_test(cloth, extent.disc_cm)[0]
        rows.append(_coefficient(material, length_cm, measured, cloth.drape_coefficient))
    found = {row["cloth"]: row["drape_coefficient"] for row in rows}
    rows.sort(key=lambda row: float(row["drape_coefficient"]))
    poplin = typical("poplin")
    for length_cm in BENDING_LENGTHS_CM:
        bend_n_m = (length_cm / 100) ** 3 * poplin.density_g_m2 / 1000 * GRAVITY_M_S2
        measured = drape_test(replace(poplin, bend_n_m=bend_n_m), extent.disc_cm)[0]
        rows.append(_coefficient("any", length_cm, measured, None))
    steps = list(pairwise([[found[name] for name in names] for names in DRAPE_ORDER]))
    single = [row["drape_coefficient"] for row in rows if row["cloth"] == "any"]
    return Finding(
        "simulated Cusick test; table = the coefficient that the catalogue gives such a cloth",
        rows,
        {
            "discs": len(rows),
            "out_of_order": sum(max(softer) >= min(stiffer) for softer, stiffer in steps),
            "table_falls": sum(after < before for before, after in pairwise(single)),
        },
    )


def tightness(extent: Extent) -> Finding:
    """Garments two sizes too small: the label at each place that is too small, and the stretch there in both sizes."""
    rows = []
    for category in (name for name in TIGHT_CATEGORIES if name in extent.categories):
        index = designs_of(category, 1)[0]
        for body, size in islice(wearers(index, SIZES[SMALLER_BY + 1 :]), max(1, extent.bodies - 1)):
            own = Trial(index, size, body, spacing_cm=extent.spacing_cm)
            rows += list(_too_small(own, replace(own, size=SIZES[SIZES.index(size) - SMALLER_BY])))
    return Finding(
        "garments two sizes too small, at each place with negative ease",
        rows,
        {
            "places": len(rows),
            "read_tight": sum(row["label"] == "tight" for row in rows),
            "stretched_more": sum(row["strain"] > row["own_strain"] for row in rows),
        },
    )


def sizes(extent: Extent) -> Finding:
    """Every size of a design on one body: girths of the draped cloth and depth of its hem must grow."""
    rows = []
    for category in extent.categories:
        index = designs_of(category, 1)[0]
        body, _ = next(wearers(index, ("M", "L")))
        for size in extent.sizes:
            trial = Trial(index, size, body, spacing_cm=extent.spacing_cm)
            rows.append({**_named(trial), **trial.extent_cm(), "rejected": bool(trial.drape().report.reasons())})
    summary: dict[str, float] = {"garments": len(rows), "rejected": float(column(rows, "rejected").sum())}
    for name in ("chest_cm", "hip_cm", "hem_depth_cm"):
        steps = [(a, b) for a, b in pairwise(rows) if a["design"] == b["design"] and not np.isnan(a[name] + b[name])]
        smaller = [(a, b) for a, b in steps if b[name] < a[name] - TOLERANCE_CM]
        kept = [pair for pair in smaller if not any(row["rejected"] for row in pair)]
        summary |= {f"{name}_steps": len(steps), f"{name}_falls": len(smaller), f"{name}_falls_kept": len(kept)}
    return Finding("size sequences on one body: girth of the draped cloth, depth of its hem", rows, summary)


EXPERIMENTS: Mapping[str, Callable[[Extent], Finding]] = {
    "stretch": stretch, "inside": inside, "hem": hem, "cusick": cusick, "tightness": tightness, "sizes": sizes,
}  # fmt: skip


def prove(extent: Extent, only: Sequence[str] = ()) -> Iterator[tuple[str, Finding]]:
    """Runs the experiments, or those called ``only``.

    Raises:
        ConfigError: there is no such experiment.
    """
    unknown = sorted(set(only) - set(EXPERIMENTS))
    if unknown:
        raise ConfigError("there is no such experiment", rule=f"one of {', '.join(EXPERIMENTS)}", got=unknown)
    for name in only or EXPERIMENTS:
        yield name, EXPERIMENTS[name](extent)


def _fitting_trials(extent: Extent) -> Iterator[Trial]:
    """Of each category some designs, each on another body, in the size it should buy, with room everywhere."""
    for category in extent.categories:
        used: set[int] = set()
        for index in designs_of(category, extent.bodies):
            for body, size in wearers(index):
                trial = Trial(index, size, body, spacing_cm=extent.spacing_cm)
                if body not in used and min(trial.ease_cm().values()) > 0:
                    used.add(body)
                    yield trial
                    break


def _too_small(own: Trial, small: Trial) -> Iterator[Row]:
    """A row for each place of the small garment that is narrower than the body."""
    room = small.ease_cm()
    labels = fit_labels(room, small.style.region)
    bands = {place: own.measures.height_cm[place] / 100 for place in PLACES}
    if min(room.values()) >= 0:
        return
    tense, slack = (strain(t.drape().layer.mesh, t.drape().positions_m, bands) for t in (small, own))
    for place, ease_cm in room.items():
        if ease_cm < 0 and place in tense and place in slack:
            yield {
                **_named(small), "place": place, "ease_cm": ease_cm, "label": str(labels[place]),
                "strain": tense[place], "own_size": own.size, "own_strain": slack[place],
            }  # fmt: skip


def _named(trial: Trial) -> dict[str, Any]:
    style = trial.style
    return {
        "category": style.category, "design": trial.design, "cloth": usual_material(style.category),
        "body": trial.body, "size": trial.size,
    }  # fmt: skip


def _coefficient(cloth: str, length_cm: float, measured: float, catalogue: float | None) -> Row:
    return {"cloth": cloth, "bending_length_cm": length_cm, "drape_coefficient": measured, "table": catalogue}
