"""Pictures that stand for photos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

MakePhoto = Callable[..., Path]


def blocks_u8(height: int = 160, width: int = 120, seed: int = 0) -> np.ndarray:
    """(height, width, 3) uint8 of coloured blocks."""
    rng = np.random.default_rng(seed)
    return np.kron(rng.integers(0, 256, (height // 8, width // 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
