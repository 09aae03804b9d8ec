"""One small case of rectangles: a person in a long-sleeved top, and the truth in a striped short-sleeved one."""

from __future__ import annotations

from typing import Any

import numpy as np

from fitroom.contracts import Part
from fitroom.wardrobe.bodies.body import BodyPart

HEIGHT, WIDTH = 160, 120
PHOTO_DOWN_PX = 8  # the garment lies this much lower in its shop photo
HEM, SOURCE_HEM, CUFF = 98, 104, 70
_BACKDROP, _SKIN = (200, 205, 210), (180, 130, 110)


def small_row(**changed: Any) -> dict[str, Any]:
    """All that controls use; light is flat, so the worn garment is the shop photo's, pixel by pixel."""
    person_parse, worn_parse = _parse(SOURCE_HEM, 95), _parse(HEM, CUFF)
    colors = {Part.TOP: (120, 30, 60), Part.TROUSERS: (40, 50, 90), Part.BACKGROUND: _BACKDROP}
    person, worn = _painted(person_parse, colors), _painted(worn_parse, colors)
    y, x = np.indices((HEIGHT, WIDTH))
    stripes = np.where((y // 6 % 2 == 0)[..., None], (230, 220, 60), (30, 140, 70)).astype(np.uint8)
    on = worn_parse == Part.TOP
    worn[on] = stripes[on]
    mask = np.roll(on, PHOTO_DOWN_PX, axis=0)
    garment = np.where(mask[..., None], np.roll(stripes, PHOTO_DOWN_PX, axis=0), 255).astype(np.uint8)
    flow = np.stack([x + 0.5, y + 0.5 + PHOTO_DOWN_PX], axis=-1).astype(np.float32)
    row = {
        "case_id": "case-0", "person": person, "garment": garment, "worn": worn, "person_parse": person_parse,
        "worn_parse": worn_parse, "body_part": _body(), "garment_mask": mask, "flow_visible": on & (x > 45),
        "flow": np.where(on[..., None], flow, np.nan), "keypoints": _keypoints(), "px_per_cm": 1.5, "region": "top",
        "category": "t-shirt", "repaint_mask": on,
    }  # fmt: skip
    return {**row, **changed}


def _parse(hem: int, cuff: int) -> np.ndarray:
    parse = np.zeros((HEIGHT, WIDTH), np.uint8)
    parse[14:24, 50:70] = Part.HAIR
    parse[20:42, 52:68] = Part.FACE
    parse[42:50, 55:65] = Part.NECK_AND_TORSO_SKIN
    parse[96:150, 44:58] = parse[96:150, 62:76] = parse[96:106, 44:76] = Part.TROUSERS
    parse[50:106, 30:42], parse[50:106, 78:90] = Part.RIGHT_ARM, Part.LEFT_ARM
    parse[50:hem, 42:78] = parse[50:cuff, 30:90] = Part.TOP
    return parse


def _body() -> np.ndarray:
    body = np.zeros((HEIGHT, WIDTH), np.uint8)
    body[14:42, 50:70], body[42:50, 55:65], body[50:100, 42:78] = BodyPart.HEAD, BodyPart.NECK, BodyPart.TORSO
    body[50:78, 30:42], body[78:106, 30:42] = BodyPart.RIGHT_UPPER_ARM, BodyPart.RIGHT_FOREARM
    body[50:78, 78:90], body[78:106, 78:90] = BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM
    body[100:150, 44:58], body[100:150, 62:76] = BodyPart.RIGHT_THIGH, BodyPart.LEFT_THIGH
    return body


def _painted(parse: np.ndarray, colors: dict[Part, tuple[int, int, int]]) -> np.ndarray:
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = _SKIN
    for part, color in colors.items():
        picture[parse == part] = color
    picture[parse == Part.HAIR] = (60, 40, 30)
    picture[28:30, 55:58] = picture[28:30, 62:65] = (20, 20, 20)  # eyes
    return picture


def _keypoints() -> np.ndarray:
    points = np.zeros((17, 3), np.float32)
    points[5:17, :2] = [
        (84, 54), (36, 54), (84, 78), (36, 78), (84, 102), (36, 102), (69, 100), (51, 100), (69, 126), (51, 126),
        (69, 148), (51, 148),
    ]  # fmt: skip
    points[5:, 2] = 2
    return points
