"""One planned group to rows: people dressed, photographed and measured; the same drape is never simulated twice."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from fitroom.wardrobe.atelier import Atelier, Shelf
from fitroom.wardrobe.bodies.body import BodyMeasures, BodyShape
from fitroom.wardrobe.bodies.model import BodyModel, body_model
from fitroom.wardrobe.bodies.population import body_shape
from fitroom.wardrobe.bodies.tape import measure
from fitroom.wardrobe.config import SimulationSettings
from fitroom.wardrobe.drape.dress import Draped, Fitting, tuck_under
from fitroom.wardrobe.fabrics.describe import describe
from fitroom.wardrobe.fabrics.prints import print_
from fitroom.wardrobe.outfits import LIGHT_TOPS
from fitroom.wardrobe.patterns.catalogue import design
from fitroom.wardrobe.people.appearance import appearance, with_face
from fitroom.wardrobe.people.figure import figure, tuck
from fitroom.wardrobe.plan import CasePlan, GarmentPlan, GroupPlan, PersonPlan
from fitroom.wardrobe.rows import Rejection, Row
from fitroom.wardrobe.studio.backdrops import backdrop
from fitroom.wardrobe.studio.camera import frame_camera
from fitroom.wardrobe.studio.lights import light
from fitroom.wardrobe.studio.render import render
from fitroom.wardrobe.studio.scene import Camera, Frame, SceneMesh
from fitroom.wardrobe.truth.cloth import loop_cm, strain
from fitroom.wardrobe.truth.fit import ease, fit_labels
from fitroom.wardrobe.truth.flow import garment_flow
from fitroom.wardrobe.truth.lengths import length_labels, lengths
from fitroom.wardrobe.truth.maps import UndressedMaps, keypoints, undressed
from fitroom.wardrobe.truth.masks import agnostic, spill_px

Outfit = tuple[GarmentPlan, ...]


def simulate(group: GroupPlan, settings: SimulationSettings) -> Iterator[Row | Rejection]:
    """Makes every case of a group.

    Args:
        group: what to make; its seed and plans decide everything.
        settings: sizes of meshes and pictures.

    Yields:
        A :class:`Row` for each case, or a :class:`Rejection` where a garment in it did not drape as cloth does.
    """
    room = _room(settings.spacing_cm, settings.photos, *_sizes(settings))
    session = _Session(room, group.seed, settings)
    for case in group.cases:
        yield session.case(case)


@cache
def _room(spacing_cm: float, photos: str | None, *sizes: int) -> Atelier:
    """The atelier of this process; garments outlive a group, people do not."""
    height, width, photo_height, photo_width = sizes
    kept = SimulationSettings(height, width, photo_height, photo_width, spacing_cm, photos=photos)
    return Atelier(body_model(), kept)


def _sizes(s: SimulationSettings) -> tuple[int, int, int, int]:
    return s.height_px, s.width_px, s.photo_height_px, s.photo_width_px


@dataclass(frozen=True)
class _Sitter:
    """One person in pose, before the camera, undressed."""

    plan: PersonPlan
    measures: BodyMeasures
    fitting: Fitting
    meshes: list[SceneMesh]
    camera: Camera
    maps: UndressedMaps


@dataclass(frozen=True)
class _Shot:
    """A person photographed in an outfit; ``first``: index of each garment's cloth in ``meshes``, its trims follow."""

    frame: Frame
    meshes: list[SceneMesh]
    draped: list[Draped]
    first: list[int]


