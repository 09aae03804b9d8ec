"""What does not depend on the form of a base: what is frozen, what is trained, and what of it is saved and shipped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from typing_extensions import override

from fitroom.data.tryon.conditions import drop_sizes
from fitroom.models.tryon_latent.adapters import FIT, TRYON, add_low_rank
from fitroom.models.tryon_latent.config import LatentTryOnConfig
from fitroom.models.tryon_latent.low_rank import layers_like


@dataclass
class Scene:
    """What a network looks at while it denoises.

    Attributes:
        known: latents of what is given, in the form's own layout; without gradient.
        garment: (B, C, h, w) latents of the garment, as they are.
        conditions: (B, NUM_CONDITIONS).
    """

    known: torch.Tensor
    garment: torch.Tensor
    conditions: torch.Tensor


@dataclass
class Noised:
    """A training sample.

    Attributes:
        noisy: what the network sees, like the clean picture.
        level_B: (B,) float, how the form counts noise.
        target: what it is to answer.
        weight_B: (B,) weight of its error.
    """

    noisy: torch.Tensor
    level_B: torch.Tensor
    target: torch.Tensor
    weight_B: torch.Tensor


class LatentNetwork(nn.Module, ABC):
    """A base, frozen, with what is trained of it or beside it; see the forms.

    Its state, as checkpoints and bundles hold it, is the trained part alone: both adapters, whether or not this run
    trains them.

    Args:
        config: of the model.
        network: the base's own, changed in place.
        vae: diffusers' AutoencoderKL.

    Attributes:
        adapters: names of the parameters of each adapter.
    """

    def __init__(self, config: LatentTryOnConfig, network: Any, vae: Any) -> None:
        super().__init__()
        self.config, self.network, self.vae = config, network, vae
        self.network.requires_grad_(False)
        self.vae.requires_grad_(False)
        self.adapters: dict[str, list[str]] = {FIT: [], TRYON: []}
        self.register_state_dict_post_hook(_keep_adapters)
        self.register_load_state_dict_post_hook(_miss_adapters_alone)

    def add_adapters(self, layers: str, *, own: str, fit: str, tryon: str = "") -> None:
        """Low-rank parts of the attention where the config gives a rank, and the names of all that is trained.

        Args:
            layers: regular expression of the names of the attention's layers.
            own: part of the names of the attention's own weights, trained where the try-on adapter has no rank.
            fit, tryon: part of the names of what else belongs to an adapter; "" = nothing.
        """
        config, marks = self.config, {FIT: [f".{FIT}.", fit], TRYON: [f".{TRYON}.", tryon]}
        chosen = layers_like(self.network, config.tryon_layers) if config.tryon_layers else layers
        for adapter, rank, where in ((FIT, config.fit_rank, layers), (TRYON, config.tryon_rank, chosen)):
            if rank:
                add_low_rank(self.network, adapter, rank, where)
        if not config.tryon_rank:
            marks[TRYON].append(own)  # after the fit adapter's parts, which lie within
        for name, _ in self.named_parameters():
            of = [adapter for adapter, parts in marks.items() if any(part and part in name for part in parts)]
            if of:
                self.adapters[of[0]].append(name)
        self.train_adapters([FIT, TRYON])

    def own(self, adapter: str) -> list[nn.Parameter]:
        """The parameters of an adapter."""
        by_name = dict(self.named_parameters())
        return [by_name[name] for name in self.adapters[adapter]]

    def train_adapters(self, names: list[str]) -> None:
        """Gradients for these adapters, and for nothing else."""
        for adapter in self.adapters:
            for parameter in self.own(adapter):
                parameter.data = parameter.data.float()
                parameter.requires_grad_(adapter in names)

    @override
    def train(self, mode: bool = True) -> LatentNetwork:
        """The VAE always stays as it answers."""
        super().train(mode)
        self.vae.eval()
        return self

    @abstractmethod
    def sharded_parts(self) -> list[nn.Module]:
        """Modules whose weights are gathered and let go together where they are shared out, inner ones first.

        They hold all that is trained, and the whole network; each is asked by calling it. The VAE is in none: it is
        small, and is asked as often as pictures come, which differs from process to process.
        """

    @property
    def px_per_latent(self) -> int:
        """Pixels that a latent is wide and high."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @torch.no_grad()
    def encode(self, picture_BCHW: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) signed to latents of about unit spread, (B, C, H/8, W/8); the middle of what the VAE says."""
        vae = self.vae.config
        dtype = next(self.vae.parameters()).dtype
        # On a processor one at a time: the system takes the large tensors of several back after each layer.
        parts = picture_BCHW.split(1) if picture_BCHW.device.type == "cpu" else (picture_BCHW,)
        latents = torch.cat([self.vae.encode(part.to(dtype)).latent_dist.mode() for part in parts]).float()
        return (latents - (vae.shift_factor or 0.0)) * vae.scaling_factor

    @torch.no_grad()
    def decode(self, latents_BCHW: torch.Tensor) -> torch.Tensor:
        """The way back, in [-1, 1]."""
        vae = self.vae.config
        dtype = next(self.vae.parameters()).dtype
        latents = latents_BCHW / vae.scaling_factor + (vae.shift_factor or 0.0)
        return self.vae.decode(latents.to(dtype)).sample.float().clamp(-1, 1)

    @abstractmethod
    def see(
        self, person: torch.Tensor, mask_B1HW: torch.Tensor, garment: torch.Tensor, conditions_BD: torch.Tensor
    ) -> Scene:
        """Looks at what is given.

        Args:
            person: (B, C, h, w) latents, grey inside a repaint mask.
            mask_B1HW: at the picture's size: 1 = may be painted; 1 everywhere where none is given.
            garment: (B, C, h, w) latents.
            conditions_BD: (B, NUM_CONDITIONS).
        """

    @abstractmethod
    def dimmed(self, known: torch.Tensor, keep_B111: torch.Tensor) -> torch.Tensor:
        """:attr:`Scene.known` with the garment's latents times ``keep_B111``, 0 or 1."""

    @abstractmethod
    def clean(self, worn: torch.Tensor, scene: Scene) -> torch.Tensor:
        """What is diffused, of latents of the worn picture (B, C, h, w)."""

    @abstractmethod
    def worn(self, clean: torch.Tensor) -> torch.Tensor:
        """The way back, (B, C, h, w)."""

    @abstractmethod
    def noised(self, clean: torch.Tensor, noise: torch.Tensor, even_B: torch.Tensor, min_snr: float) -> Noised:
        """A training sample; ``even_B`` (B,) in [0, 1) draws its level; see the forms for ``min_snr``."""

    @abstractmethod
    def predict(self, noisy: torch.Tensor, level_B: torch.Tensor, scene: Scene) -> torch.Tensor:
        """What the network answers, in the terms of :attr:`Noised.target`."""

    @abstractmethod
    def sampled(self, scene: Scene, noise: torch.Tensor, steps: int, guidance: float) -> torch.Tensor:
        """From noise to the clean picture by diffusers' scheduler."""

    def blind(self, scene: Scene, where_B: torch.Tensor) -> Scene:
        """The same without garment and sizes, where (B,) bool is True."""
        keep_B111 = (~where_B).to(scene.known)[:, None, None, None]
        told = torch.where(where_B[:, None], drop_sizes(scene.conditions), scene.conditions)
        return Scene(self.dimmed(scene.known, keep_B111), scene.garment, told)

    def guided(self, noisy: torch.Tensor, level_B: torch.Tensor, scene: Scene, guidance: float) -> torch.Tensor:
        """:meth:`predict`, pulled away from what it would be without garment and sizes (Ho and Salimans 2022)."""
        seen = self.predict(noisy, level_B, scene)
        if guidance == 1:
            return seen
        everywhere = torch.ones(len(noisy), dtype=torch.bool, device=noisy.device)
        without = self.predict(noisy, level_B, self.blind(scene, everywhere))
        return without + guidance * (seen - without)


def _keep_adapters(module: Any, state: dict[str, Any], prefix: str, _: Any) -> None:
    kept = {prefix + name for names in module.adapters.values() for name in names}
    for name in [name for name in state if name.startswith(prefix) and name not in kept]:
        del state[name]


def _miss_adapters_alone(module: Any, incompatible: Any) -> None:
    kept = {name for names in module.adapters.values() for name in names}
    incompatible.missing_keys[:] = [
        name for name in incompatible.missing_keys if any(name == k or name.endswith(f".{k}") for k in kept)
    ]
