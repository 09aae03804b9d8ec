"""What ``fitroom bench train`` says: steps of all sides, and the most that a GPU held, beside its estimate."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from fitroom.bench.blocks import ratio
from fitroom.bench.large_base.latent_training import SCHEDULER
from fitroom.bench.report import Cell, Spread, Table
from fitroom.bench.training import BlockSize
from fitroom.bench.tryon.catvton_form import PeerSize, outlined
from fitroom.training.tryon_latent.config import LatentTryOnRunConfig
from fitroom.training.tryon_latent.memory import GIB, Estimate, estimate

ENCODED, KEPT, PLAIN = "fitroom, encoded each step", "fitroom, latents on disk", "diffusers loop"


def speed_table(rates: Mapping[str, Spread], recipe: LatentTryOnRunConfig, size: BlockSize) -> Table:
    """Samples and steps a second by side, as ratios to ours without latents on disk and to the plain loop."""
    rows: list[tuple[Cell, ...]] = []
    for name, rate in rates.items():
        of_plain: Cell = ratio(rate, rates[PLAIN]) if PLAIN in rates else "-"
        rows.append((name, rate, rate.scaled(1 / recipe.batch_size), ratio(rate, rates[ENCODED]), of_plain))
    some = " Some pictures are moved or hidden anew, and encoded as they come." * (
        recipe.augment.move > 0 or recipe.augment.widen_px > 0
    )
    notes = [
        f"Median and range of {len(rates[ENCODED].values)} blocks in turn, each of {size.steps} steps of "
        f"{recipe.batch_size} samples ({recipe.accumulate} micro-batches) after {size.warmup} untimed; ratios round by "
        "round.",
        "fitroom: what fitroom train runs, without checkpoints, figures and validation. Latents are made before the "
        f"first step, untimed.{some}",
        "diffusers loop: AutoencoderKL, UNet2DConditionModel, DDPMScheduler, EMAModel, compute_snr and AdamW in a "
        "plain loop; it encodes three pictures a sample, none moved.",
        "All: one and the same network in one memory layout, precision, attention kernel and checkpointing, same "
        "pairs, batch, workers and threads; torch.compile on none.",
    ]
    columns = ("side", "samples/s", "steps/s", f"times {ENCODED}", f"times {PLAIN}")
    return Table("Training steps", columns, rows, notes)


def memory_table(configs: Mapping[str, LatentTryOnRunConfig], size: PeerSize, peaks: Mapping[str, int]) -> Table:
    """Peaks by side, and what is estimated of each.

    Args:
        configs: by side.
        size: of the base.
        peaks: most bytes that tensors held, by side.
    """
    rows, notes = [], []
    for name, held in peaks.items():
        needed = _estimate(configs[name], size)
        rows.append((name, held / GIB, needed.total / GIB, held / needed.total))
        parts = " + ".join(f"{part} {value / GIB:.2f}" for part, value in vars(needed).items() if part != "flops")
        notes.append(f"Estimate, GiB, {name}: {parts}.")
    notes.append(
        "Held: torch.cuda.max_memory_allocated, the most that tensors held at once in any block; what the allocator "
        "keeps beyond is not in it."
    )
    return Table("Memory of the GPU", ("side", "held GiB", "estimate GiB", "held / estimate"), rows, notes)


def _estimate(config: LatentTryOnRunConfig, size: PeerSize) -> Estimate:
    from fitroom.models.tryon_latent.inpainting import InpaintingTryOn

    model = InpaintingTryOn(config.model, *outlined(size), dict(SCHEDULER))
    return estimate(model.to(torch.device("meta")), config, 1)
