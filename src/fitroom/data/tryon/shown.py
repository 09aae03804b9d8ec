"""What a case shows: its pictures, read when they are asked for, as chance changes them; and what each is known by."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from fitroom.contracts import Preprocessing
from fitroom.data.tryon.latent_store import latents_key
from fitroom.data.tryon.photo_batches import PICTURES
from fitroom.data.tryon.photo_changes import Change, moved, widened
from fitroom.images import u8_to_signed


@dataclass(frozen=True)
class Picture:
    """A picture of the frame's size.

    Attributes:
        sha256: of its file, hex.
        read: gives (H, W, 3) uint8.
    """

    sha256: str
    read: Callable[[], np.ndarray]


@dataclass(frozen=True)
class ShownCase:
    """What a case shows in a mode.

    Attributes:
        person, garment, worn: its pictures.
        repaint: (H, W) bool where the repaint mask is given, else None.
        known: arguments of :func:`~fitroom.data.tryon.conditions.condition_vector`.
    """

    person: Picture
    garment: Picture
    worn: Picture
    repaint: np.ndarray | None
    known: dict[str, Any]


def mask_of(case: ShownCase, spec: Preprocessing, change: Change) -> torch.Tensor:
    """(1, H, W) float, 1 = may be painted, as wide as chance makes it, before anything is moved or mirrored."""
    if case.repaint is None:
        return torch.ones(1, spec.height_px, spec.width_px)
    mask = torch.from_numpy(case.repaint.astype(np.float32))[None]
    return widened(mask, change.widen_px) if change.widen_px else mask


def latents_keys(case: ShownCase, change: Change, mask: torch.Tensor) -> dict[str, str]:
    """By what the latents of its pictures are known; none for pictures that are moved, which never come again.

    Args:
        case: see there.
        change: of the sample.
        mask: see :func:`mask_of`.
    """
    keys = {"garment": latents_key(case.garment.sha256, None, change.mirrored)}
    if change.move is None:
        grey = None if case.repaint is None else mask.bool().numpy()
        keys["person"] = latents_key(case.person.sha256, grey, change.mirrored)
        keys["worn"] = latents_key(case.worn.sha256, None, change.mirrored)
    return keys


def changed(
    case: ShownCase, change: Change, mask: torch.Tensor, but: Container[str] = ()
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The pictures (3, H, W) signed and the mask (1, H, W) as the sample shows them.

    Args:
        case: see there.
        change: of the sample.
        mask: see :func:`mask_of`.
        but: pictures that are not wanted: they come empty, unread.
    """
    wanted: dict[str, Picture] = {name: getattr(case, name) for name in PICTURES if name not in but}
    once = {picture.sha256: picture for picture in wanted.values()}  # the person may be the worn picture itself
    read = {sha256: _signed(picture.read()) for sha256, picture in once.items()}
    shown = {name: read[picture.sha256] for name, picture in wanted.items()}
    if change.move is not None:
        shown["person"], shown["worn"], mask = moved(shown["person"], shown["worn"], mask, change.move)
    if case.repaint is not None and "person" in shown:
        shown["person"] = shown["person"] * (1 - mask)
    if change.mirrored:
        shown, mask = {name: picture.flip(-1) for name, picture in shown.items()}, mask.flip(-1)
    return {name: shown.get(name, torch.empty(0)) for name in PICTURES}, mask


def _signed(picture_u8: np.ndarray) -> torch.Tensor:
    return u8_to_signed(torch.from_numpy(np.array(picture_u8))).permute(2, 0, 1)
