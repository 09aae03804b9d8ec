"""Tiny pretrained bases, made on the spot in the very form of the real ones: folders that diffusers' save_pretrained
writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


def inpainting_base(folder: Path, seed: int = 0, **scheduler: Any) -> Path:
    """Stable Diffusion 1.5 inpainting, a hundred thousand times smaller."""
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel

    torch.manual_seed(seed)
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=9,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(16, 32),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=24,
        attention_head_dim=8,
        norm_num_groups=8,
    )
    unet.save_pretrained(folder / "unet")
    tiny_vae(AutoencoderKL, 4).save_pretrained(folder / "vae")
    settings = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "clip_sample": False,
                "set_alpha_to_one": False, "steps_offset": 1}  # fmt: skip
    DDIMScheduler(**(settings | scheduler)).save_pretrained(folder / "scheduler")
    return folder


def flux_base(
    folder: Path, form: str, seed: int = 0, *, told: bool = True, num_layers: int = 1, **scheduler: Any
) -> Path:
    """FLUX.1 Fill or Kontext, a hundred thousand times smaller.

    Args:
        folder: where to.
        form: flux-fill or flux-kontext.
        seed: of the weights.
        told: whether guidance is distilled into it.
        num_layers: blocks of each kind.
        scheduler: settings that differ from the real one's.
    """
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel

    torch.manual_seed(seed)
    transformer = FluxTransformer2DModel(
        in_channels={"flux-fill": 384, "flux-kontext": 64}[form],
        out_channels=64,
        num_layers=num_layers,
        num_single_layers=num_layers,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=24,
        pooled_projection_dim=20,
        guidance_embeds=told,
        axes_dims_rope=(4, 6, 6),
    )
    transformer.save_pretrained(folder / "transformer")
    tiny_vae(
        AutoencoderKL, 16, scaling_factor=0.3611, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False
    ).save_pretrained(folder / "vae")
    settings = {"use_dynamic_shifting": True, "shift": 3.0}
    FlowMatchEulerDiscreteScheduler(**(settings | scheduler)).save_pretrained(folder / "scheduler")
    return folder


def tiny_vae(kind: Any, channels: int, **changes: Any) -> Any:
    """Eight pixels a latent, as the real ones."""
    return kind(
        latent_channels=channels,
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=4,
        layers_per_block=1,
        **changes,
    )
