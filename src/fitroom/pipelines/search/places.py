"""What an index keeps of each product for the second stage: codes of its places in a byte a number, on disk.

codes.npy     (N, P, D) int8, a row a product of the catalogue; zeros where it has no photo
shares.npy    (N, P) uint8, how much of each place is garment
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from fitroom.errors import DataError

CODES, SHARES = "codes.npy", "shares.npy"
_STEPS = 24.0  # to a code's unit: it has spread 1, and 127 steps reach to 5.3


class PlaceCodes(NamedTuple):
    """A garment place by place: (P, D) int8 and (P,) uint8; any leading dimensions."""

    code_PD: np.ndarray
    share_P: np.ndarray

    @classmethod
    def packed(cls, code_PD: torch.Tensor, share_P: torch.Tensor) -> PlaceCodes:
        """Of what the network gives: codes, and shares in [0, 1]."""
        code = (code_PD * _STEPS).round().clamp(-127, 127).to(torch.int8)
        return cls(code.numpy(), (share_P * 255).round().to(torch.uint8).numpy())

    def unpacked(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What the network reads, float32."""
        code_PD, share_P = (torch.from_numpy(np.array(part)).float() for part in self)
        return code_PD / _STEPS, share_P / 255


def write_places(folder: Path, places: Mapping[int, PlaceCodes], num_products: int) -> None:
    """Writes those of products, by key, into a folder that is there."""
    one = next(iter(places.values()))
    code_NPD, share_NP = (np.zeros((num_products, *part.shape), part.dtype) for part in one)
    for key, found in places.items():
        code_NPD[key], share_NP[key] = found
    np.save(folder / CODES, code_NPD)
    np.save(folder / SHARES, share_NP)


def open_places(folder: Path, num_products: int) -> PlaceCodes:
    """What :func:`write_places` wrote, with a leading dimension of products; read from disk where it is looked at.

    Raises:
        DataError: it cannot be read, or is of another number of products.
    """
    try:
        code_NPD = np.load(folder / CODES, mmap_mode="r", allow_pickle=False)
        share_NP = np.load(folder / SHARES, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            "the index's codes for the second stage cannot be read", where=folder, got=str(error), fix="make it again"
        ) from error
    if code_NPD.shape[:2] != share_NP.shape or len(code_NPD) != num_products:
        raise DataError("the index's codes are of other products", where=folder, rule=f"{num_products} of them",
                        got=(code_NPD.shape, share_NP.shape), fix="make it again")  # fmt: skip
    return PlaceCodes(code_NPD, share_NP)