class _Session:
    """Everything one group shares."""

    def __init__(self, atelier: Atelier, seed: int, settings: SimulationSettings) -> None:
        self._atelier, self._seed, self._settings = atelier, seed, settings
        self._model: BodyModel = body_model()
        self._fittings, self._sitters, self._shots = Shelf(2), Shelf(4), Shelf(6)
        self._timings_s: dict[str, float] = {}

    def case(self, case: CasePlan) -> Row | Rejection:
        """One row, or why there is none."""
        self._timings_s = {}
        sitter = self._sitter(case.person)
        source, target = _outfit(case, case.source), _outfit(case, case.target)
        for outfit in (source, target):
            for plan, draped in zip(outfit, self._wear(sitter, outfit), strict=True):
                if reasons := draped.report.reasons():
                    numbers = {**vars(draped.report), "design": float(plan.design)}
                    return Rejection(case.case_id, reasons[0], numbers)
        before, after = self._shot(sitter, source), self._shot(sitter, target)
        with self._clock("shop photo"):
            photo = self._atelier.photo(case.target)
        with self._clock("truth"):
            columns = self._columns(case, sitter, before, after, photo.frame, photo.meshes, target.index(case.target))
        return Row(case, columns, dict(self._timings_s))

    # -------------------------------------------------------------------------------------------- people and photos

    def _sitter(self, plan: PersonPlan) -> _Sitter:
        return self._sitters.get(plan, lambda: self._seat(plan))

    def _seat(self, plan: PersonPlan) -> _Sitter:
        look = appearance(plan.appearance)
        with self._clock("body"):
            shape = with_face(body_shape(plan.body), look)
            measures, fitting = self._fittings.get(
                (plan.body, plan.appearance, plan.pose), lambda: self._stand(shape, plan.pose)
            )
            body = fitting.body
            meshes = figure(self._model, body, look)
        s = self._settings
        rng = self._rng(plan, "camera")
        camera = frame_camera(
            body.vertices_m, body.keypoints_m, plan.framing, plan.yaw_deg, s.height_px, s.width_px, rng
        )
        with self._clock("truth"):
            hair = [mesh for mesh in meshes if mesh.name == "hair"]
            maps = undressed(self._model, body, camera, hair, [mesh for mesh in meshes if "shoe" in mesh.name])
        return _Sitter(plan, measures, fitting, meshes, camera, maps)

    def _stand(self, shape: BodyShape, pose: str) -> tuple[BodyMeasures, Fitting]:
        measures = measure(self._model, shape)
        return measures, Fitting(self._model, shape, measures, pose)

    def _wear(self, sitter: _Sitter, outfit: Outfit) -> list[Draped]:
        with self._clock("pattern"):
            layers = [self._atelier.layer(plan) for plan in outfit]
        with self._clock("drape"):
            return sitter.fitting.wear(layers)

    def _shot(self, sitter: _Sitter, outfit: Outfit) -> _Shot:
        return self._shots.get((sitter.plan, outfit), lambda: self._photograph(sitter, outfit))

    def _photograph(self, sitter: _Sitter, outfit: Outfit) -> _Shot:
        draped = self._wear(sitter, outfit)
        with self._clock("paint"):
            bare, places = sitter.fitting.field, [d.positions_m for d in draped]
            sheets = [(d.positions_m, d.layer.mesh.faces) for d in draped]
            drawn = [tuck_under(x, sheets[n + 1 :], bare) for n, x in enumerate(places)]
            pieces = [self._atelier.meshes(plan, x) for plan, x in zip(outfit, drawn, strict=True)]
        with self._clock("render"):
            cloth = [mesh.vertices_m for piece in pieces for mesh in piece]
            skin, *rest = sitter.meshes
            tucked = replace(skin, vertices_m=tuck(self._model, skin.vertices_m, cloth))
            meshes = [tucked, *rest, *(mesh for piece in pieces for mesh in piece)]
            plan = sitter.plan
            frame = render(
                meshes, sitter.camera, light(plan.light), backdrop(plan.backdrop), self._rng(plan, "film"),
                samples=max(1, round(self._settings.samples**0.5)),
            )  # fmt: skip
        counts = [len(sitter.meshes), *(len(piece) for piece in pieces)]
        return _Shot(frame, meshes, draped, [int(n) for n in np.cumsum(counts)[:-1]])

    # ------------------------------------------------------------------------------------------------------- truth

    def _columns(
        self,
        case: CasePlan,
        sitter: _Sitter,
        before: _Shot,
        after: _Shot,
        photo: Frame,
        photo_meshes: Sequence[SceneMesh],
        place: int,
    ) -> dict[str, Any]:
        body, draped = sitter.fitting.body, after.draped[place]
        pattern = draped.layer.mesh.pattern
        region = pattern.design.region
        points = keypoints(body, sitter.camera, sitter.maps, before.frame.depth_m)
        emptied, mask = agnostic(before.frame.image_u8, sitter.maps, points, region)
        pairs = [(after.first[place] + k, k) for k in range(len(photo_meshes))]
        flow, visible = garment_flow(after.frame, after.meshes, photo, photo_meshes, pairs)
        canonical = sitter.maps.canonical_m
        source_pattern = self._atelier.layer(case.source).mesh.pattern
        return {
            "person": before.frame.image_u8,
            "garment": photo.image_u8,
            "worn": after.frame.image_u8,
            "agnostic": emptied,
            "person_parse": before.frame.part,
            "worn_parse": after.frame.part,
            "body_part": sitter.maps.body_part,
            "garment_mask": photo.mesh >= 0,
            "repaint_mask": mask,
            "flow_visible": visible,
            "flow": flow,
            "canonical": canonical,
            "depth": np.where(np.isfinite(after.frame.depth_m), after.frame.depth_m, np.nan).astype(np.float32),
            "normal": np.where((after.frame.mesh >= 0)[..., None], after.frame.normal, np.nan).astype(np.float32),
            "keypoints": points,
            "px_per_cm": sitter.camera.px_per_cm,
            "size": case.target.size,
            "source_size": case.source.size,
            "body_cm": {name: round(value, 2) for name, value in sitter.measures.cm.items()},
            "garment_cm": {name: round(value, 2) for name, value in pattern.measures_cm.items()},
            "source_cm": {name: round(value, 2) for name, value in source_pattern.measures_cm.items()},
            **self._fit(sitter, draped),
            "spill_px": spill_px(before.frame.part, mask, region),
            **self._labels(case.target),
            "photo": case.target.photo,
            "source_labels": self._labels(case.source),
        }

    def _fit(self, sitter: _Sitter, draped: Draped) -> dict[str, Any]:
        """Ease, fit, lengths and strain of the target garment."""
        mesh, body = draped.layer.mesh, sitter.fitting.body
        style, heights = mesh.pattern.design, sitter.measures.height_cm
        sewn_cm = {**mesh.pattern.measures_cm, "neck_girth": loop_cm(mesh, "neck")}
        room = ease(sewn_cm, sitter.measures.cm, style.region, style.neckline)
        ends = lengths(mesh, draped.positions_m, self._model, body)
        knee, ankle = (100 * float(self._model.joint(body, bone)[2]) for bone in ("lowerleg01.L", "foot.L"))
        bands = {place: heights[place] / 100 for place in ("chest", "waist", "hip")}
        return {
            "ease_cm": room,
            "fit": {
                **fit_labels(room, style.region, style.neckline),
                **length_labels(ends, style, heights, knee, ankle),
            },
            "lengths_cm": ends,
            "strain": strain(mesh, draped.positions_m, bands),
            "drape_coefficient": draped.layer.fabric.drape_coefficient,
        }

    def _labels(self, plan: GarmentPlan) -> Mapping[str, Any]:
        cloth, decor = self._atelier.layer(plan).fabric, print_(plan.print)
        words = describe(design(plan.design), cloth, decor)
        return {
            "category": words.category,
            "region": design(plan.design).region,
            "cut": words.cut,
            "material": words.material,
            "drape": drape_word(words.drape),
            "sleeve": words.sleeve,
            "neckline": words.neckline,
            "length": words.length,
            "pattern": words.pattern,
            "colors": list(words.colors),
            "seasons": list(words.season),
            "style": words.style,
        }

    def _rng(self, plan: PersonPlan, what: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, zlib.crc32(f"{what} {plan}".encode())])

    @contextmanager
    def _clock(self, stage: str) -> Iterator[None]:
        begun_s = time.perf_counter()
        try:
            yield
        finally:
            self._timings_s[stage] = self._timings_s.get(stage, 0.0) + time.perf_counter() - begun_s


def drape_word(coefficient: float) -> str:
    """How a fabric falls: fluid, soft, firm or stiff, by its drape coefficient."""
    return ("fluid", "soft", "firm", "stiff")[int(np.searchsorted((0.32, 0.45, 0.60), coefficient))]


def _outfit(case: CasePlan, worn: GarmentPlan) -> Outfit:
    """What is worn, from the skin outwards; light tops are tucked into skirts."""
    pieces = (*case.others, worn)
    skirt = any(design(plan.design).category == "skirt" for plan in pieces)

    def rank(plan: GarmentPlan) -> int:
        style = design(plan.design)
        if style.region == "outerwear":
            return 3
        if style.region == "bottom":
            return 1
        return 0 if skirt and style.category in LIGHT_TOPS else 2

    return tuple(sorted(pieces, key=rank))
