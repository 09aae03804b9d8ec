"""A base of the form of Stable Diffusion 1.5 inpainting with random weights, in the files of save_pretrained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from fitroom.bench.large_base.latent_training import SCHEDULER
from fitroom.bench.tryon.catvton_form import PeerSize, filled, outlined


def make_base(folder: Path, size: PeerSize) -> Path:
    """Writes ``unet``, ``vae`` and ``scheduler``; in float32, 3.8 GB at Stable Diffusion's own size.

    Args:
        folder: to be made.
        size: how wide.
    """
    from diffusers import DDIMScheduler

    for name, part in zip(("unet", "vae"), outlined(size), strict=True):
        filled(part, torch.device("cpu")).save_pretrained(folder / name)
    scheduler: Any = DDIMScheduler(**SCHEDULER)
    scheduler.save_pretrained(folder / "scheduler")
    return folder
