"""What the FLUX forms share: a transformer over tokens that answers a velocity, in the very terms it was trained in.

    tokens of the picture that is made | of those it is made from  ->  FluxTransformer2DModel  ->  velocity
    level, guidance, sizes, body, fabric                           ->  the embedding of the time
    prompt                                                         ->  tokens beside the picture's

Both text encoders are dropped: every sample would get the same words. In their place stand a few prompt tokens and a
pooled vector that are learned with the try-on adapter (Lester et al. 2021); the tokens begin small and unequal, since
equal ones at equal places would stay equal. Released FLUX models have guidance distilled into them and are told its
strength: 1 is the plain velocity, which is what flow matching learns.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import nn
from typing_extensions import override

from fitroom.data.tryon.conditions import NUM_CONDITIONS
from fitroom.errors import WeightsError
from fitroom.models.tryon_latent.adapters import SizeAdapter
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.flow import Flow
from fitroom.models.tryon_latent.packing import unpack
from fitroom.models.tryon_latent.shared import LatentNetwork, Noised, Scene

_LAYERS = r".*\.attn\.(to_q|to_k|to_v|to_out\.0|add_q_proj|add_k_proj|add_v_proj|to_add_out)"
_THOUSANDTHS = 1000.0
_PROMPT_SPREAD = 0.02


class FluxTryOn(LatentNetwork):
    """See the file's first lines; what a form shows the transformer is the form's own.

    Args:
        config: of the model.
        transformer: diffusers' FluxTransformer2DModel.
        vae: its AutoencoderKL.
        scheduler: settings of the base's scheduler.

    Raises:
        WeightsError: the transformer does not take what the form gives it.
    """

    def __init__(self, config: LatentTryOnConfig, transformer: Any, vae: Any, scheduler: dict[str, Any]) -> None:
        super().__init__(config, transformer, vae)
        told = transformer.config
        answered, needed = 4 * vae.config.latent_channels, self.num_channels
        if (told.in_channels, transformer.out_channels) != (needed, answered):
            raise WeightsError(
                f"the base's transformer is not of the {config.form} form",
                where=config.base,
                rule=f"{needed} input and {answered} output channels",
                got=f"{told.in_channels} and {transformer.out_channels}",
                fix="take another base, or another model.form: flux-fill, flux-kontext",
            )
        self.flow = Flow(scheduler)
        self.prompt = Prompt(config.prompt_tokens, told.joint_attention_dim, told.pooled_projection_dim)
        transformer.time_text_embed = SizedTime(
            transformer.time_text_embed, SizeAdapter(transformer.inner_dim, config.use_size)
        )
        self.add_adapters(_LAYERS, own=".attn.", fit=".time_text_embed.sizes.", tryon="prompt.")

    @override
    def sharded_parts(self) -> list[nn.Module]:
        """Each block, what is left of the transformer, and the prompt."""
        network = self.network
        return [*network.transformer_blocks, *network.single_transformer_blocks, network, self.prompt]

    @property
    @abstractmethod
    def num_channels(self) -> int:
        """Of a token that the transformer is given."""

    @abstractmethod
    def tokens(self, noisy: torch.Tensor, scene: Scene) -> tuple[torch.Tensor, torch.Tensor]:
        """All that the transformer is shown, the noisy picture first: (B, N, num_channels), and places (N, 3)."""

    @override
    def noised(self, clean: torch.Tensor, noise: torch.Tensor, even_B: torch.Tensor, min_snr: float) -> Noised:
        """See :mod:`~fitroom.models.tryon_latent.flow`; ``min_snr`` has no part in it, all levels weigh alike."""
        del min_snr
        level_B = self.flow.levels(even_B, _num_tokens(clean))
        level = level_B[:, None, None, None]
        noisy = (1 - level) * clean + level * noise
        return Noised(noisy, level_B, noise - clean, torch.ones_like(level_B))

    @override
    def predict(self, noisy: torch.Tensor, level_B: torch.Tensor, scene: Scene) -> torch.Tensor:
        tokens, places = self.tokens(noisy, scene)
        prompt, pooled = self.prompt(scene.conditions.to(noisy))
        guided = self.network.config.guidance_embeds
        answer: torch.Tensor = self.network(
            hidden_states=tokens,
            encoder_hidden_states=prompt,
            pooled_projections=pooled,
            timestep=level_B.to(noisy),
            guidance=torch.full_like(level_B, self.config.told_guidance, dtype=torch.float32) if guided else None,
            img_ids=places,
            txt_ids=places.new_zeros(prompt.shape[1], places.shape[1]),
            return_dict=False,
        )[0]
        return unpack(answer[:, : _num_tokens(noisy)], *noisy.shape[-2:]).float()

    @override
    def sampled(self, scene: Scene, noise: torch.Tensor, steps: int, guidance: float) -> torch.Tensor:
        sampler, noisy = self.flow.sampler(steps, _num_tokens(noise), noise.device), noise
        for time in sampler.timesteps:
            answer = self.guided(noisy, (time / _THOUSANDTHS).expand(len(noisy)), scene, guidance)
            noisy = sampler.step(answer, time, noisy).prev_sample
        return noisy


class Prompt(nn.Module):
    """What stands for a text that is not there; the same for every sample.

    Args:
        num_tokens: how many.
        width, pooled_width: of the text encoders' answers.
    """

    def __init__(self, num_tokens: int, width: int, pooled_width: int) -> None:
        super().__init__()
        self.tokens = nn.Parameter(_PROMPT_SPREAD * torch.randn(num_tokens, width))
        self.pooled = nn.Parameter(torch.zeros(pooled_width))

    def forward(self, conditions_BD: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, tokens, width), and the pooled vector with the conditions behind it, as :class:`SizedTime` takes them."""
        count = len(conditions_BD)
        pooled = torch.cat([self.pooled.to(conditions_BD).expand(count, -1), conditions_BD], -1)
        # A copy: where weights are shared out, the memory of the parameter is let go after this.
        return self.tokens.to(conditions_BD).repeat(count, 1, 1), pooled


class SizedTime(nn.Module):
    """FLUX's embedding of time, guidance and text, with sizes, body and fabric added.

    Args:
        embed: the base's own.
        sizes: see there.
    """

    def __init__(self, embed: nn.Module, sizes: SizeAdapter) -> None:
        super().__init__()
        self.embed, self.sizes = embed, sizes

    def forward(self, *told: torch.Tensor) -> torch.Tensor:
        """(B, width) of times, guidance where there is one, and the pooled vector with the conditions behind it."""
        *times, both = told
        pooled, conditions = both[:, :-NUM_CONDITIONS], both[:, -NUM_CONDITIONS:]
        embedding: torch.Tensor = self.embed(*times, pooled)
        return embedding + self.sizes(conditions)


def _num_tokens(latents: torch.Tensor) -> int:
    return latents.shape[-2] * latents.shape[-1] // 4
