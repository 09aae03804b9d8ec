"""Person and garment in one picture: below each other, beside each other, or the garment first."""

from __future__ import annotations

from typing import Literal

import torch

Join = Literal["below", "beside", "left"]
_SIDE = {"below": -2, "beside": -1, "left": -1}


def join(person: torch.Tensor, garment: torch.Tensor, how: Join) -> torch.Tensor:
    """(B, C, h, w) each to (B, C, 2h, w), or (B, C, h, 2w)."""
    both = (garment, person) if how == "left" else (person, garment)
    return torch.cat(both, _SIDE[how])


def part(joined: torch.Tensor, how: Join) -> tuple[torch.Tensor, torch.Tensor]:
    """The way back: person and garment."""
    first, second = joined.chunk(2, _SIDE[how])
    return (second, first) if how == "left" else (first, second)
