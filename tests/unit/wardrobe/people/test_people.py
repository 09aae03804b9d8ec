"""People: looks by index, hair that stays off the face, shoes that hide feet, underclothes, labels by side."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fitroom.contracts import Part
from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import Body, BodyPart, BodyShape
from fitroom.wardrobe.bodies.model import BodyModel, body_model
from fitroom.wardrobe.people.appearance import (
    HAIR_STYLES,
    NUM_APPEARANCES,
    SHOE_STYLES,
    Appearance,
    appearance,
    with_face,
)
from fitroom.wardrobe.people.figure import figure, tuck
from fitroom.wardrobe.people.hair import hair
from fitroom.wardrobe.people.hair_styles import STYLES
from fitroom.wardrobe.people.head_frame import head_frame
from fitroom.wardrobe.people.landmarks import landmarks
from fitroom.wardrobe.people.obstacle import Obstacle
from fitroom.wardrobe.people.shoes import shoes
from fitroom.wardrobe.people.skin import SkinLook
from fitroom.wardrobe.studio.scene import Hits, SceneMesh

MAX_TRIANGLES = 60_000


@pytest.fixture(scope="module")
def model() -> BodyModel:
    return body_model()


@pytest.fixture(scope="module")
def people(model: BodyModel) -> dict[str, Body]:
    return {
        "female": model.body(BodyShape("female", {"gender": 1.0, "age": 0.68})),
        "male": model.body(BodyShape("male", {"gender": 0.0, "age": 0.68})),
    }


def styled(index: int, style: str) -> Appearance:
    return dataclasses.replace(appearance(index), hair_style={"female": style, "male": style})


def hits_at_faces(mesh: SceneMesh) -> Hits:
    corners = mesh.vertices_m[mesh.faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal = (normal / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12)).astype(np.float32)
    count = len(corners)
    return Hits(
        np.arange(count, dtype=np.int32), np.full((count, 3), 1 / 3, np.float32), corners.mean(1).astype(np.float32),
        normal, -normal, np.zeros(count, bool), np.full(count, 0.001, np.float32),
    )  # fmt: skip


def parts_of(model: BodyModel, body: Body, look: Appearance) -> tuple[np.ndarray, np.ndarray, SceneMesh]:
    mesh = SceneMesh("body", body.vertices_m, model.faces, SkinLook(model, look, body.shape.sex))
    hits = hits_at_faces(mesh)
    return mesh.look.parts(mesh, hits), hits.position_m, mesh


def test_an_index_gives_one_look_and_looks_differ() -> None:
    first, again = appearance(17), appearance(17)
    assert first.hair_style == again.hair_style
    assert np.array_equal(first.skin, again.skin)
    assert dict(first.face_sliders) == dict(again.face_sliders)
    looks = [appearance(index) for index in range(300)]
    assert {look.hair_style["female"] for look in looks} == set(HAIR_STYLES["female"])
    assert {look.hair_style["male"] for look in looks} == set(HAIR_STYLES["male"])
    assert {look.shoe_style["female"] for look in looks} == set(SHOE_STYLES["female"])
    lightness = np.array([look.skin.mean() for look in looks])
    assert lightness.min() < 0.06 and lightness.max() > 0.5


@pytest.mark.parametrize("index", [-1, NUM_APPEARANCES])
def test_an_index_outside_the_catalogue_is_refused(index: int) -> None:
    with pytest.raises(ConfigError, match="no such appearance"):
        appearance(index)


def test_face_sliders_are_sliders_of_the_body_model(model: BodyModel) -> None:
    look = appearance(5)
    assert set(look.face_sliders) <= set(model.local_labels)
    shape = BodyShape("female", {"gender": 1.0, "age": 0.7}, {"measure-waist-circ-incr": 0.1})
    merged = with_face(shape, look)
    assert merged.local["measure-waist-circ-incr"] == 0.1
    assert np.isfinite(model.body(merged).vertices_m).all()


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_cut_grows_on_everyone_and_stays_out_of_the_head(
    model: BodyModel, people: dict[str, Body], style: str, sex: str
) -> None:
    body = people[sex]
    mesh = hair(model, body, styled(8, style))
    assert mesh is not None
    assert len(mesh.faces) <= MAX_TRIANGLES
    assert np.isfinite(mesh.vertices_m).all()
    marks = landmarks(model)
    frame = head_frame(model, body, marks)
    distance, _, _ = Obstacle(model, body, marks, frame).nearest(mesh.vertices_m)
    tip = mesh.look.along > 0.3
    assert (distance[tip] < -0.004).mean() < 0.01
    face = frame.to_face(mesh.vertices_m)
    before_face = (face[:, 1] < -9.0) & (np.abs(face[:, 0]) < 4.5) & (face[:, 2] < 1.5) & (face[:, 2] > -11.0)
    assert before_face.mean() < 0.01


def test_the_bald_have_no_hair(model: BodyModel, people: dict[str, Body]) -> None:
    assert hair(model, people["male"], styled(8, "bald")) is None


def test_hair_is_the_same_each_time_and_turns_with_the_head(model: BodyModel, people: dict[str, Body]) -> None:
    look = styled(8, "short crop")
    straight = people["male"]
    first, again = hair(model, straight, look), hair(model, straight, look)
    assert first is not None and again is not None
    assert np.array_equal(first.vertices_m, again.vertices_m)
    turned = model.body(straight.shape, {"head": (0.1, 0.0, 0.5)})
    moved = hair(model, turned, look)
    assert moved is not None
    marks = landmarks(model)
    before = head_frame(model, straight, marks).to_face(first.vertices_m)
    after = head_frame(model, turned, marks).to_face(moved.vertices_m)
    assert np.median(np.linalg.norm(after - before, axis=1)) < 0.5
    assert np.median(np.linalg.norm(moved.vertices_m - first.vertices_m, axis=1)) > 0.02


def test_parts_know_left_from_right_and_cover_torso_and_hips(model: BodyModel, people: dict[str, Body]) -> None:
    part, position, _ = parts_of(model, people["female"], styled(8, "bob"))
    for left, right in ((Part.LEFT_ARM, Part.RIGHT_ARM), (Part.LEFT_LEG, Part.RIGHT_LEG)):
        assert (position[part == left, 0] > 0).all()
        assert (position[part == right, 0] < 0).all()
    assert {int(label) for label in np.unique(part)} <= {int(label) for label in Part}
    assert (part == Part.FACE).any() and (part == Part.HAIR).any()
    heaviest = model.part_weights[model.faces].mean(1).argmax(1)
    z = landmarks(model).face_cm[model.faces].mean(1)[:, 2]
    inner = np.abs(landmarks(model).face_cm[model.faces].mean(1)[:, 0]) < 12.0
    torso = (heaviest == BodyPart.TORSO) & inner & (z < landmarks(model).neckline_cm - 6.0)
    assert np.isin(part[torso], (Part.TOP, Part.TROUSERS)).mean() > 0.99


@pytest.mark.parametrize("style", ["sneaker", "loafer", "boot", "flat"])
def test_a_closed_shoe_hides_the_toes_and_stands_on_the_floor(
    model: BodyModel, people: dict[str, Body], style: str
) -> None:
    body = people["female"]
    look = dataclasses.replace(appearance(4), shoe_style={"female": style, "male": style})
    left, right = shoes(model, body, look)
    assert left.vertices_m[:, 0].mean() > 0 > right.vertices_m[:, 0].mean()
    assert (left.look.parts(left, hits_at_faces(left)) == Part.LEFT_SHOE).all()
    assert (right.look.parts(right, hits_at_faces(right)) == Part.RIGHT_SHOE).all()
    toes = body.vertices_m[(model.part_weights[:, BodyPart.LEFT_FOOT] > 0.9) & (body.vertices_m[:, 2] < 0.04)]
    assert left.vertices_m[:, 1].min() < toes[:, 1].min()
    assert left.vertices_m[:, 0].min() < toes[:, 0].min() and left.vertices_m[:, 0].max() > toes[:, 0].max()
    assert -0.01 < left.vertices_m[:, 2].min() < 0.005


def test_a_figure_is_whole_and_shades_to_finite_colours(model: BodyModel, people: dict[str, Body]) -> None:
    look = dataclasses.replace(styled(8, "bob"), glasses="round")
    meshes = figure(model, people["female"], look)
    assert [mesh.name for mesh in meshes] == ["body", "left_shoe", "right_shoe", "hair", "glasses"]
    for mesh in meshes:
        shading = mesh.look.shade(mesh, hits_at_faces(mesh))
        assert np.isfinite(shading.albedo).all() and np.isfinite(shading.normal).all()
        assert shading.albedo.min() >= 0.0 and shading.albedo.max() <= 1.0
        assert shading.albedo.dtype == np.float32


def test_tuck_draws_the_body_in_under_cloth_but_never_face_or_hands(model: BodyModel, people: dict[str, Body]) -> None:
    body = people["female"]
    tucked = tuck(model, body.vertices_m, [body.vertices_m], depth_m=0.006)
    moved = np.linalg.norm(tucked - body.vertices_m, axis=1)
    weights = model.part_weights
    bare = weights[:, [BodyPart.HEAD, BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND]].sum(1) > 0.5
    assert moved[bare].max() == 0.0
    assert np.allclose(moved[weights[:, BodyPart.TORSO] > 0.99], 0.006, atol=1e-9)
    assert np.array_equal(tuck(model, body.vertices_m, []), body.vertices_m)
