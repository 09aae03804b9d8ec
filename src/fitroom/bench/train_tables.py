"""What ``fitroom bench train`` says of memory: the most that a GPU held, beside what ``--dry-run`` had estimated."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from fitroom.bench.catvton_form import PeerSize, outlined
from fitroom.bench.latent_training import SCHEDULER
from fitroom.bench.report import Table
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.memory import GIB, estimate


def memory_table(config: LatentTryOnRunConfig, size: PeerSize, peaks: Mapping[str, int]) -> Table:
    """Peaks by side, and the estimate's parts.

    Args:
        config: the recipe.
        size: of the base.
        peaks: most bytes that tensors held, by side.
    """
    from fitroom.models.tryon_latent.inpainting import InpaintingTryOn

    parts, meta = outlined(size), torch.device("meta")
    needed = estimate(InpaintingTryOn(config.model, *parts, dict(SCHEDULER)).to(meta), config, 1)
    rows = [(name, held / GIB, needed.total / GIB, held / needed.total) for name, held in peaks.items()]
    of_parts = " + ".join(f"{name} {value / GIB:.2f}" for name, value in vars(needed).items() if name != "flops")
    notes = [
        f"Estimate, GiB: {of_parts}.",
        "Held: torch.cuda.max_memory_allocated, the most that tensors held at once in any block; what the allocator "
        "keeps beyond is not in it.",
    ]
    return Table("Memory of the GPU", ("side", "held GiB", "estimate GiB", "held / estimate"), rows, notes)
