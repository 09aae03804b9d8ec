"""The form of FLUX.1 Fill: person and garment in one picture, of which the transformer is told what it may paint.

    384 channels a token = noisy latents (64) | latents of what is known (64) | repaint mask (256), each 2 x 2 packed
    each                 = person and garment, in one picture (CatVTON-FLUX: the garment to the left, model.join left)

Without a repaint mask the whole person is known, and all of it may be painted. Person and garment go through the VAE
one by one, so that each can be kept, and their latents are joined.
"""

from __future__ import annotations

import torch
from typing_extensions import override

from fitroom.models.tryon_latent.flux import FluxTryOn
from fitroom.models.tryon_latent.joined import join, part
from fitroom.models.tryon_latent.one_picture import OnePicture
from fitroom.models.tryon_latent.packing import mask_planes, pack, places
from fitroom.models.tryon_latent.shared import Scene


class FluxFillTryOn(OnePicture, FluxTryOn):
    """See the file's first lines, and :class:`~fitroom.models.tryon_latent.flux.FluxTryOn`."""

    @property
    @override
    def num_channels(self) -> int:
        return 4 * (2 * self.vae.config.latent_channels + self.px_per_latent**2)

    @override
    def see(
        self, person: torch.Tensor, mask_B1HW: torch.Tensor, garment: torch.Tensor, conditions_BD: torch.Tensor
    ) -> Scene:
        mask = mask_planes(mask_B1HW, self.px_per_latent).to(person)
        how = self.config.join
        known = torch.cat([join(person, garment, how), join(mask, torch.zeros_like(mask), how)], 1)
        return Scene(known, garment, conditions_BD)

    @override
    def dimmed(self, known: torch.Tensor, keep_B111: torch.Tensor) -> torch.Tensor:
        latents, mask = self._parts(known)
        person, garment = part(latents, self.config.join)
        return torch.cat([join(person, garment * keep_B111, self.config.join), mask], 1)

    @override
    def tokens(self, noisy: torch.Tensor, scene: Scene) -> tuple[torch.Tensor, torch.Tensor]:
        latents, mask = self._parts(scene.known)
        shown = [pack(planes.to(noisy)) for planes in (noisy, latents, mask)]
        return torch.cat(shown, -1), places(noisy, 0)

    def _parts(self, known: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents of what is known, and the mask's planes."""
        count = self.vae.config.latent_channels
        return known[:, :count], known[:, count:]
