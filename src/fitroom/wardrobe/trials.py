"""Single garments on single bodies, for experiments: which bodies, which designs, typical cloth, each drape once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache

import numpy as np

from fitroom.wardrobe.bodies.body import BodyMeasures, BodyShape
from fitroom.wardrobe.bodies.model import body_model
from fitroom.wardrobe.bodies.population import body_shape, wanted_measures
from fitroom.wardrobe.bodies.tape import measure
from fitroom.wardrobe.drape.dress import Draped, Fitting, Layer
from fitroom.wardrobe.fabrics.fabric import Fabric, Material
from fitroom.wardrobe.fabrics.materials import STOCK, drape_coefficient
from fitroom.wardrobe.outfits import MATERIALS_OF
from fitroom.wardrobe.patterns.catalogue import NUM_DESIGNS, design, draft
from fitroom.wardrobe.patterns.grading import recommended_size
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import SIZES, Category, Design
from fitroom.wardrobe.truth.cloth import girth_cm
from fitroom.wardrobe.truth.fit import ease
from fitroom.wardrobe.truth.lengths import lengths

POSE = "arms_away"
SPACING_CM = 1.4
PLACES = ("chest", "waist", "hip")


@dataclass(frozen=True)
class Trial:
    """A design in a size on a body, alone, in the cloth its category is mostly made of.

    Attributes:
        design: index in the catalogue.
        size: of :data:`SIZES`.
        body: index in the population.
        longer_cm: by which the pattern is lengthened.
        spacing_cm: of the cloth mesh.
    """

    design: int
    size: str
    body: int
    longer_cm: float = 0.0
    spacing_cm: float = SPACING_CM

    @property
    def style(self) -> Design:
        """The design, lengthened."""
        style = design(self.design)
        if not self.longer_cm:
            return style
        return replace(style, numbers={**style.numbers, "length_cm": style.numbers["length_cm"] + self.longer_cm})

    @property
    def measures(self) -> BodyMeasures:
        """Of the body."""
        return _measures(self.body)

    def garment_cm(self) -> dict[str, float]:
        """Finished measures of the pattern."""
        return dict(draft(self.style, self.size).measures_cm)

    def ease_cm(self) -> dict[str, float]:
        """Garment less body at chest, waist and hip, where the garment is."""
        style = self.style
        room = ease(self.garment_cm(), self.measures.cm, style.region, style.neckline)
        return {place: room[place] for place in PLACES if place in room}

    def drape(self) -> Draped:
        """On the body, standing with its arms a little away from it."""
        return _drape(self)

    def ends_cm(self) -> dict[str, float]:
        """Where the draped garment ends (``truth.lengths``)."""
        draped = self.drape()
        return lengths(draped.layer.mesh, draped.positions_m, body_model(), _fitting(self.body).body)

    def extent_cm(self) -> dict[str, float]:
        """Girths of the draped cloth at chest and hip without its sleeves, and how far its hem lies below the neck."""
        draped, heights, region = self.drape(), self.measures.height_cm, self.style.region
        mesh = draped.layer.mesh
        trunk = mesh.faces[~np.isin(mesh.limb[mesh.faces], (1, 2)).any(1)]
        found = {
            f"{place}_cm": girth_cm(draped.positions_m, trunk, heights[place] / 100) if there else float("nan")
            for place, there in (("chest", region != "bottom"), ("hip", region in ("bottom", "dress")))
        }
        return {**found, "hem_depth_cm": heights["neck_base"] - self.ends_cm()["hem"]}


def designs_of(category: Category, count: int) -> list[int]:
    """The first designs of a category."""
    found = (index for index in range(NUM_DESIGNS) if design(index).category == category)
    return [index for index, _ in zip(found, range(count), strict=False)]


def wearers(index: int, sizes: tuple[str, ...] = SIZES) -> Iterator[tuple[int, str]]:
    """Bodies whom a design is made for and who should buy it in one of ``sizes``, with that size."""
    style = design(index)
    names = ("waist", "hip") if style.region == "bottom" else ("chest", "waist")
    for body in range(400):
        if style.sex not in (wanted_measures(body)[0], "unisex"):
            continue
        size = recommended_size(_measures(body).cm, style.sex, names)
        if size in sizes:
            yield body, size


def typical(material: Material) -> Fabric:
    """A material's middle numbers as a cloth."""
    numbers = asdict(STOCK[material])
    weave = numbers.pop("weaves")[0]
    del numbers["share"]
    coefficient = drape_coefficient(numbers["bend_n_m"], numbers["density_g_m2"])
    return Fabric(index=-1, material=material, drape_coefficient=coefficient, weave=weave, **numbers)


def usual_material(category: Category) -> Material:
    """What a category is mostly made of."""
    shares = MATERIALS_OF[category]
    return max(shares, key=lambda name: shares[name])


@cache
def _shape(body: int) -> BodyShape:
    return body_shape(body)


@cache
def _measures(body: int) -> BodyMeasures:
    return measure(body_model(), _shape(body))


@lru_cache(maxsize=16)
def _fitting(body: int) -> Fitting:
    return Fitting(body_model(), _shape(body), _measures(body), POSE)


@cache
def _drape(trial: Trial) -> Draped:
    style = trial.style
    mesh = build_mesh(draft(style, trial.size), trial.spacing_cm)
    return _fitting(trial.body).wear([Layer(mesh, typical(usual_material(style.category)))])[0]
