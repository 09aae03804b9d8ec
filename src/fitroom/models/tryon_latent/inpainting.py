"""The form of Stable Diffusion 1.5 inpainting: person and garment in one picture, joined by the U-Net's self-attention.

    9 channels = noisy latents (4) | repaint mask (1) | latents of what is known (4)
    each       = person and garment, in one picture

Only self-attention is trained (CatVTON, Chong et al. 2024): it is where the garment's half speaks to the person's. The
text encoder is dropped, and with it the attention to text. Without a repaint mask the whole person is known, and all of
it may be painted. Sizes are added to the time's embedding, through the slot that diffusers keeps for classes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from typing_extensions import override

from fitroom.errors import WeightsError
from fitroom.models.tryon_latent.adapters import SizeAdapter
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.joined import join, part
from fitroom.models.tryon_latent.one_picture import OnePicture
from fitroom.models.tryon_latent.shared import Noised, Scene

_LAYERS = r".*attn1\.(to_q|to_k|to_v|to_out\.0)"


class InpaintingTryOn(OnePicture):
    """See the file's first lines.

    Args:
        config: of the model.
        unet: diffusers' UNet2DConditionModel.
        vae: its AutoencoderKL.
        scheduler: settings of the base's scheduler.

    Raises:
        WeightsError: the U-Net does not take what this form gives it.
    """

    def __init__(self, config: LatentTryOnConfig, unet: Any, vae: Any, scheduler: dict[str, Any]) -> None:
        from diffusers import DDIMScheduler, DDPMScheduler

        super().__init__(config, unet, vae)
        channels = vae.config.latent_channels
        if unet.config.in_channels != 2 * channels + 1 or unet.class_embedding is not None:
            raise WeightsError(
                "the base's U-Net is not of the inpainting form",
                where=config.base,
                rule=f"{2 * channels + 1} input channels (latents, mask, known latents), and no classes",
                got=f"{unet.config.in_channels} input channels, classes: {unet.config.class_embed_type}",
            )
        drop_text(unet, passed=config.text == "passed")
        unet.class_embedding = SizeAdapter(unet.time_embedding.linear_2.out_features, config.use_size)
        self.add_adapters(_LAYERS, own=".attn1.", fit=".class_embedding.")
        # A long schedule of noise levels to learn from, and a short one to answer by: the same base, two samplers.
        self.schedule = DDPMScheduler.from_config(scheduler)
        self.sampler_settings = DDIMScheduler.from_config(scheduler).config

    @override
    def sharded_parts(self) -> list[nn.Module]:
        """Residual and attention parts of each block, what is left of the block, and of the U-Net."""
        blocks = [*self.network.down_blocks, self.network.mid_block, *self.network.up_blocks]
        rows = [getattr(block, name, None) or [] for block in blocks for name in ("resnets", "attentions")]
        parts = [part for row in rows for part in row if part is not None]
        return [*parts, *(block for block in blocks if block is not None), self.network]

    @override
    def see(
        self, person: torch.Tensor, mask_B1HW: torch.Tensor, garment: torch.Tensor, conditions_BD: torch.Tensor
    ) -> Scene:
        mask = F.interpolate(mask_B1HW.float(), size=person.shape[-2:], mode="nearest")
        how = self.config.join
        known = torch.cat([join(mask, torch.zeros_like(mask), how), join(person, garment, how)], 1)
        return Scene(known, garment, conditions_BD)

    @override
    def dimmed(self, known: torch.Tensor, keep_B111: torch.Tensor) -> torch.Tensor:
        person, garment = part(known[:, 1:], self.config.join)
        return torch.cat([known[:, :1], join(person, garment * keep_B111, self.config.join)], 1)

    @override
    def noised(self, clean: torch.Tensor, noise: torch.Tensor, even_B: torch.Tensor, min_snr: float) -> Noised:
        """By the base's own schedule and prediction type.

        Args:
            min_snr: the weight of a level is its signal-to-noise ratio, capped at this, in units of the prediction
                (Hang et al. 2023); 0 = all levels weigh alike.
        """
        schedule: Any = self.schedule
        count = schedule.config.num_train_timesteps
        level_B = (even_B * count).long().clamp_max(count - 1)
        alpha_B = schedule.alphas_cumprod.to(clean.device)[level_B]
        noisy = schedule.add_noise(clean, noise, level_B)
        snr_B = alpha_B / (1 - alpha_B).clamp_min(1e-8)
        capped_B = snr_B.clamp_max(min_snr) if min_snr else snr_B
        kind = schedule.config.prediction_type
        if kind == "epsilon":
            target, weight_B = noise, capped_B / snr_B.clamp_min(1e-8)
        elif kind == "v_prediction":
            target, weight_B = schedule.get_velocity(clean, noise, level_B), capped_B / (snr_B + 1)
        else:
            target, weight_B = clean, capped_B
        return Noised(noisy, level_B, target, weight_B if min_snr else torch.ones_like(weight_B))

    @override
    def predict(self, noisy: torch.Tensor, level_B: torch.Tensor, scene: Scene) -> torch.Tensor:
        x = torch.cat([noisy, scene.known.to(noisy)], 1)
        answer = self.network(x, level_B, None, class_labels=scene.conditions, return_dict=False)[0]
        return answer.float()

    @override
    def sampled(self, scene: Scene, noise: torch.Tensor, steps: int, guidance: float) -> torch.Tensor:
        from diffusers import DDIMScheduler

        scheduler: Any = DDIMScheduler.from_config(self.sampler_settings)
        scheduler.set_timesteps(steps, device=noise.device)
        noisy = noise * scheduler.init_noise_sigma
        for time in scheduler.timesteps:
            answer = self.guided(noisy, time.expand(len(noisy)), scene, guidance)
            noisy = scheduler.step(answer, time, noisy).prev_sample
        return noisy


class Passed(nn.Module):
    """Stands for attention to a text that is not there: gives its input back."""

    def forward(self, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        """The input."""
        return hidden_states


def drop_text(unet: nn.Module, *, passed: bool) -> None:
    """Takes the attention to text out of a U-Net, in place; its weights are gone.

    Args:
        unet: diffusers' own.
        passed: see :attr:`LatentTryOnConfig.text`.
    """
    module: Any  # diffusers' own attribute may be None, which a network's parts may not
    for module in unet.modules():
        if getattr(module, "attn2", None) is not None:
            module.attn2 = Passed() if passed else None
