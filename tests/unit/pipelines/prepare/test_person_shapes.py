"""What is read from a parse: the one person, the window, joints, and a mask that does not know the old garment."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.pipelines.prepare.figures import person_parse

from fitroom.contracts import ANKLES, HIPS, KNEES, NOSE, SHOULDERS, WRISTS, Part
from fitroom.pipelines.pose.model import Pose
from fitroom.pipelines.prepare.cover import OLD, UPPER, cover
from fitroom.pipelines.prepare.framing import ASPECT, Window, garment_window, person_window
from fitroom.pipelines.prepare.joints import joints
from fitroom.pipelines.prepare.limbs import beyond_wrist
from fitroom.pipelines.prepare.one_person import one_person
from fitroom.pipelines.prepare.person import keypoints_of
from fitroom.pipelines.prepare.stature import stature


def test_a_passer_by_and_specks_are_background() -> None:
    parse = person_parse(400, 400).copy()
    alone = one_person(parse)
    assert np.array_equal(alone.parse, parse) and alone.dropped == 0 and alone.second_face == 0
    crowd = parse.copy()
    crowd[100:112, 380:392] = Part.FACE
    crowd[112:180, 370:399] = Part.TOP
    crowd[300:306, 10:16] = Part.TOP
    found = one_person(crowd)
    assert np.array_equal(found.parse, parse)
    assert 0.05 < found.dropped < 0.2 and found.second_face == pytest.approx(144 / (28 * 34), rel=0.3)


def test_a_head_under_a_cap_without_face_or_hair_is_seen_from_behind() -> None:
    parse = person_parse()
    capped = stature(np.where(np.isin(parse, (Part.FACE, Part.HAIR)), Part.HAT, parse))
    facing = stature(parse)
    assert capped is not None and facing is not None
    assert facing.front and not capped.front and abs(capped.chin_px - facing.chin_px) < 20


def test_an_empty_parse_has_no_person() -> None:
    found = one_person(np.zeros((40, 30), np.uint8))
    assert not found.parse.any() and found.box() == (0, 0, 40, 30)


def test_a_thin_gap_does_not_cut_a_person() -> None:
    parse = person_parse().copy()
    parse[170:172] = 0
    assert np.array_equal(one_person(parse).parse, parse)


def test_a_window_is_three_to_four_and_holds_the_person() -> None:
    window = person_window((100, 300, 500, 420), 800, 1000)
    assert window.width_px == pytest.approx(window.height_px * ASPECT, abs=1)
    assert not window.cuts((100, 300, 500, 420)) and window.height_px < 470


def test_who_does_not_fit_is_cut_but_not_at_the_head() -> None:
    window = person_window((10, 100, 790, 300), 800, 400)
    assert (window.height_px, window.width_px) == (533, 400)
    assert window.top <= 10 and window.cuts((10, 100, 790, 300))


def test_a_garments_window_may_reach_beyond_and_its_mask_does_not() -> None:
    window = garment_window((0, 0, 100, 100))
    assert window.left < 0 and window.top < 0 and not window.cuts((0, 0, 100, 100))
    mask = window.take_mask(np.ones((100, 100), bool), 200)
    assert mask.shape == (200, 150) and mask[100, 75] and not mask[0].any() and not mask[:, 0].any()


def test_a_window_of_the_whole_photo_is_the_photo() -> None:
    photo_u8 = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    assert np.array_equal(Window(0, 0, 40, 30).take(photo_u8, 40), photo_u8)


@pytest.mark.parametrize("height", [400, 800])
def test_joints_lie_where_they_are_on_a_standing_body(height: int) -> None:
    points = joints(person_parse(height, height * 3 // 4)) * (400 / height, 400 / height, 1)
    true = {
        NOSE: (150, 50), SHOULDERS[0]: (177, 83), SHOULDERS[1]: (123, 83), WRISTS[0]: (189, 172), WRISTS[1]: (111, 172),
        HIPS[0]: (167, 190), HIPS[1]: (133, 190), KNEES[0]: (167, 275), KNEES[1]: (133, 275), ANKLES[0]: (167, 358),
        ANKLES[1]: (133, 358),
    }  # fmt: skip
    for joint, place in true.items():
        assert points[joint, 2] == 1 and np.hypot(*(points[joint, :2] - place)) < 16, (joint, points[joint])
    assert not points[1:5].any()  # eyes and ears are never known


def test_nobody_has_no_joints_and_feet_out_of_sight_no_ankles() -> None:
    assert not joints(np.zeros((40, 30), np.uint8)).any()
    points = joints(person_parse()[:300])
    assert not points[[*KNEES, *ANKLES]].any() and points[[*SHOULDERS, *HIPS], 2].all()


def test_shoulders_and_hips_that_a_pose_model_did_not_find_are_guessed() -> None:
    parse, found = person_parse(), np.zeros((17, 3), np.float32)
    found[5] = 7, 8, 2
    points, guessed = keypoints_of(Pose(found), parse), joints(parse)
    assert points[5].tolist() == [7, 8, 2] and (points[[6, 11, 12]] == guessed[[6, 11, 12]]).all()
    assert not points[[0, 7, 13]].any() and guessed[[0, 13], 2].all() and not found[6].any()
    assert (keypoints_of(None, parse) == guessed).all()


def test_a_mirrored_person_has_mirrored_joints() -> None:
    parse = person_parse(x=10)
    mirrored = parse[:, ::-1].copy()
    swap = np.arange(len(Part), dtype=np.uint8)
    for left, right in ((4, 5), (6, 7), (14, 15)):
        swap[left], swap[right] = right, left
    points, other = joints(parse), joints(swap[mirrored])
    order = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    flipped = other[order]
    flipped[:, 0] = np.where(flipped[:, 2] > 0, parse.shape[1] - flipped[:, 0], 0)
    assert np.abs(points - flipped).max() < 4


def test_the_mask_hides_the_old_top_and_keeps_face_hands_and_shoes() -> None:
    parse = person_parse()
    found = cover(parse, joints(parse), UPPER)
    assert found is not None and found.stays < 0.02 and not found.follows
    assert not (found.mask & np.isin(parse, (Part.LEFT_SHOE, Part.RIGHT_SHOE))).any()
    assert not (found.mask & beyond_wrist(parse, joints(parse))).any() and beyond_wrist(parse, joints(parse)).any()
    face = parse == Part.FACE
    assert (found.mask & face).sum() < 0.2 * face.sum()  # the chin, where collars end


def test_the_mask_does_not_tell_how_loose_the_old_top_was() -> None:
    masks = []
    for loose in (0, 3, 6):
        parse = person_parse(loose=loose)
        found = cover(parse, joints(parse), UPPER)
        assert found is not None
        masks.append(found.mask)
    for mask in masks[1:]:
        assert (mask & masks[0]).sum() / (mask | masks[0]).sum() > 0.97


@pytest.mark.parametrize("category", list(OLD))
def test_the_mask_covers_what_it_is_for(category: str) -> None:
    parse = person_parse()
    found = cover(parse, joints(parse), category)
    assert found is not None and found.stays < 0.02
    assert found.mask[110, 150] == (category != "lower_body") and found.mask[330, 150] == (category != UPPER)


def test_legs_out_of_sight_get_no_mask() -> None:
    parse = person_parse()[:190]
    assert cover(parse, joints(parse), "lower_body") is None and cover(parse, joints(parse), UPPER) is not None
    assert cover(parse, np.zeros((17, 3), np.float32), UPPER) is None


def test_a_garment_no_figure_hides_is_covered_all_the_same_and_said() -> None:
    parse = person_parse(400, 600).copy()
    parse[100:140, 20:580] = np.where(parse[100:140, 20:580] == 0, Part.TOP, parse[100:140, 20:580])
    found = cover(parse, joints(parse), UPPER)
    assert found is not None and found.follows and found.stays < 0.02
