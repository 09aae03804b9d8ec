"""Which part of a photo becomes the picture: a window of 3 to 4 round what matters, as large as it must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitroom.images import resize_filtered_u8

ASPECT = 3 / 4  # width over height, of VITON-HD and DressCode
PERSON_MARGIN = 0.06  # of the person's height, on every side
GARMENT_MARGIN = 0.08


@dataclass(frozen=True)
class Window:
    """Part of a photo, in its px; it may reach beyond the photo.

    Attributes:
        top, left, height_px, width_px: see the name.
    """

    top: int
    left: int
    height_px: int
    width_px: int

    def cuts(self, box: tuple[int, int, int, int]) -> bool:
        """Whether a (top, left, bottom, right) box lies partly outside."""
        top, left, bottom, right = box
        inside = self.top <= top and self.left <= left
        return not (inside and bottom <= self.top + self.height_px and right <= self.left + self.width_px)

    def take(self, image_u8: np.ndarray, height_px: int) -> np.ndarray:
        """The window at a height, and 3/4 of it wide; beyond the photo its edge goes on.

        Args:
            image_u8: (H, W, 3) uint8.
            height_px: of the result.
        """
        rows = np.clip(np.arange(self.top, self.top + self.height_px), 0, image_u8.shape[0] - 1)
        columns = np.clip(np.arange(self.left, self.left + self.width_px), 0, image_u8.shape[1] - 1)
        return resize_filtered_u8(image_u8[rows[:, None], columns], height_px, round(height_px * ASPECT), "lanczos")

    def take_mask(self, mask: np.ndarray, height_px: int) -> np.ndarray:
        """As :meth:`take`, of a mask (H, W) bool; there is nothing beyond the photo."""
        rows = np.arange(self.top, self.top + self.height_px)
        columns = np.arange(self.left, self.left + self.width_px)
        inside = ((rows >= 0) & (rows < mask.shape[0]))[:, None] & ((columns >= 0) & (columns < mask.shape[1]))
        taken = self.take(np.repeat(mask[..., None] * np.uint8(255), 3, axis=-1), height_px)
        if not inside.all():
            shown = np.repeat(inside[..., None] * np.uint8(255), 3, axis=-1)
            taken = np.minimum(taken, resize_filtered_u8(shown, height_px, round(height_px * ASPECT), "nearest"))
        whole: np.ndarray = taken[..., 0] > 127
        return whole


def box_of(shown: np.ndarray) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) px of what is shown, (H, W) bool, the last two beyond; the whole where nothing is."""
    if not shown.any():
        return 0, 0, *shown.shape
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def person_window(box: tuple[int, int, int, int], height_px: int, width_px: int) -> Window:
    """The smallest window of 3 to 4 round a person with a margin, inside the photo; it cuts what does not fit.

    Args:
        box: (top, left, bottom, right) of the person, px.
        height_px, width_px: of the photo.
    """
    wanted = _round(box, PERSON_MARGIN * (box[2] - box[0]))
    height = min(wanted.height_px, height_px, int(width_px / ASPECT))
    width = min(round(height * ASPECT), width_px)
    top = _inside(wanted.top + (wanted.height_px - height) // 2, height, height_px)
    left = _inside(wanted.left + (wanted.width_px - width) // 2, width, width_px)
    if height < wanted.height_px:  # what must be cut is cut below, not at the head
        top = _inside(min(top, wanted.top), height, height_px)
    return Window(top, left, height, width)


def garment_window(box: tuple[int, int, int, int]) -> Window:
    """A window of 3 to 4 round a whole garment with a margin; it may reach beyond the photo, for nothing is cut."""
    return _round(box, GARMENT_MARGIN * max(box[2] - box[0], box[3] - box[1]))


def _round(box: tuple[int, int, int, int], margin_px: float) -> Window:
    top, left, bottom, right = box
    height = max(bottom - top + 2 * margin_px, (right - left + 2 * margin_px) / ASPECT, 4.0)
    width = height * ASPECT
    middle_y, middle_x = (top + bottom) / 2, (left + right) / 2
    return Window(round(middle_y - height / 2), round(middle_x - width / 2), round(height), round(width))


def _inside(start: int, length: int, whole: int) -> int:
    return max(min(start, whole - length), 0)
