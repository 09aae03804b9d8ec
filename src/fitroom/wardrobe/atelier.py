"""Garments made to plan: sewn, painted, draped or laid out, and turned into meshes for a picture."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from fitroom.contracts import Part
from fitroom.wardrobe.bodies.body import BodyShape, Sex
from fitroom.wardrobe.bodies.model import BodyModel
from fitroom.wardrobe.bodies.tape import measure
from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.drape.dress import Fitting, Layer
from fitroom.wardrobe.drape.lay import lay_flat
from fitroom.wardrobe.fabrics.fabric import Surface
from fitroom.wardrobe.fabrics.materials import fabric
from fitroom.wardrobe.fabrics.paint import paint, paint_trim
from fitroom.wardrobe.fabrics.prints import print_
from fitroom.wardrobe.patterns.catalogue import design, draft
from fitroom.wardrobe.patterns.mesh import build_mesh
from fitroom.wardrobe.patterns.pattern import SIZES, Design
from fitroom.wardrobe.patterns.trims import Trim, trim_meshes
from fitroom.wardrobe.plan import GarmentPlan
from fitroom.wardrobe.studio.cloth_look import ClothLook
from fitroom.wardrobe.studio.lights import photo_light
from fitroom.wardrobe.studio.scene import Frame, SceneMesh
from fitroom.wardrobe.studio.shop_photo import photograph

T = TypeVar("T")
_GHOST_POSE = "arms_away"


class Shelf:
    """Keeps the last ``size`` things made, by key."""

    def __init__(self, size: int) -> None:
        self._size, self._things = size, OrderedDict[Hashable, Any]()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing of that key, made where it is not there."""
        if key not in self._things:
            self._things[key] = make()
            if len(self._things) > self._size:
                self._things.popitem(last=False)
        self._things.move_to_end(key)
        thing: T = self._things[key]
        return thing


@dataclass(frozen=True)
class ShopPhoto:
    """A garment photographed alone.

    Attributes:
        frame: the picture and its buffers.
        meshes: what it was taken of: the cloth first, then trims, in the order of :meth:`Atelier.meshes`.
    """

    frame: Frame
    meshes: list[SceneMesh]


class Atelier:
    """Makes garments, and remembers the last ones.

    Args:
        model: the body model; mannequins stand in it.
        settings: mesh and picture sizes.
    """

    def __init__(self, model: BodyModel, settings: SimulationSettings) -> None:
        self._model, self._settings = model, settings
        self._layers, self._surfaces, self._photos = Shelf(16), Shelf(8), Shelf(6)
        self._mannequins = Shelf(3)

    def layer(self, plan: GarmentPlan) -> Layer:
        """Mesh and cloth; the same object for every print, so that drapes can be shared."""
        key = (plan.design, plan.size, plan.fabric)
        return self._layers.get(key, lambda: self._sew(plan))

    def surface(self, plan: GarmentPlan) -> Surface:
        """The painted pattern."""
        key = (plan.design, plan.size, plan.fabric, plan.print)
        return self._surfaces.get(key, lambda: self._paint(plan))

    def meshes(self, plan: GarmentPlan, positions_m: np.ndarray) -> list[SceneMesh]:
        """The cloth at ``positions_m`` (V, 3), and its collar or hood; always the same meshes with the same faces."""
        layer, surface = self.layer(plan), self.surface(plan)
        part = part_of(layer.mesh.pattern.design)
        look = ClothLook(surface, part)
        pieces = [SceneMesh(layer.mesh.pattern.design.region, positions_m, layer.mesh.faces, look, layer.mesh.atlas_cm)]
        for trim in trim_meshes(layer.mesh, positions_m):
            key = (plan.design, plan.size, plan.fabric, plan.print, trim.name)
            painted = self._surfaces.get(key, partial(self._paint_trim, plan, trim))
            pieces.append(
                SceneMesh(trim.name, trim.vertices_m, trim.faces, ClothLook(painted, part), trim.uv_cm[trim.faces])
            )
        return pieces

    def photo(self, plan: GarmentPlan) -> ShopPhoto:
        """The shop photo: laid flat, or on an invisible mannequin of the garment's own size, never the customer's."""
        return self._photos.get(plan, lambda: self._photograph(plan))

    def _sew(self, plan: GarmentPlan) -> Layer:
        mesh = build_mesh(draft(design(plan.design), plan.size), self._settings.spacing_cm)
        return Layer(mesh, fabric(plan.fabric))

    def _paint(self, plan: GarmentPlan) -> Surface:
        layer = self.layer(plan)
        return paint(layer.mesh, layer.fabric, print_(plan.print), self._px_per_cm(), self._photos_folder())

    def _paint_trim(self, plan: GarmentPlan, trim: Trim) -> Surface:
        width, height = trim.uv_cm.max(0)
        rib = trim.name == "collar" and self.layer(plan).mesh.pattern.design.category == "polo"
        extent = (float(width), float(height))
        return paint_trim(
            self.layer(plan).fabric, print_(plan.print), extent, self._px_per_cm(), self._photos_folder(), rib
        )

    def _photos_folder(self) -> Path | None:
        return Path(self._settings.photos) if self._settings.photos else None

    def _px_per_cm(self) -> float:
        """Texels a little finer than the pixels of the largest picture."""
        return float(np.clip(max(self._settings.photo_height_px, self._settings.height_px) / 64.0, 4.0, 16.0))

    def _photograph(self, plan: GarmentPlan) -> ShopPhoto:
        rng = np.random.default_rng([plan.design, SIZES.index(plan.size), plan.fabric, plan.print, 5])
        layer = self.layer(plan)
        if plan.photo == "flat":
            positions = lay_flat(layer.mesh, layer.fabric, rng)
        else:
            mannequin = self._mannequin(layer.mesh.pattern.design, plan.size)
            positions = mannequin.wear([layer])[0].positions_m
            mannequin.forget()
        meshes = self.meshes(plan, positions)
        s = self._settings
        frame = photograph(meshes, plan.photo, s.photo_height_px, s.photo_width_px, photo_light(), rng)
        return ShopPhoto(frame, meshes)

    def _mannequin(self, style: Design, size: str) -> Fitting:
        sex: Sex = "female" if style.sex == "female" else "male"
        pose = None if style.region == "bottom" else _GHOST_POSE

        def make() -> Fitting:
            shape = mannequin_shape(sex, size)
            return Fitting(self._model, shape, measure(self._model, shape), pose)

        return self._mannequins.get((sex, size, pose), make)


def mannequin_shape(sex: Sex, size: str) -> BodyShape:
    """The body of a shop's mannequin: middling in everything, as heavy as the size is for."""
    weight = float(np.interp(SIZES.index(size), [0, 2, 5], [0.30, 0.50, 0.95]))
    muscle = float(np.interp(SIZES.index(size), [0, 2, 5], [0.50, 0.45, 0.25]))
    gender = 0.0 if sex == "male" else 1.0
    return BodyShape(sex, {"gender": gender, "age": 0.68, "weight": weight, "muscle": muscle, "height": 0.45})


def part_of(style: Design) -> Part:
    """What a garment is in a parse."""
    if style.region == "bottom":
        return Part.SKIRT if style.category == "skirt" else Part.TROUSERS
    return {"top": Part.TOP, "dress": Part.DRESS, "outerwear": Part.OUTERWEAR}[style.region]
