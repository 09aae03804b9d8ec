"""What is said of the photos follows from sums of body parts."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fitroom.contracts import Part
from fitroom.errors import ImageError
from fitroom.pipelines.tryon.checks import (
    GARMENT_WORN,
    PERSON_MISSING,
    PERSON_UNSURE,
    TryOnChecks,
    judge_garment,
    judge_person,
    seen,
)

SomeParts = Callable[..., np.ndarray]


def shares(**parts: float) -> np.ndarray:
    """By part; what is left is background."""
    found = np.zeros(len(Part))
    for name, share in parts.items():
        found[Part[name]] = share
    found[0] = 1 - found.sum()
    return found


def test_shares_are_of_what_is_not_background() -> None:
    found = seen(shares(TOP=0.2, FACE=0.02, HAIR=0.01, LEFT_ARM=0.002, RIGHT_LEG=0.018))
    assert found.body == pytest.approx(0.2) and found.of_photo == pytest.approx(0.05)
    assert found.regions == 2  # the arm is below 1 % of what is shown


def test_left_and_right_count_together() -> None:
    halves = seen(shares(TOP=0.1, LEFT_ARM=0.005, RIGHT_ARM=0.005))
    assert halves.regions == seen(shares(TOP=0.1, LEFT_ARM=0.01)).regions == 1


@pytest.mark.parametrize("parts", [{}, {"TOP": 0.5}, {"TOP": 0.6, "LEFT_ARM": 0.01}, {"FACE": 0.003}])
def test_nobody(parts: dict[str, float]) -> None:
    with pytest.raises(ImageError) as caught:
        judge_person(seen(shares(**parts)), "shelf.jpg")
    assert caught.value.code == PERSON_MISSING and "shelf.jpg" in str(caught.value)


def test_somebody() -> None:
    assert judge_person(seen(shares(TOP=0.3, FACE=0.03, LEFT_ARM=0.02))) == ()
    (flag,) = judge_person(seen(shares(TOP=0.3, RIGHT_ARM=0.01)))
    assert flag.code == PERSON_UNSURE and "3%" in flag.message


def test_a_pose_model_that_finds_nobody_is_a_doubt_and_refuses_nobody_by_itself() -> None:
    little, much = seen(shares(TOP=0.3, FACE=0.012)), seen(shares(TOP=0.3, FACE=0.05))
    assert [flag.code for flag in judge_person(little)] == [PERSON_UNSURE] and judge_person(much) == ()
    for found in (little, much):
        (flag,) = judge_person(found, pose_missing=True)
        assert flag.code == PERSON_UNSURE and "pose model" in flag.message
    with pytest.raises(ImageError, match="no pose") as caught:
        judge_person(seen(shares(TOP=0.3, FACE=0.005)), pose_missing=True)
    assert caught.value.code == PERSON_MISSING


def test_a_garment_worn_by_someone() -> None:
    assert judge_garment(seen(shares(TOP=0.3))) == ()
    assert judge_garment(seen(shares(TOP=0.3, LEFT_ARM=0.05))) == ()  # one region: sleeves look like arms
    (flag,) = judge_garment(seen(shares(TOP=0.3, LEFT_ARM=0.03, FACE=0.02)))
    assert flag.code == GARMENT_WORN


class Painted:
    """A parser that reads the part from the red channel."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def __call__(self, images_u8: list[np.ndarray]) -> list[Any]:
        self.sizes += [image.shape for image in images_u8]
        return [SimpleNamespace(parse=image[..., 0]) for image in images_u8]


def test_photos_are_looked_at_once_and_not_too_large() -> None:
    parser = Painted()
    checks = TryOnChecks(parser)  # type: ignore[arg-type]
    photo = np.full((1536, 1024, 3), int(Part.TOP), np.uint8)
    photo[:400] = int(Part.FACE)
    assert checks.person(photo) == () and checks.garment(photo) == ()
    assert parser.sizes == [(768, 512, 3)]
    with pytest.raises(ImageError, match="nobody"):
        checks.person(np.zeros((64, 64, 3), np.uint8))
