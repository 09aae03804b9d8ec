"""Controls: pictures that are had without learning anything. A model's score means nothing without theirs beside it.

Three see what a model sees, and bound it from below. The oracles use the truth: one warp that no model can better, the
truth itself, and the truth disturbed, whose scores are the measuring instrument's own noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_dilation

from fitroom.contracts import Part
from fitroom.errors import EvaluationError
from fitroom.evaluation.tryon.controls.disturb import autoencoded, blurred, warped
from fitroom.evaluation.tryon.controls.paste import pasted
from fitroom.evaluation.tryon.controls.reshade import reshaded
from fitroom.evaluation.tryon.controls.row_fields import (
    Row,
    bled_garment,
    garment_color_unit,
    nearest_of,
    require_fields,
    source_garment,
    to_u8,
    to_unit,
)
from fitroom.wardrobe.bodies.body import BodyPart
from fitroom.wardrobe.truth.flow import warp

_SKIN = (
    Part.FACE, Part.NECK_AND_TORSO_SKIN, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_LEG, Part.RIGHT_LEG,
)  # fmt: skip
_LIMBS = (
    BodyPart.NECK, BodyPart.LEFT_UPPER_ARM, BodyPart.LEFT_FOREARM, BodyPart.LEFT_HAND, BodyPart.RIGHT_UPPER_ARM,
    BodyPart.RIGHT_FOREARM, BodyPart.RIGHT_HAND, BodyPart.LEFT_THIGH, BodyPart.LEFT_SHIN, BodyPart.RIGHT_THIGH,
    BodyPart.RIGHT_SHIN,
)  # fmt: skip


@dataclass(frozen=True)
class Control:
    """One control.

    Attributes:
        name: "control-...".
        meaning: one line for a table.
        oracle: True where it uses the truth, and stands above the models instead of beneath them.
        needs: fields a row must have. A data set without one of them cannot have this control.
        draw: row to (H, W, 3) uint8; called through :meth:`__call__`, which checks.
    """

    name: str
    meaning: str
    oracle: bool
    needs: tuple[str, ...]
    draw: Callable[[Row], np.ndarray]

    def __call__(self, row: Row) -> np.ndarray:
        """The worn picture: (H, W, 3) uint8, the person's size; the same for the same row.

        Raises:
            EvaluationError: a needed field is missing, or fields do not fit each other.
        """
        require_fields(row, self.needs, self.name)
        worn_u8 = self.draw(row)
        person = row.get("person")
        if person is not None and worn_u8.shape != person.shape:
            raise EvaluationError(
                f"{self.name} has another size than the person photo",
                where=row.get("case_id"),
                rule=f"{person.shape}",
                got=worn_u8.shape,
                fix="bring the pictures of the case to one size",
            )
        return worn_u8

    def can_be_had(self, row: Row) -> bool:
        """Whether the row has all that is needed."""
        return all(row.get(name) is not None for name in self.needs)


def copied(row: Row) -> np.ndarray:
    """The person photo, unchanged."""
    copy: np.ndarray = row["person"].copy()
    return copy


def filled(row: Row) -> np.ndarray:
    """The person photo with the source garment's pixels in the garment's mean colour: plain, no light, no folds.

    What the person photo's parse calls something else is left alone, so shape, length and sleeves are the old ones. It
    changes nothing where the parse shows no source garment.
    """
    worn_u8: np.ndarray = row["person"].copy()
    worn_u8[source_garment(row)] = to_u8(garment_color_unit(row))
    return worn_u8


def warped_by_flow(row: Row) -> np.ndarray:
    """The shop photo, looked up by the simulation's exact flow, without the scene's light.

    The garment covers just the pixels that it covers in truth; those whose cloth the shop photo does not show take the
    nearest one that it does. Around it the person photo stays. What is left over of the source garment, with a rim of
    one pixel, becomes plain skin on neck, arms and legs, by the undressed body; elsewhere, and under outerwear, it
    takes the nearest pixel that is neither of the two garments.
    """
    covered = np.isfinite(row["flow"]).all(axis=-1)
    shown = row["flow_visible"] & covered
    garment = warp(bled_garment(row), row["flow"])
    garment = nearest_of(garment, shown) if shown.any() else garment
    return np.where(covered[..., None], garment, _undressed(row, covered))


def _undressed(row: Row, covered: np.ndarray) -> np.ndarray:
    """The person photo without the source garment, of which nothing matters where the garment covers it anyway."""
    person, skin = row["person"], np.isin(row["person_parse"], _SKIN)
    left_over = binary_dilation(source_garment(row)) & ~covered
    kept = ~left_over & ~covered
    bare = nearest_of(person, kept) if kept.any() else person.copy()
    if skin.any() and row["region"] != "outerwear":  # beneath a coat there are clothes
        bare[left_over & np.isin(row["body_part"], _LIMBS)] = to_u8(to_unit(person)[skin].mean(axis=0))
    return bare


def truth(row: Row) -> np.ndarray:
    """The worn picture itself."""
    copy: np.ndarray = row["worn"].copy()
    return copy


_GARMENT = ("person", "garment", "garment_mask", "region")
_FLOW = ("flow", "flow_visible")

_ALL = (
    Control("control-copy", "the person photo, unchanged", False, ("person",), copied),
    Control(
        "control-mean-color",
        "the source garment filled with the garment's mean colour",
        False,
        (*_GARMENT, "person_parse"),
        filled,
    ),
    Control(
        "control-paste",
        "the garment cut out and pasted onto the body by an affine map",
        False,
        (*_GARMENT, "keypoints"),
        pasted,
    ),
    Control(
        "control-warp",
        "the shop photo warped by the exact flow, without the scene's light",
        True,
        (*_GARMENT, "person_parse", "body_part", *_FLOW),
        warped_by_flow,
    ),
    Control("control-truth", "the truth: the parser's noise floor", True, ("worn",), truth),
    Control("control-truth-blurred", "the truth, blurred by 1.5 px at 512 px", True, ("worn",), blurred),
    Control("control-truth-warped", "the truth, bent by less than a pixel", True, ("worn", "case_id"), warped),
    Control("control-truth-autoencoded", "the truth through a linear patch code", True, ("worn",), autoencoded),
    Control(
        "control-truth-reshaded",
        "the truth's parts drawn again by another renderer",
        True,
        ("case_id", "worn", "worn_parse", "garment", "garment_mask", "region", *_FLOW),
        reshaded,
    ),
)

CONTROLS: dict[str, Control] = {control.name: control for control in _ALL}
