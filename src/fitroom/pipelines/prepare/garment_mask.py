"""Where the garment is in a photo of it alone: colours at the photo's border against colours within.

GrabCut (Rother et al. 2004) at a coarse size, without a user's box: a mixture of colours for what lies behind, learned
from the border, one for the garment, learned from the middle, and the cheapest cut between them, a few times over. No
network takes part: a parser of people does not know a shirt on a bed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation, binary_fill_holes, gaussian_filter, label
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

_COARSE_PX, _FINE_PX = 112, 448
_BORDER = 0.04  # of the longer side: what lies behind, to begin with
_COLOURS, _ROUNDS = 5, 3
_SMOOTH, _ANYHOW = 6.0, 0.6  # price of an edge where colours are alike, and of any edge
_STRONGEST = 12.0  # log odds of one pixel, at most
_BLUR_PX = 4  # of the fine size, how far its colours are blurred
_SCALE = 1000  # the cut counts in whole numbers
_PIECE = 0.06  # of the largest: a smaller piece is none of the garment's
_OUTER = 0.25  # how much a garment would rather lie in the middle, as log odds a squared radius


@dataclass(frozen=True)
class GarmentMask:
    """A garment, cut out.

    Attributes:
        mask: (H, W) bool.
        confidence: in [0, 1]: how far apart garment and background are in colour, and whether the garment ends
            inside the photo. No probability.
        at_border: share of the photo's border that is garment.
    """

    mask: np.ndarray
    confidence: float
    at_border: float


def garment_mask(image_u8: np.ndarray) -> GarmentMask:
    """Cuts a garment out of its photo.

    Args:
        image_u8: (H, W, 3) uint8 RGB of one garment, more in the middle than at the border.
    """
    small = _colours(image_u8, _COARSE_PX)
    frame, inner = _border_of(small.shape[:2]), _radius2(small.shape[:2])
    inside = inner < 0.45
    odds = np.zeros(small.shape[:2])
    for _ in range(_ROUNDS):
        behind, garment = _mixture(small[frame | ~inside & (inner > 1)]), _mixture(small[inside])
        odds = _odds(small, behind, garment) - _OUTER * inner
        odds[frame] -= 1.0
        inside = _cut(odds, small)
        frame = ~inside
        if inside.sum() < 20 or frame.sum() < 20:
            break
    fine = _colours(image_u8, _FINE_PX)
    return _finished(image_u8.shape[:2], fine, inside, odds, behind, garment)


def _finished(
    shape: tuple[int, ...],
    fine: np.ndarray,
    inside: np.ndarray,
    odds: np.ndarray,
    behind: GaussianMixture,
    garment: GaussianMixture,
) -> GarmentMask:
    """The coarse cut decides what is garment; colours decide where exactly its edge runs."""
    soft = np.asarray(Image.fromarray(inside.astype(np.float32)).resize(fine.shape[1::-1], Image.Resampling.BILINEAR))
    near = (soft > 0.02) & (soft < 0.98)
    odds_there, looked_at = np.zeros(near.shape), binary_dilation(near, iterations=2 * _BLUR_PX)
    if looked_at.any():  # elsewhere colours decide nothing, and to judge them takes time
        odds_there[looked_at] = _odds(fine[looked_at][None], behind, garment)[0]
    edge = gaussian_filter(odds_there, 1.0, radius=_BLUR_PX) / _STRONGEST
    decided = np.where(near, soft - 0.5 + 0.35 * edge > 0, soft > 0.5)
    mask = _pieces(binary_fill_holes(decided))
    at_border = float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())
    sure = float((np.abs(odds).clip(0, 4) / 4).mean()) if inside.any() else 0.0
    filled = mask.mean()
    confidence = sure * (1 - min(2 * at_border, 1)) * (0.0 if filled < 0.02 or filled > 0.97 else 1.0)
    full = Image.fromarray(mask.astype(np.uint8) * 255).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return GarmentMask(np.asarray(full) > 127, confidence, at_border)


def _colours(image_u8: np.ndarray, longest_px: int) -> np.ndarray:
    """(h, w, 3) float64: brightness and two colours, light counting half, since shadows are no other cloth."""
    scale = min(longest_px / max(image_u8.shape[:2]), 1.0)
    height, width = (max(round(side * scale), 8) for side in image_u8.shape[:2])
    small = Image.fromarray(image_u8).convert("YCbCr").resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64) * (0.5, 1.0, 1.0)


def _border_of(shape: tuple[int, ...]) -> np.ndarray:
    wide = max(round(_BORDER * max(shape)), 2)
    frame = np.ones(shape, bool)
    frame[wide:-wide, wide:-wide] = False
    return frame


def _radius2(shape: tuple[int, ...]) -> np.ndarray:
    """Squared distance from the middle, 1 at the middle of each side."""
    rows, columns = (np.linspace(-1, 1, side) ** 2 for side in shape)
    return rows[:, None] + columns[None]


def _mixture(colours: np.ndarray) -> GaussianMixture:
    mixture = GaussianMixture(min(_COLOURS, len(colours)), reg_covar=4.0, max_iter=20, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(colours)


def _odds(colours: np.ndarray, behind: GaussianMixture, garment: GaussianMixture) -> np.ndarray:
    """(h, w) log odds of garment against background, limited."""
    flat = colours.reshape(-1, 3)
    odds = garment.score_samples(flat) - behind.score_samples(flat)
    return np.clip(odds, -_STRONGEST, _STRONGEST).reshape(colours.shape[:2])


def _cut(odds: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(h, w) bool: the cheapest division into garment and background, where edges are cheap between unlike colours."""
    height, width = odds.shape
    number = np.arange(height * width).reshape(height, width)
    pairs = [(number[:, 1:], number[:, :-1]), (number[1:], number[:-1])]
    flat = colours.reshape(-1, 3)
    one = np.concatenate([pair[0].ravel() for pair in pairs])
    other = np.concatenate([pair[1].ravel() for pair in pairs])
    apart = ((flat[one] - flat[other]) ** 2).sum(1)
    price = _SMOOTH * np.exp(-apart / (2 * apart.mean() + 1e-9)) + _ANYHOW
    source, sink = height * width, height * width + 1
    yes, no = np.flatnonzero(odds.ravel() > 0), np.flatnonzero(odds.ravel() <= 0)
    starts = np.concatenate([one, other, np.full(len(yes), source), no])
    ends = np.concatenate([other, one, yes, np.full(len(no), sink)])
    prices = np.concatenate([price, price, odds.ravel()[yes], -odds.ravel()[no]])
    whole = np.maximum(np.round(prices * _SCALE), 1).astype(np.int32)
    graph = csr_array((whole, (starts, ends)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink).flow
    rest = csr_array(graph - flow)
    rest.eliminate_zeros()
    reached = breadth_first_order(rest, source, return_predecessors=False)
    inside = np.zeros(sink + 1, bool)
    inside[reached] = True
    return inside[: height * width].reshape(height, width)


def _pieces(mask: np.ndarray) -> np.ndarray:
    pieces, count = label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.isin(pieces, np.flatnonzero(sizes >= _PIECE * sizes.max()))
