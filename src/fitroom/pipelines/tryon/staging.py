"""A person photo of any surroundings, as the network knows them: the person alone, before a plain wall.

The network learned before the backdrops of studios, and in a street it takes walls for cloth. So it is shown none of
it, and what lies behind is laid back: the photo's own pixels everywhere but where the garment is, and, where an old
garment is gone, a guess from what surrounds the person.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation
from scipy.sparse import csc_array, csr_array, diags_array, eye_array, kron
from scipy.sparse.linalg import splu

from fitroom.images import resize_filtered_u8
from fitroom.pipelines.prepare.framing import person_window

WALL_U8 = 214  # light grey, as most of the wardrobe's backdrops are
_SHOWN = 0.05  # a share of the mask that may show the person
_RIM = 2  # px of the coarse picture round them that may, too
_COARSE_PX = 160
_SMALLEST_PX = 64  # a person who is smaller in the photo is not cut out


def around(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the part of a photo that a network should see of a person: 3 to 4, with a margin.

    Args:
        mask: (H, W) float in [0, 1], share of each pixel that is the person.

    Returns:
        All of it where nobody is masked, or somebody too small to be cut out.
    """
    rows, columns = (np.flatnonzero((mask > 0.5).any(axis)) for axis in (1, 0))
    if not len(rows):
        return np.s_[:, :]
    box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    window = person_window(box, mask.shape[0], mask.shape[1])
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
