"""The body model, its poses and its tape measures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import trimesh

from fitroom.errors import ConfigError
from fitroom.wardrobe.bodies.body import BodyPart, BodyShape
from fitroom.wardrobe.bodies.clearance import arm_gap_m, thigh_gap_m
from fitroom.wardrobe.bodies.figure import figure, swing, twist_angle, two_bone
from fitroom.wardrobe.bodies.model import BodyModel, body_model
from fitroom.wardrobe.bodies.poses import POSES, between, rotations, start_pose
from fitroom.wardrobe.bodies.tape import MEASURES, measure

MAN = BodyShape("male", {"gender": 0.0, "age": 0.7})
WOMAN = BodyShape("female", {"gender": 1.0, "age": 0.7})
HEAVY_MAN = BodyShape("male", {"gender": 0.0, "age": 0.75, "weight": 1.0, "muscle": 0.15, "height": 0.35})
HEAVY_WOMAN = BodyShape("female", {"gender": 1.0, "age": 0.75, "weight": 1.0, "muscle": 0.15, "height": 0.35})
SHAPES = {"man": MAN, "woman": WOMAN, "heavy man": HEAVY_MAN, "heavy woman": HEAVY_WOMAN}


@pytest.fixture(scope="module")
def model() -> BodyModel:
    return body_model()


def test_arrays_are_as_promised(model: BodyModel) -> None:
    count = len(model.canonical_m)
    assert model.faces.dtype == np.int32 and model.faces.max() == count - 1
    assert model.part_weights.shape == (count, len(BodyPart))
    assert np.allclose(model.part_weights.sum(1), 1, atol=1e-5) and not model.part_weights[:, BodyPart.NONE].any()
    assert set(model.part_of_vertex()) == {part.value for part in BodyPart if part}
    assert [int((model.eye_component == eye).sum()) for eye in (1, 2)] == [72, 72]
    assert not (model.main_component & (model.eye_component > 0)).any()


def test_the_skin_is_watertight_and_faces_outwards(model: BodyModel) -> None:
    faces = model.faces[model.main_component[model.faces].all(1)]
    skin = trimesh.Trimesh(model.body(MAN).vertices_m, faces, process=False)
    assert skin.is_watertight and skin.volume > 0.05


def test_a_body_stands_on_the_floor_facing_us(model: BodyModel) -> None:
    body = model.body(WOMAN)
    assert body.vertices_m[:, 2].min() == pytest.approx(0.0)
    assert body.keypoints_m.shape == (17, 3)
    assert model.joint(body, "wrist.L")[0] > 0 > model.joint(body, "wrist.R")[0]
    assert body.keypoints_m[0, 1] < body.keypoints_m[3, 1]  # the nose is nearer to the camera than the ear


def test_unknown_names_are_told(model: BodyModel) -> None:
    with pytest.raises(ConfigError, match="no such parameter"):
        model.body(BodyShape("male", {"girth": 1.0}))
    with pytest.raises(ConfigError, match="rotations"):
        model.body(MAN, {"tail": (0.0, 0.0, 0.0)})
    with pytest.raises(ConfigError, match="no such pose"):
        rotations(model, MAN, "handstand")


def test_the_figure_knows_where_annys_bones_go(model: BodyModel) -> None:
    posed = figure(model, MAN)
    posed.turn("root", swing(np.array([0.0, 0, 1]), np.array([0.1, 0, 1])))
    posed.turn("upperarm01.L", swing(np.array([1.0, 0, 0]), np.array([1.0, 0.5, -1])))
    posed.bend("lowerarm01.L", swing(np.array([0.0, -1, 0]), np.array([0.0, -1, 0.8])))
    body = model.body(MAN, posed.rotations())
    for bone in ("upperarm01.L", "lowerarm01.L", "wrist.L", "finger2-3.L", "foot.R"):
        expected = posed.head(bone) - posed.head("root")
        assert np.allclose(model.joint(body, bone) - model.joint(body, "root"), expected, atol=1e-4)


def test_two_bones_reach_their_goal() -> None:
    root, goal = np.array([0.0, 0, 1]), np.array([0.3, -0.2, 0.6])
    upper, lower = two_bone(root, goal, 0.3, 0.35, np.array([0.0, 1, 0]))
    assert np.allclose(root + 0.3 * upper + 0.35 * lower, goal)
    assert twist_angle(np.eye(3), upper) == pytest.approx(0)


def test_start_pose_has_straight_arms_in_the_frontal_plane(model: BodyModel) -> None:
    for shape in SHAPES.values():
        body = model.body(shape, start_pose(model, shape, 35.0))
        for side, sign in (("L", 1), ("R", -1)):
            shoulder, elbow, wrist = (model.joint(body, f"{b}.{side}") for b in ("upperarm01", "lowerarm01", "wrist"))
            along = (wrist - shoulder) / np.linalg.norm(wrist - shoulder)
            wanted = [sign * np.cos(np.radians(35)), 0, -np.sin(np.radians(35))]
            assert np.allclose(along, wanted, atol=0.01)
            assert np.linalg.norm(np.cross(elbow - shoulder, along)) < 0.004
        assert thigh_gap_m(model, body) > 0
        assert 0.2 < model.joint(body, "foot.L")[0] - model.joint(body, "foot.R")[0] < 0.5


@pytest.mark.parametrize("name", SHAPES)
def test_hands_and_forearms_stay_clear_in_every_pose(model: BodyModel, name: str) -> None:
    shape = SHAPES[name]
    start = start_pose(model, shape, 35.0)
    for pose in POSES:
        found = rotations(model, shape, pose)
        assert min(arm_gap_m(model, model.body(shape, found))) > 0.01, pose
        assert min(arm_gap_m(model, model.body(shape, between(start, found, 0.7)))) > 0.01, pose


def test_both_feet_are_on_the_floor(model: BodyModel) -> None:
    part = model.part_of_vertex()
    for pose in POSES:
        body = model.body(WOMAN, rotations(model, WOMAN, pose))
        for foot in (BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT):
            assert body.vertices_m[part == foot, 2].min() < 0.012, pose


def test_between_starts_and_stops_where_it_should(model: BodyModel) -> None:
    a, b = start_pose(model, MAN, 35.0), rotations(model, MAN, "hands_on_hips")
    for t, wanted in ((0.0, a), (1.0, b)):
        expected = model.body(MAN, wanted).vertices_m
        assert np.allclose(model.body(MAN, between(a, b, t)).vertices_m, expected, atol=1e-5)


def test_the_tape_agrees_with_anny_where_anny_measures(model: BodyModel) -> None:
    for shape in (MAN, WOMAN):
        found = measure(model, shape)
        theirs = model.anthropometry(torch.from_numpy(model.body(shape).vertices_m)[None])
        assert found.cm["height"] == pytest.approx(100 * float(theirs["height"]), abs=1.0)
        assert found.cm["waist"] == pytest.approx(100 * float(theirs["waist_circumference"]), abs=2.5)
        assert found.mass_kg == pytest.approx(float(theirs["mass"]) * 1000 / 980, rel=0.03)


def test_measures_are_complete_ordered_and_heights_too(model: BodyModel) -> None:
    found = measure(model, WOMAN)
    assert set(found.cm) == set(MEASURES)
    height = found.height_cm
    assert height["crotch"] < height["hip"] < height["waist"] < height["chest"] < height["shoulder"]
    assert height["shoulder"] < height["neck_base"] < found.cm["height"]
    assert found.cm["inseam"] == pytest.approx(height["crotch"])
    assert found.bmi == pytest.approx(found.mass_kg / (found.cm["height"] / 100) ** 2)


@pytest.mark.parametrize(
    ("slider", "name"),
    [("measure-bust-circ-incr", "chest"), ("measure-waist-circ-incr", "waist"), ("measure-hips-circ-incr", "hip")],
)
def test_a_slider_moves_its_own_girth(model: BodyModel, slider: str, name: str) -> None:
    before, after = measure(model, WOMAN).cm, measure(model, BodyShape("female", WOMAN.phenotype, {slider: 0.5})).cm
    assert after[name] > before[name] + 3
    assert after["neck"] == pytest.approx(before["neck"], abs=0.4)
