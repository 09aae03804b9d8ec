"""Photos of any surroundings, as the network knows them: the person alone before a plain wall, the garment on white.

The network learned before the backdrops of studios, and in a street it takes walls for cloth. So it is shown none of
it, and what lies behind is laid back: the photo's own pixels everywhere but where the garment is, and, where an old
garment is gone, a guess from what surrounds the person. Nor did it see garments on floors and beds, and it would clothe
people in the floor.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter
from scipy.sparse import csc_array, csr_array, diags_array, eye_array, kron
from scipy.sparse.linalg import splu

from fitroom.images import resize_filtered_u8
from fitroom.pipelines.prepare.framing import box_of, person_window
from fitroom.pipelines.prepare.garment_mask import garment_mask

WALL_U8 = 214  # light grey, as most of the wardrobe's backdrops are
_SHOWN = 0.05  # a share of the mask that may show the person
_RIM = 2  # px of the coarse picture round them that may, too
_COARSE_PX = 160
_BORDER = 0.03  # of a garment photo's shorter side: what its ground is judged by
_LIGHT, _PLAIN = 225, 8  # of 255: no darker, and nine tenths of it no further apart
_SURE_CUT = 0.85  # of a cut-out; no probability
_SOFT = 0.0015  # of the longer side: how soft its edge is
_SMALLEST_PX = 64  # a person who is smaller in the photo is not cut out


def on_white(garment_u8: np.ndarray) -> np.ndarray:
    """A garment photo with the garment cut out on white, where that is worth while.

    Args:
        garment_u8: (h, w, 3) uint8, a garment alone.

    Returns:
        (h, w, 3) uint8; the photo itself where its ground is plain and light already, or the garment cannot be told
        from it.
    """
    wide = max(round(_BORDER * min(garment_u8.shape[:2])), 2)
    sides = (garment_u8[:wide], garment_u8[-wide:], garment_u8[:, :wide], garment_u8[:, -wide:])
    border = np.concatenate([side.reshape(-1, 3) for side in sides]).astype(np.int16)
    ground = np.median(border, axis=0)
    if ground.min() >= _LIGHT and np.quantile(np.abs(border - ground).max(1), 0.9) <= _PLAIN:
        return garment_u8
    found = garment_mask(garment_u8)
    if found.confidence < _SURE_CUT:
        return garment_u8
    share = gaussian_filter(found.mask.astype(np.float32), _SOFT * max(garment_u8.shape[:2]))[..., None]
    cut_out: np.ndarray = np.rint(garment_u8 * share + 255 * (1 - share)).astype(np.uint8)
    return cut_out


def around(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the part of a photo that a network should see of a person: 3 to 4, with a margin.

    Args:
        mask: (H, W) float in [0, 1], share of each pixel that is the person.

    Returns:
        All of it where nobody is masked, or somebody too small to be cut out.
    """
    shown = mask > 0.5
    if not shown.any():
        return np.s_[:, :]
    window = person_window(box_of(shown), mask.shape[0], mask.shape[1])
    if window.width_px < _SMALLEST_PX:
        return np.s_[:, :]
    return np.s_[window.top : window.top + window.height_px, window.left : window.left + window.width_px]


def before_wall(person_u8: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The person of a photo before a plain wall.

    Args:
        person_u8: (H, W, 3) uint8.
        mask: (H, W) float32 in [0, 1], share of each pixel that is the person.

    Returns:
        (H, W, 3) uint8.
    """
    share = mask[..., None]
    walled: np.ndarray = np.rint(person_u8 * share + WALL_U8 * (1 - share)).astype(np.uint8)
    return walled


def behind(person_u8: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The photo without the person: colours go on from all round as heat would (Laplace's equation), things do not.

    Args:
        person_u8: (H, W, 3) uint8.
        mask: (H, W) float32 in [0, 1], share of each pixel that is the person.

    Returns:
        (H, W, 3) uint8, blurred; the photo itself where nobody is masked, or nothing else is in it.
    """
    scale = min(_COARSE_PX / max(mask.shape), 1.0)
    height, width = (max(round(side * scale), 2) for side in mask.shape)
    shown = np.repeat((mask > _SHOWN)[..., None] * np.uint8(255), 3, axis=-1)
    gone = binary_dilation(resize_filtered_u8(shown, height, width, "area")[..., 0] > 0, iterations=_RIM)
    if not gone.any() or gone.all():
        return person_u8
    coarse = resize_filtered_u8(person_u8, height, width, "area").astype(np.float64)
    coarse[gone] = _harmonic(coarse, gone)
    filled = np.rint(coarse).clip(0, 255).astype(np.uint8)
    return resize_filtered_u8(filled, mask.shape[0], mask.shape[1], "bilinear")


def _harmonic(picture: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """(N, C) float64: values of the N pixels that are gone, each the mean of its neighbours."""
    height, width = gone.shape
    laplace = csr_array(kron(_path(height), eye_array(width)) + kron(eye_array(height), _path(width)))
    inside = gone.ravel()
    rows = laplace[inside]
    told = rows[:, ~inside] @ picture.reshape(-1, picture.shape[-1])[~inside]
    solved: np.ndarray = splu(csc_array(rows[:, inside])).solve(-told)
    return solved


def _path(length: int) -> Any:
    """(length, length): each pixel of a row less its neighbours, by how many there are."""
    steps = diags_array([-1.0, 1.0], offsets=[0, 1], shape=(length - 1, length))
    return steps.T @ steps
