"""Stripes and checks as one repeat, antialiased exactly: every texel gets the mean of the stripes it covers."""

from __future__ import annotations

import numpy as np

from fitroom.wardrobe.fabrics.prints import Print


def stripe_tile(decor: Print, px_per_cm: float) -> np.ndarray:
    """(h, 1, 3) or (1, w, 3) linear RGB over one repeat of a stripe."""
    profile = _profile(decor, px_per_cm)
    return profile[None] if decor.kind.startswith("vertical") else profile[:, None]


def check_tile(decor: Print, px_per_cm: float) -> np.ndarray:
    """(n, n, 3) linear RGB over one repeat of a check: half warp, half weft."""
    profile = _profile(decor, px_per_cm)
    return 0.5 * (profile[None] + profile[:, None])


def _profile(decor: Print, px_per_cm: float) -> np.ndarray:
    """(n, 3) mean colour of each texel along one repeat."""
    borders = np.concatenate([[0.0], np.cumsum([width for _, width in decor.rhythm])])
    size = max(2, round(borders[-1] * px_per_cm))
    texels = np.linspace(0.0, borders[-1], size + 1)
    profile = np.zeros((size, 3))
    for (color, _), start, stop in zip(decor.rhythm, borders[:-1], borders[1:], strict=True):
        covered = np.clip(texels, start, stop)
        share = np.diff(covered) * size / borders[-1]
        profile += share[:, None] * np.array(decor.palette[color].rgb)
    return profile
