"""The form of FLUX.1 Kontext: person and garment stand behind the picture that is made, in one sequence of tokens.

    64 channels a token; tokens of worn (noisy) | person | garment, at places (0, row, column), (1, ...), (2, ...)

The three lie on top of each other, as views of one thing, told apart by their first number (Labs et al. 2025); only the
first one's tokens are answered for. There is no channel for a mask: where one is given, the person is grey inside it.
"""

from __future__ import annotations

import torch
from typing_extensions import override

from fitroom.models.tryon_latent.flux import FluxTryOn
from fitroom.models.tryon_latent.packing import pack, places
from fitroom.models.tryon_latent.shared import Scene


class FluxKontextTryOn(FluxTryOn):
    """See the file's first lines, and :class:`~fitroom.models.tryon_latent.flux.FluxTryOn`."""

    @property
    @override
    def num_channels(self) -> int:
        return 4 * int(self.vae.config.latent_channels)

    @override
    def see(
        self, person: torch.Tensor, mask_B1HW: torch.Tensor, garment: torch.Tensor, conditions_BD: torch.Tensor
    ) -> Scene:
        return Scene(torch.cat([person, garment], 1), garment, conditions_BD)

    @override
    def dimmed(self, known: torch.Tensor, keep_B111: torch.Tensor) -> torch.Tensor:
        person, garment = known.chunk(2, 1)
        return torch.cat([person, garment * keep_B111], 1)

    @override
    def clean(self, worn: torch.Tensor, scene: Scene) -> torch.Tensor:
        return worn

    @override
    def worn(self, clean: torch.Tensor) -> torch.Tensor:
        return clean

    @override
    def tokens(self, noisy: torch.Tensor, scene: Scene) -> tuple[torch.Tensor, torch.Tensor]:
        pictures = [noisy, *scene.known.to(noisy).chunk(2, 1)]
        at = [places(picture, number) for number, picture in enumerate(pictures)]
        return torch.cat([pack(picture) for picture in pictures], 1), torch.cat(at)
